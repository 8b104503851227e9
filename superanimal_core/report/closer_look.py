"""A few videos closely: traces, footfalls, gait, behavior, and the verdicts on adaptation."""

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from superanimal_core.behavior.gait_intervals import NO_DRAWS, OTHER_STRIDES
from superanimal_core.report.cells import Table, number, with_interval, with_sd
from superanimal_core.report.figures import svg
from superanimal_core.report.label_pictures import embedded_jpeg
from superanimal_core.report.rasters import draw_bouts, draw_footfalls
from superanimal_core.report.results import Row, VideoResults
from superanimal_core.report.traces import draw_traces, keypoints_to_trace, sample_step
from superanimal_core.report.walk_section import walk_table

MEDIANS = (  # quantity, heading, unit, factor to that unit, decimals
    ("stride_time_s", "stride time", "ms", 1000, 0),
    ("stance_time_s", "stance time", "ms", 1000, 0),
    ("swing_time_s", "swing time", "ms", 1000, 0),
    ("duty_factor", "duty factor", "", 1, 2),
    ("stride_length_px", "stride length", "px", 1, 1),
)
WITNESSES = (  # figure of a verdict, heading, unit
    ("vouched_fraction", "vouched for", "part of frames"),
    ("vouched_after_fraction", "vouched for afterwards", "part of frames"),
    ("astray_fraction", "astray", "part of what was agreed on"),
    ("distance_ratio", "from the others", "after / before"),
    ("bone_ratio", "bones", "after / before"),
    ("response", "goes with the crop", "over its shift"),
)
WHY_NOT = {
    "": "",
    NO_DRAWS: "not calibrated, or none asked for",
    OTHER_STRIDES: "the trajectories have other strides",
}


def closer_look(
    results: VideoResults, number_on_page: int, trace_keypoints: int
) -> dict[str, object]:
    """Figures and tables of one video."""
    account, name = results.account, f"video-{number_on_page}"
    first = results.poses.poses.individuals[0] if results.poses else ""
    strides = [row for row in results.strides if row["individual"] == first]
    bouts = [row for row in results.bouts if row["individual"] == first]
    return {
        **{key: account[key] for key in ("video", "file", "status", "reason")},
        "individual": first,
        "window_s": results.window_s,
        "traces": _traces(results, trace_keypoints, f"{name}-traces"),
        "sample_step": sample_step(len(results.poses.poses)) if results.poses else 1,
        "footfalls": _footfalls(strides, results, f"{name}-footfalls"),
        "unresolved": sum(not row["is_resolved"] for row in strides),
        "is_calibrated": _is_calibrated(results),
        "walks": walk_table(results.walks),
        "gait": gait_table(results.gait),
        "intervals": interval_table(results.gait),
        "bouts": _bouts(bouts, results, f"{name}-bouts"),
        "is_probability_known": any(math.isfinite(row["probability"]) for row in bouts),
        "verdicts": verdict_table(account["adaptation"]),
        "moved": {
            member: embedded_jpeg(picture, f"what the adaptation of {member} moved most")
            for member, picture in results.moved.items()
        },
    }


def gait_table(gait: Sequence[Row]) -> Table | None:
    """The strides of each limb in one row; lengths in cm only where the scale is known."""
    if not gait:
        return None
    has_scale = any(row["stride_length_cm_mean"] == row["stride_length_cm_mean"] for row in gait)
    unit = "cm" if has_scale else "px"
    rows = [
        (
            row["individual"],
            row["limb"],
            number(row["strides"], 0),
            number(row["stride_frequency_hz"], 2),
            with_sd(row["duty_factor_mean"], row["duty_factor_sd"]),
            with_sd(row[f"stride_length_{unit}_mean"], row[f"stride_length_{unit}_sd"], 1),
            with_sd(row[f"speed_{unit}_per_s_mean"], row[f"speed_{unit}_per_s_sd"], 1),
            number(row["phase_mean"], 2),
            number(100 * row["resolved_fraction"], 0),
            number(row["time_resolution_ms"], 1),
        )
        for row in gait
    ]
    columns = (
        ("animal", ""),
        ("limb", ""),
        ("strides", ""),
        ("stride frequency", "Hz"),
        ("duty factor", "mean ± sd"),
        ("stride length", f"{unit}, mean ± sd"),
        ("speed", f"{unit}/s, mean ± sd"),
        ("phase", "of stride"),
        ("resolved", "% of strides"),
        ("time resolution", "ms"),
    )
    return Table(columns, rows, words=("animal", "limb"))


