"""quality.json: the account of one video. What is there, what is doubtful, why it failed."""

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool
from numpy import ndarray

from superanimal_core.behavior.gait_summary import limbs_out_of_step
from superanimal_core.errors import VideoError
from superanimal_core.evaluation.absences import find_absences
from superanimal_core.evaluation.account import video_flags
from superanimal_core.evaluation.file_flags import FILE_FIGURES
from superanimal_core.evaluation.stability import dropped_keypoints, jitter_px
from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.frame_rate import end_s
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.smoothing.gaps import open_gaps_s
from superanimal_core.smoothing.held_out_error import ERROR, LABELS
from superanimal_core.smoothing.presence import WITHIN
from superanimal_core.smoothing.self_check import has_fallen_back
from superanimal_core.tables.adapted_files import read_verdicts
from superanimal_core.tables.parquet import read_parquet, read_record
from superanimal_core.tables.pose_files import read_smoothed_and_error
from superanimal_core.tables.spaces import read_taught
from superanimal_core.tables.video_columns import LOOKS


def assess_video(
    video: str,
    path: str,
    columns: Mapping[str, str],
    results: Mapping[str, Any],
    *,
    min_score: float,
    max_absent_fraction: float,
    max_dropped_fraction: float,
    max_expected_error: float,
    max_extrapolated_fraction: float,
    max_gap_s: float,
) -> dict[str, Any]:
    """The account of a video: status (ok, flagged, failed), stage, reason, flags and figures.

    Of its path only the file's name is kept: the account does not depend on where the video lies.
    Gaps longer than `max_gap_s` in the track of an animal, which no smoother bridges, are flagged,
    and limbs that do not strike as often as the animal's others. What holds for every video of the
    study, as features that rest on keypoints nobody taught, is a remark and makes none doubtful.
    """
    account: dict[str, Any] = {"video": video, "file": Path(path).name, "columns": dict(columns)}
    try:
        smoothed, expected = read_smoothed_and_error(results["poses"])
        absences = find_absences(_has_pose(smoothed.poses), smoothed.poses.time_s)
        figures = _figures(results, smoothed, expected, min_score, max_gap_s)
        astray = _limbs_out_of_step(results["gait"])
    except VideoError as error:
        return {
            **account,
            "status": "failed",
            "stage": error.stage,
            "reason": error.reason,
            "flags": [],
            "remarks": [],
            "figures": _frame_figures(results["frames"]),
            "smoother": "",
            "absences": [],
            "adaptation": [],
            "student": {},
        }
    figures["limbs_out_of_step"] = len(astray)
    told = ("boxes", "poses", "features", "gait")
    records = {table: read_record(results[table]) for table in told if table in results}
    figures |= {name: _or_unknown(records["poses"].get(name)) for name in (ERROR, LABELS)}
    limits = max_absent_fraction, max_dropped_fraction
    limits += max_expected_error, max_extrapolated_fraction
    flags = video_flags(figures, absences, *limits) + astray
    figures[LOOKS] = records.get("boxes", {}).get(LOOKS, 0)
    flags += _said(records, "flags")
    return {
        **account,
        "status": "flagged" if flags else "ok",
        "stage": "",
        "reason": "; ".join(flags),
        "flags": flags,
        "remarks": _said(records, "remarks"),
        "figures": figures,
        "smoother": _counted_smoothers(
            records["poses"].get("smoother", {}), read_taught(results["poses"])
        ),
        "absences": absences,
        "adaptation": read_verdicts(results["adapted"]) if results.get("adapted") else [],
        "student": records["poses"].get("student", {}),
    }


