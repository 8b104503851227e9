"""The truth beside a video, as the generator writes it, against what the chain made of the video.

For `x.truth.parquet` (frame, keypoint, x_px, y_px, …) the neighbors `x.truth.json`,
`x.footfalls.parquet` and `x.bouts.parquet` are read too.
"""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.evaluation.metrics import euclidean_error_px
from superanimal_core.evaluation.truth import (
    Bout,
    Row,
    bout_rows,
    coverage_rows,
    keypoint_rows,
    smoother_rows,
    stride_rows,
)
from superanimal_core.pose.members import middle_poses
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.smoothing import SmoothingSettings
from superanimal_core.smoothing.baselines import SMOOTHERS
from superanimal_core.tables.parquet import read_parquet
from superanimal_core.tables.pose_files import (
    read_member_poses,
    read_smoothed_and_error,
)
from superanimal_core.tables.spaces import read_taught

LONE = "one network"


def compare_video(
    truth: str,
    predicted: str,
    poses: str,
    strides: str,
    bouts: str,
    adapted: str | None = None,
    *,
    smoothing: SmoothingSettings,
) -> list[Row]:
    """Rows of truth.parquet. Members are compared through their median, as the smoother sees them.

    Every smoother of the section `smoothing` of the settings is tried on what smooth_poses was
    given. Keypoints that no network was taught are left out. VideoError when the video has failed.
    """
    smoothed, expected = read_smoothed_and_error(poses)
    summary = json.loads(_beside(truth, "truth.json").read_text(encoding="utf-8"))
    keypoints = smoothed.poses.space.keypoints
    true_px, is_visible = true_positions(pq.read_table(truth), keypoints, len(smoothed.poses))
    true_px[:, ~np.isin(keypoints, read_taught(poses))] = np.nan
    members = read_member_poses(predicted)
    stages = {"raw": _median(members)}
    if adapted:
        members = read_member_poses(adapted)
        stages["adapted"] = _median(members)
    stages["smoothed"] = smoothed.poses.xy_px[:, 0]
    rows = keypoint_rows(stages, true_px, keypoints, summary["body_length_px"])
    rows += smoother_rows(_by_smoother(members, smoothing), true_px, is_visible)
    error_px = euclidean_error_px(stages["smoothed"], true_px)
    radii = {0.5: expected.radius_50_px[:, 0], 0.9: expected.radius_90_px[:, 0]}
    rows += coverage_rows(error_px, radii)
    found = read_parquet(strides)
    if len(found):
        times = found["stride_time_s"].to_numpy()
        rows += stride_rows(times, summary["stride_frequency_hz"])
    true_bouts = _bouts(pq.read_table(_beside(truth, "bouts.parquet")))
    return rows + bout_rows(_bouts(read_parquet(bouts)), true_bouts, smoothed.poses.time_s)


def _by_smoother(
    members: list[Poses], smoothing: SmoothingSettings
) -> dict[str, Float[ndarray, "frame keypoint 2"]]:
    """Positions of the first individual by every smoother, and those of one network alone."""
    is_pupil = set(smoothing.pupil.points) <= set(members[0].space.keypoints)
    return {LONE: members[0].xy_px[:, 0]} | {
        name: smooth(members, smoothing.of(name)).poses.xy_px[:, 0]
        for name, smooth in SMOOTHERS.items()
        if name != "pupil" or is_pupil
    }


def _beside(truth: str, suffix: str) -> Path:
    return Path(truth.removesuffix("truth.parquet") + suffix)


def _median(members: list[Poses]) -> Float[ndarray, "frame keypoint 2"]:
    return middle_poses(members).xy_px[:, 0]


def true_positions(
    table: pa.Table, keypoints: tuple[str, ...], frames: int
) -> tuple[Float[ndarray, "frame keypoint 2"], Bool[ndarray, "frame keypoint"]]:
    """Dense truth of the first individual, NaN for keypoints without truth; where it is seen."""
    number = {name: i for i, name in enumerate(keypoints)}
    column = np.array([number[name] for name in table["keypoint"].to_pylist()])
    frame = table["frame"].to_numpy()
    inside = frame < frames
    at = frame[inside], column[inside]
    true_px = np.full((frames, len(keypoints), 2), np.nan)
    is_visible = np.zeros(true_px.shape[:2], bool)
    true_px[at] = np.column_stack([table["x_px"].to_numpy(), table["y_px"].to_numpy()])[inside]
    is_visible[at] = np.array(table["visible"].to_pylist(), bool)[inside]
    return true_px, is_visible


def _bouts(table: pa.Table) -> list[Bout]:
    columns = (table[name].to_pylist() for name in ("behavior", "start_s", "stop_s"))
    return list(zip(*columns, strict=True))
