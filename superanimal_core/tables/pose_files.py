"""Pose tables on disk: the space that they speak travels in their metadata."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Shaped
from numpy import ndarray

from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.tables.parquet import (
    raise_failure_in,
    raise_failure_of,
    read_parquet,
    read_record,
    read_rows,
    write_parquet,
)
from superanimal_core.tables.schemas import (
    EXPECTED,
    POSES,
    SMOOTHED,
    expected_error_from_table,
    poses_from_table,
    smoothed_from_table,
    smoothed_to_table,
)
from superanimal_core.tables.spaces import TAUGHT, read_space

CHUNK_FRAMES = 2000


def write_smoothed(
    smoothed: SmoothedPoses,
    path: str | Path,
    record: Mapping[str, object],
    expected: ExpectedError | None = None,
    taught: Sequence[str] | None = None,
) -> None:
    """Write smoothed poses, and their expected error.

    Strengths, smoothers, how long errors last, and the distance that `probability` is about, go
    into the metadata. `taught` are the keypoints that at least one of the networks was taught; all
    without it.
    """
    document = {
        **record,
        "space": asdict(smoothed.poses.space),
        "strength": _by_name(smoothed.poses, smoothed.strength),
    }
    if smoothed.smoother is not None:
        document["smoother"] = _by_name(smoothed.poses, smoothed.smoother)
    if expected is not None:
        document["correlation_time_s"] = _by_name(smoothed.poses, expected.correlation_time_s)
        document["probability_within_px"] = expected.within_px
        document["tells_strangeness"] = expected.tells_strangeness
    if taught is not None:
        document |= {TAUGHT: list(taught)}
    write_parquet(smoothed_to_table(smoothed, expected, taught), path, document)


def read_poses(path: str | Path) -> Poses:
    """Read a prediction table, or the smoothed positions of poses.parquet."""
    return poses_from_table(read_parquet(path, POSES), read_space(path))


def read_member_poses(folder: str | Path) -> list[Poses]:
    """The predictions of all members of an ensemble, in the order of their file names."""
    return [*read_named_poses(folder).values()]


def read_named_poses(folder: str | Path) -> dict[str, Poses]:
    """The same by the names of the members."""
    raise_failure_in(folder)
    return {path.stem: read_poses(path) for path in sorted(Path(folder).glob("*.parquet"))}


def read_smoothed(path: str | Path) -> SmoothedPoses:
    """Read poses.parquet, with the smoothing strengths and the smoothers of its metadata."""
    return _smoothed(read_parquet(path, SMOOTHED), path)


def read_expected_error(path: str | Path) -> ExpectedError:
    """The expected error of poses.parquet, with what its metadata say of it."""
    return _expected_error(read_parquet(path, EXPECTED), path)


def read_smoothed_and_error(path: str | Path) -> tuple[SmoothedPoses, ExpectedError]:
    """Both, from a table that is read once."""
    table = read_parquet(path, {*SMOOTHED, *EXPECTED})
    return _smoothed(table, path), _expected_error(table, path)


def read_individuals(path: str | Path) -> tuple[str, ...]:
    """The individuals of poses.parquet. VideoError when the video has failed."""
    raise_failure_of(path)
    return tuple(read_record(path)["strength"])


def read_in_chunks(
    path: str | Path, start: int = 0, stop: int | None = None, frames: int = CHUNK_FRAMES
) -> Iterator[tuple[SmoothedPoses, ExpectedError]]:
    """The same of frames `start` to `stop` (excluded), `frames` at a time.

    However long the video is, memory holds one part of it. Errors as `read_parquet`.
    """
    per_frame = len(read_individuals(path)) * len(read_space(path))
    needed = sorted({*SMOOTHED, *EXPECTED})
    last = None if stop is None else stop * per_frame
    for table in read_rows(path, needed, start * per_frame, last, frames * per_frame):
        yield _smoothed(table, path), _expected_error(table, path)


def _smoothed(table: pa.Table, path: str | Path) -> SmoothedPoses:
    smoothed = smoothed_from_table(table, read_space(path))
    record = read_record(path)
    smoother = record.get("smoother")
    return replace(
        smoothed,
        strength=_values(record["strength"]),
        smoother=None
        if smoother is None
        else np.array([[*of.values()] for of in smoother.values()]),
    )


def _expected_error(table: pa.Table, path: str | Path) -> ExpectedError:
    expected = expected_error_from_table(table, read_space(path))
    record = read_record(path)
    if "correlation_time_s" not in record:
        return expected
    lasting, near = _values(record["correlation_time_s"]), float(record["probability_within_px"])
    tells = bool(record.get("tells_strangeness", False))
    return replace(expected, correlation_time_s=lasting, within_px=near, tells_strangeness=tells)


def _by_name(
    poses: Poses, values: Shaped[ndarray, "individual keypoint"]
) -> dict[str, dict[str, object]]:
    """One value per individual and keypoint, for metadata."""
    return {
        individual: dict(zip(poses.space.keypoints, row, strict=True))
        for individual, row in zip(poses.individuals, values.tolist(), strict=True)
    }


def _values(by_name: Mapping[str, Mapping[str, float]]) -> Float[ndarray, "individual keypoint"]:
    return np.array([[*of.values()] for of in by_name.values()], dtype=np.float64)