def _figures(
    results: Mapping[str, Any],
    smoothed: SmoothedPoses,
    expected: ExpectedError,
    min_score: float,
    max_gap_s: float,
) -> dict[str, int | float]:
    """Counts and means; VideoError from the first result that stands for a failure."""
    frames = read_parquet(results["frames"])
    counts = {name: len(read_parquet(results[name])) for name in ("strides", "features", "bouts")}
    score, keypoints = smoothed.poses.score, smoothed.poses.space.keypoints
    time_s = smoothed.poses.time_s
    is_taught = np.isin(keypoints, read_taught(results["poses"]))
    dropped = dropped_keypoints(smoothed.poses.xy_px, score, is_taught, min_score=min_score)
    seen = np.asarray(np.isfinite(smoothed.poses.xy_px).all(axis=3))
    has_pose = _has_pose(smoothed.poses)
    used = (score > min_score).mean(axis=(0, 1)) > 0.01  # keypoints that this video shows at all
    deviation = np.sqrt(smoothed.variance_px2.mean(axis=3))[seen]
    expected_px = _median(expected.expected_error_px[np.isfinite(expected.expected_error_px)])
    is_here = np.asarray(seen.any(axis=2))
    gaps_s = open_gaps_s(smoothed.poses, max_gap_s)
    return {
        **_frame_figures(results["frames"]),
        "frames_decoded": int(np.sum(frames["is_decoded"].to_numpy())),
        "frames_damaged": int(np.sum(~frames["is_decoded"].to_numpy())),
        "frames_predicted": int(has_pose.sum()),
        "duration_s": end_s(time_s, len(time_s)) - float(time_s[0]),
        "frames_without_animal": int((~has_pose).sum()),
        "absent_fraction": float(1 - has_pose.mean()),
        "keypoints_seen": int(used.sum()),
        "mean_score": float(score[:, :, used].mean()) if used.any() else 0.0,
        "keypoints_untaught": int((~is_taught).sum()),
        "dropped_keypoints_per_frame": float(dropped.mean()),
        "dropped_fraction": (
            float(dropped[is_here].mean() / is_taught.sum())
            if is_here.any() and is_taught.any()
            else np.nan
        ),
        "jitter_raw_px": _mean_jitter_px(smoothed.raw_xy_px),
        "jitter_px": _mean_jitter_px(smoothed.poses.xy_px),
        "median_uncertainty_px": _median(deviation),
        "median_expected_error_px": expected_px,
        "expected_error_of_size": expected_px * WITHIN / expected.within_px,
        "extrapolated_fraction": (
            _part(expected.is_extrapolated, is_here) if expected.tells_strangeness else np.nan
        ),
        "keypoints_fallen_back": int(has_fallen_back(smoothed.smoothers()).any(axis=0).sum()),
        "gaps": len(gaps_s),
        "longest_gap_s": float(gaps_s.max(initial=0.0)),
        "strides": counts["strides"],
        "bouts": counts["bouts"],
    }


def _said(records: Mapping[str, Mapping[str, Any]], kind: str) -> list[str]:
    """The flags or the remarks that the tables of a video carry."""
    return [said for record in records.values() for said in record.get(kind, [])]


def _or_unknown(value: float | None) -> float:
    return np.nan if value is None else value


def _has_pose(poses: Poses) -> Bool[ndarray, "frame"]:
    """Where any animal has any keypoint."""
    is_known = np.asarray(np.isfinite(poses.xy_px).all(axis=3))
    return np.asarray(is_known.any(axis=(1, 2)))


def _mean_jitter_px(xy_px: ndarray) -> float:
    """Mean jitter over the steps in which something is known."""
    jitter = jitter_px(xy_px)
    return float(np.mean(jitter[np.isfinite(jitter)])) if np.isfinite(jitter).any() else np.nan


def _part(is_true: ndarray, counted: ndarray) -> float:
    """Part of what counts that is true; 0 where nothing counts."""
    return float(is_true[counted].mean()) if counted.any() else 0.0


def _median(values: ndarray) -> float:
    return float(np.median(values)) if len(values) else float("nan")


def _frame_figures(frames: str) -> dict[str, int | float]:
    """What the container says; nothing for a video that could not be opened."""
    record = read_record(frames)
    return {name: record[name] for name in FILE_FIGURES if name in record}


def _limbs_out_of_step(gait: str) -> list[str]:
    """A sentence for each limb whose strikes are not those of the animal's other limbs."""
    table = read_parquet(gait)
    names = ("individual", "limb", "strides", "stride_time_s_median")
    found = limbs_out_of_step(*(table[name].to_numpy() for name in names))
    return [
        f"{limb} of {individual} strikes {often:.1f} times as often as its other limbs: "
        "do not trust its strides; another limb may have been taken for it"
        for individual, limb, often in found
    ]


def _counted_smoothers(smoother: Mapping[str, Mapping[str, str]], taught: Collection[str]) -> str:
    """What smoothed the taught keypoints of all animals, the most frequent first."""
    named = [item for of_animal in smoother.values() for item in of_animal.items()]
    counts = Counter(name for keypoint, name in named if keypoint in taught)
    return ", ".join(f"{name} ({count})" for name, count in counts.most_common())