def interval_table(gait: Sequence[Row]) -> Table | None:
    """The median stride of each limb with the 90 % interval of the drawn trajectories.

    None without a draw: then there is no interval at all.
    """
    if all(row["no_interval_because"] == NO_DRAWS for row in gait):
        return None
    rows = [
        (
            row["individual"],
            row["limb"],
            *(_interval(row, name, factor, digits) for name, _, _, factor, digits in MEDIANS),
            number(row["strides"], 0),
            number(row["strides_per_draw"], 1),
            WHY_NOT[row["no_interval_because"]],
        )
        for row in gait
    ]
    columns = (
        ("animal", ""),
        ("limb", ""),
        *((heading, unit) for _, heading, unit, _, _ in MEDIANS),
        ("strides", ""),
        ("strides", "per draw"),
        ("no interval because", ""),
    )
    return Table(columns, rows, words=("animal", "limb", "no interval because"))


def _interval(row: Row, name: str, factor: float, digits: int) -> str:
    middle, low, high = (factor * row[f"{name}_median{end}"] for end in ("", "_low", "_high"))
    return with_interval(middle, low, high, digits)


def decided(verdict: Row) -> str:
    """What was decided on a network, in a word or two."""
    if verdict["is_kept"]:
        return "kept"
    return "rolled back" if verdict.get("is_tried", True) else "not tried"


def verdict_table(verdicts: Sequence[Row]) -> Table | None:
    """Of each network of the ensemble, whether its adaptation was kept, with the evidence."""
    if not verdicts:
        return None
    rows = [
        (
            verdict["member"],
            decided(verdict),
            number(verdict["jitter_ratio"], 2),
            number(verdict["dropped_before"], 1),
            number(verdict["dropped_after"], 1),
            number(verdict["displacement_ratio"], 2),
            *(number(verdict.get(figure), 2) for figure, _, _ in WITNESSES),
            verdict["reason"],
        )
        for verdict in verdicts
    ]
    columns = (
        ("network", ""),
        ("adaptation", ""),
        ("jitter", "after / before"),
        ("dropped before", "keypoints / frame"),
        ("dropped after", "keypoints / frame"),
        ("displacement", "over jitter"),
        *((heading, unit) for _, heading, unit in WITNESSES),
        ("reason", ""),
    )
    return Table(columns, rows, words=("network", "adaptation", "reason"))


def _traces(results: VideoResults, count: int, name: str) -> Markup | None:
    poses, expected = results.poses, results.expected
    if poses is None or expected is None:
        return None
    keypoints = keypoints_to_trace(poses, count)
    if not keypoints:
        return None
    described = f"Position over time of {len(keypoints)} keypoints of {results.account['video']}"
    radius_px = expected.radius_90_px
    return svg(lambda: draw_traces(poses, radius_px, keypoints, results.window_s), name, described)


def _is_calibrated(results: VideoResults) -> bool:
    """Whether the expected errors are known."""
    expected = results.expected
    return expected is not None and bool(np.isfinite(expected.radius_90_px).any())


def _footfalls(strides: Sequence[Row], results: VideoResults, name: str) -> Markup | None:
    limbs = list(dict.fromkeys(row["limb"] for row in strides))
    if not limbs:
        return None
    described = f"Stance of {len(limbs)} limbs of {results.account['video']} over time"
    return svg(lambda: draw_footfalls(strides, limbs, results.window_s), name, described)


def _bouts(bouts: Sequence[Row], results: VideoResults, name: str) -> Markup | None:
    behaviors = sorted({row["behavior"] for row in bouts})
    if not behaviors:
        return None
    described = f"Bouts of {len(behaviors)} behaviors of {results.account['video']} over time"
    return svg(lambda: draw_bouts(bouts, behaviors, results.span_s), name, described)
