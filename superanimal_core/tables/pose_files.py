"""Pose tables on disk: the space that they speak travels in their metadata."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from jaxtyping import Shaped
from numpy import ndarray

from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.tables.parquet import (
    raise_failure_in,
    read_parquet,
    read_record,
    write_parquet,
)
from superanimal_core.tables.schemas import (
    expected_error_from_table,
    poses_from_table,
    smoothed_from_table,
    smoothed_to_table,
)
from superanimal_core.tables.spaces import read_space


def write_smoothed(
    smoothed: SmoothedPoses,
    path: str | Path,
    record: Mapping[str, object],
    expected: ExpectedError | None = None,
) -> None:
    """Write smoothed poses, and their expected error; strengths and smoothers as metadata."""
    document = {
        **record,
        "space": asdict(smoothed.poses.space),
        "strength": _by_name(smoothed.poses, smoothed.strength),
    }
    if smoothed.smoother is not None:
        document["smoother"] = _by_name(smoothed.poses, smoothed.smoother)
    write_parquet(smoothed_to_table(smoothed, expected), path, document)


def read_poses(path: str | Path) -> Poses:
    """Read a prediction table, or the smoothed positions of poses.parquet."""
    return poses_from_table(read_parquet(path), read_space(path))


def read_member_poses(folder: str | Path) -> list[Poses]:
    """The predictions of all members of an ensemble, in the order of their file names."""
    raise_failure_in(folder)
    return [read_poses(path) for path in sorted(Path(folder).glob("*.parquet"))]


def read_smoothed(path: str | Path) -> SmoothedPoses:
    """Read poses.parquet, with the smoothing strengths and the smoothers of its metadata."""
    smoothed = smoothed_from_table(read_parquet(path), read_space(path))
    record = read_record(path)
    strength = np.array([[*of.values()] for of in record["strength"].values()])
    smoother = record.get("smoother")
    if smoother is not None:
        smoother = np.array([[*of.values()] for of in smoother.values()])
    return replace(smoothed, strength=strength, smoother=smoother)


def _by_name(
    poses: Poses, values: Shaped[ndarray, "individual keypoint"]
) -> dict[str, dict[str, object]]:
    """A value of each individual's keypoints."""
    return {
        individual: dict(zip(poses.space.keypoints, row, strict=True))
        for individual, row in zip(poses.individuals, values.tolist(), strict=True)
    }


def read_expected_error(path: str | Path) -> ExpectedError:
    """The expected error of poses.parquet."""
    table = read_parquet(path)
    return expected_error_from_table(table, read_space(path))
