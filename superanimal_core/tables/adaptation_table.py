"""The table of adaptations: each network on each video whose truth is known, before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import VideoError
from superanimal_core.evaluation.metrics import euclidean_error_px
from superanimal_core.evaluation.stability import (
    dropped_keypoints,
    hull_area_px2,
    hull_change,
    jitter_px,
)
from superanimal_core.pose.poses import Poses
from superanimal_core.tables.adapted_files import read_verdicts
from superanimal_core.tables.pose_files import read_poses
from superanimal_core.tables.spaces import read_taught
from superanimal_core.tables.truth_files import true_positions

WORSE = 1.03  # times the error before: a network that is kept must not be beyond
SCHEMA = pa.schema(
    [
        ("video", pa.string()),
        ("member", pa.string()),
        ("shared_by", pa.string()),
        ("is_learned_from", pa.bool_()),
        ("is_tried", pa.bool_()),
        ("is_kept", pa.bool_()),
        ("reason", pa.string()),
        *(
            (f"{figure}_{when}", pa.float64())
            for figure in ("error_px", "jitter_px", "dropped_keypoints", "hull_px2", "hull_change")
            for when in ("before", "after")
        ),
        ("gain_px", pa.float64()),
        ("robustness_gain_px", pa.float64()),
        ("is_right", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class Sharing:
    """The set of videos that a video shares its networks with ('': none), and if it taught them."""

    shared_by: str
    is_learned_from: bool


def read_adaptation_table(
    predicted: Sequence[str],
    adapted: Sequence[str],
    truths: Sequence[str],
    sharing: Sequence[Sharing],
    *,
    min_score: float,
) -> pa.Table:
    """One row for each network of each video; videos that failed have none.

    `predicted` and `adapted` are the folders of each video's predictions, before and after.
    """
    rows: list[dict[str, Any]] = []
    of_videos = zip(predicted, adapted, truths, sharing, strict=True)
    for before, after, truth, shared in of_videos:
        try:
            new = _rows_of_video(before, after, truth, min_score)
        except VideoError:  # the quality table tells the failure
            continue
        rows += [{**row, **asdict(shared)} for row in new]
    for row in rows:
        row["robustness_gain_px"] = _gain_elsewhere(row, rows)
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _gain_elsewhere(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> float:
    """What the same network gains, in the mean, on videos that it has not learned from.

    As delivered: 0 where it was rolled back. NaN for a network of one video, and where there is no
    such video.
    """
    same = (row["shared_by"], row["member"])
    elsewhere = [
        other["gain_px"]
        for other in rows
        if (other["shared_by"], other["member"]) == same and not other["is_learned_from"]
    ]
    return _mean(np.array(elsewhere)) if row["shared_by"] else float("nan")


def _rows_of_video(
    predicted: str, adapted: str, truth: str, min_score: float
) -> list[dict[str, Any]]:
    verdicts = read_verdicts(adapted)
    if not verdicts:
        return []
    first = read_poses(f"{predicted}/{verdicts[0]['member']}.parquet")
    true_px, _ = true_positions(pq.read_table(truth), first.space.keypoints, len(first))
    is_taught = np.isin(first.space.keypoints, read_taught(predicted))
    true_px[:, ~is_taught] = np.nan
    return [
        {
            "video": Path(adapted).parent.name,
            **{key: verdict.get(key, True) for key in ("member", "is_tried", "is_kept", "reason")},
            **_compared(
                [read_poses(f"{of}/{verdict['member']}.parquet") for of in (predicted, adapted)],
                true_px,
                is_taught,
                min_score,
            ),
        }
        for verdict in verdicts
    ]


def _compared(
    stages: Sequence[Poses],
    true_px: Float[ndarray, "frame keypoint 2"],
    is_taught: ndarray,
    min_score: float,
) -> dict[str, Any]:
    """The figures before and after; where a network was rolled back they are the same."""
    told: dict[str, Any] = {}
    for when, poses in zip(("before", "after"), stages, strict=True):
        figures = _figures(poses, true_px, is_taught, min_score)
        told |= {f"{name}_{when}": value for name, value in figures.items()}
    gain_px = told["error_px_before"] - told["error_px_after"]
    is_right = bool(told["error_px_after"] <= WORSE * told["error_px_before"])
    return {**told, "gain_px": gain_px, "is_right": is_right}


def _figures(
    poses: Poses, true_px: ndarray, is_taught: ndarray, min_score: float
) -> Mapping[str, float]:
    area = hull_area_px2(poses.xy_px, poses.score, min_score=min_score)
    dropped = dropped_keypoints(poses.xy_px, poses.score, is_taught, min_score=min_score)
    return {
        "error_px": _mean(euclidean_error_px(poses.xy_px[:, 0], true_px)),
        "jitter_px": _mean(jitter_px(poses.xy_px)),
        "dropped_keypoints": float(dropped.mean()),
        "hull_px2": _mean(area),
        "hull_change": hull_change(area),
    }


def _mean(values: ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
