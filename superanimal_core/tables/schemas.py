"""Dense arrays and long tables, both directions. Column names, types and units: docs/reference."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Shaped
from numpy import ndarray

from superanimal_core.errors import SuperAnimalError
from superanimal_core.pose.expected_error import ExpectedError, unknown_error
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses, SmoothedPoses

ERRORS = ("expected_error_px", "radius_50_px", "radius_90_px", "probability")
POSES = ("frame", "time_s", "individual", "keypoint", "x_px", "y_px", "score")
OBSERVED = ("x_raw_px", "y_raw_px", "x_ensemble_var_px2", "y_ensemble_var_px2", "members")
SMOOTHED = (*POSES, *OBSERVED, "x_var_px2", "y_var_px2")
EXPECTED = (*POSES, *ERRORS, "is_extrapolated")
# of a position: a network saw it; it comes from elsewhere (frames before and after, other views);
# of none: the networks know the keypoint; none of them was taught it
EVIDENCE = ("seen", "bridged", "absent", "untaught")


def poses_to_table(poses: Poses) -> pa.Table:
    """One row per frame, individual and keypoint, in this order of sorting."""
    return pa.table({**_keys(poses), **_xy("x_px", "y_px", poses.xy_px), **_score(poses)})


def smoothed_to_table(
    smoothed: SmoothedPoses,
    expected: ExpectedError | None = None,
    taught: Sequence[str] | None = None,
) -> pa.Table:
    """The table poses.parquet: smoothed beside raw, with variances, evidence and expected error.

    Without `expected` the expected error is NaN. `taught` are the keypoints that at least one
    network was taught; all without it.
    """
    expected = expected or unknown_error(smoothed.poses.score.shape)
    errors = {name: getattr(expected, name) for name in ERRORS}
    is_strange = np.repeat(expected.is_extrapolated[..., None], len(smoothed.poses.space), axis=2)
    return pa.table(
        {
            **_keys(smoothed.poses),
            **_xy("x_px", "y_px", smoothed.poses.xy_px),
            **_score(smoothed.poses),
            **_xy("x_raw_px", "y_raw_px", smoothed.raw_xy_px),
            **_xy("x_var_px2", "y_var_px2", smoothed.variance_px2),
            **_xy("x_ensemble_var_px2", "y_ensemble_var_px2", smoothed.ensemble_variance_px2),
            "members": pa.array(smoothed.members.astype(np.int8).ravel()),
            "evidence": _evidence(smoothed, taught),
            **{name: pa.array(e.astype(np.float32).ravel()) for name, e in errors.items()},
            "is_extrapolated": pa.array(is_strange.ravel()),
        }
    )


def poses_from_table(table: pa.Table, space: KeypointSpace) -> Poses:
    """The inverse of `poses_to_table`. SuperAnimalError when rows are missing or out of order."""
    individuals, frames = _individuals(table), _frame_count(table, space)
    shape = (frames, len(individuals), len(space))
    time_s = table["time_s"].to_numpy()[:: max(len(individuals) * len(space), 1)]
    return Poses(
        space,
        individuals,
        time_s,
        np.stack([_dense(table, c, shape) for c in ("x_px", "y_px")], axis=-1),
        _dense(table, "score", shape),
    )


def smoothed_from_table(table: pa.Table, space: KeypointSpace) -> SmoothedPoses:
    """The inverse of `smoothed_to_table`; the smoothing strength is not in the table (NaN)."""
    poses = poses_from_table(table, space)
    shape = poses.score.shape

    def pair(x: str, y: str) -> Float[ndarray, "frame individual keypoint 2"]:
        return np.stack([_dense(table, x, shape), _dense(table, y, shape)], axis=-1)

    return SmoothedPoses(
        poses,
        pair("x_var_px2", "y_var_px2"),
        pair("x_raw_px", "y_raw_px"),
        pair("x_ensemble_var_px2", "y_ensemble_var_px2"),
        table["members"].to_numpy().astype(int).reshape(shape),
        np.full(shape[1:], np.nan),
    )


def expected_error_from_table(table: pa.Table, space: KeypointSpace) -> ExpectedError:
    """The expected error beside smoothed poses; the metadata say the rest (NaN).

    SuperAnimalError as in `poses_from_table`.
    """
    shape = (_frame_count(table, space), len(_individuals(table)), len(space))
    errors = {name: _dense(table, name, shape) for name in ERRORS}
    is_strange = table["is_extrapolated"].to_numpy(zero_copy_only=False).reshape(shape)
    return replace(unknown_error(shape), **errors, is_extrapolated=is_strange.any(axis=2))


def columns_to_table(
    columns: object, beside: Mapping[str, Shaped[ndarray, "row"]] | None = None
) -> pa.Table:
    """A frozen dataclass of equal-length arrays as a table; its field names become the columns.

    Columns `beside` it come last.
    """
    named = vars(columns) | dict(beside or {})
    return pa.table({name: _column(values) for name, values in named.items()})


def _column(values: object) -> pa.Array:
    array = np.asarray(values)
    if array.dtype.kind in "OU":
        return dictionary_array([str(v) for v in array])
    return pa.array(array)


def dictionary_array(values: Sequence[str]) -> pa.DictionaryArray:
    """Repeated strings, stored once each."""
    return pa.array(values, type=pa.string()).dictionary_encode()


def _keys(poses: Poses) -> dict[str, pa.Array]:
    frames, individuals, keypoints = poses.score.shape
    per_frame = individuals * keypoints
    return {
        "frame": pa.array(np.repeat(np.arange(frames, dtype=np.int32), per_frame)),
        "time_s": pa.array(np.repeat(poses.time_s.astype(np.float64), per_frame)),
        "individual": _tiled(
            poses.individuals, np.repeat(np.arange(individuals), keypoints), frames
        ),
        "keypoint": _tiled(
            poses.space.keypoints, np.tile(np.arange(keypoints), individuals), frames
        ),
    }


def _tiled(names: tuple[str, ...], index: Shaped[ndarray, "row"], times: int) -> pa.DictionaryArray:
    indices = pa.array(np.tile(index, times).astype(np.int32))
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(names), type=pa.string()))


def _xy(x: str, y: str, values: Float[ndarray, "*shape 2"]) -> dict[str, pa.Array]:
    flat = values.astype(np.float32).reshape(-1, 2)
    return {x: pa.array(flat[:, 0]), y: pa.array(flat[:, 1])}


def _evidence(smoothed: SmoothedPoses, taught: Sequence[str] | None) -> pa.DictionaryArray:
    """What each position rests on: see EVIDENCE."""
    keypoints = smoothed.poses.space.keypoints
    is_taught = np.isin(keypoints, keypoints if taught is None else taught)
    is_absent = np.isnan(smoothed.poses.xy_px).any(axis=-1)
    without = np.where(is_taught, 2, 3)
    index = np.where(is_absent, without, np.where(smoothed.members > 0, 0, 1))
    return pa.DictionaryArray.from_arrays(
        pa.array(index.astype(np.int32).ravel()), pa.array(EVIDENCE, type=pa.string())
    )


def _score(poses: Poses) -> dict[str, pa.Array]:
    return {"score": pa.array(poses.score.astype(np.float32).ravel())}


def _dense(
    table: pa.Table, column: str, shape: tuple[int, ...]
) -> Float[ndarray, "frame individual keypoint"]:
    return table[column].to_numpy().astype(np.float64).reshape(shape)


def _individuals(table: pa.Table) -> tuple[str, ...]:
    return tuple(table["individual"].unify_dictionaries().unique().to_pylist())


def _frame_count(table: pa.Table, space: KeypointSpace) -> int:
    individuals = len(_individuals(table))
    frames = len(table) // max(individuals * len(space), 1)
    keypoints = table["keypoint"][: len(space)].to_pylist()
    is_other = len(table) > 0 and keypoints != list(space.keypoints)
    if len(table) != frames * individuals * len(space) or is_other:
        raise SuperAnimalError(
            f"a pose table has {len(table)} rows with keypoints {keypoints[:3]}…; expected one row "
            f"per frame, individual and keypoint of '{space.name}' in its order"
        )
    return frames
