"""The truth beside a video, as the generator writes it, against what the chain made of the video.

For `x.truth.parquet` (frame, keypoint, x_px, y_px, …) the neighbors `x.truth.json`,
`x.footfalls.parquet` and `x.bouts.parquet` are read too.
"""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.evaluation.truth import Bout, Row, bout_rows, keypoint_rows, stride_rows
from superanimal_core.files.parquet import read_parquet
from superanimal_core.files.pose_files import read_member_poses, read_smoothed
from superanimal_core.pose.poses import Poses


def compare_video(
    truth: str, predicted: str, poses: str, strides: str, bouts: str, adapted: str | None = None
) -> list[Row]:
    """Rows of truth.parquet. Members are compared through their median, as the smoother sees them.

    VideoError when the video has failed.
    """
    smoothed = read_smoothed(poses)
    summary = json.loads(_beside(truth, "truth.json").read_text(encoding="utf-8"))
    keypoints = smoothed.poses.space.keypoints
    true_px = _true_positions(pq.read_table(truth), keypoints, len(smoothed.poses))
    stages = {"raw": _median(read_member_poses(predicted))}
    if adapted:
        stages["adapted"] = _median(read_member_poses(adapted))
    stages["smoothed"] = smoothed.poses.xy_px[:, 0]
    rows = keypoint_rows(stages, true_px, keypoints, summary["body_length_px"])
    found = read_parquet(strides)
    if len(found):
        times = found["stride_time_s"].to_numpy()
        rows += stride_rows(times, summary["stride_frequency_hz"])
    true_bouts = _bouts(pq.read_table(_beside(truth, "bouts.parquet")))
    return rows + bout_rows(_bouts(read_parquet(bouts)), true_bouts, smoothed.poses.time_s)


def _beside(truth: str, suffix: str) -> Path:
    return Path(truth.removesuffix("truth.parquet") + suffix)


def _median(members: list[Poses]) -> Float[ndarray, "frame keypoint 2"]:
    return np.median([member.xy_px[:, 0] for member in members], axis=0)


def _true_positions(
    table: pa.Table, keypoints: tuple[str, ...], frames: int
) -> Float[ndarray, "frame keypoint 2"]:
    """Dense truth of the first individual; NaN for keypoints without truth."""
    number = {name: i for i, name in enumerate(keypoints)}
    column = np.array([number[name] for name in table["keypoint"].to_pylist()])
    frame = table["frame"].to_numpy()
    inside = frame < frames
    true_px = np.full((frames, len(keypoints), 2), np.nan)
    xy_px = np.column_stack([table["x_px"].to_numpy(), table["y_px"].to_numpy()])
    true_px[frame[inside], column[inside]] = xy_px[inside]
    return true_px


def _bouts(table: pa.Table) -> list[Bout]:
    columns = (table[name].to_pylist() for name in ("behavior", "start_s", "stop_s"))
    return list(zip(*columns, strict=True))
