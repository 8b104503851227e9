"""Videos whose truth is known: how far each stage of the chain is from it."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from superanimal_core.report.cells import ABSENT, Table, number
from superanimal_core.report.figures import (
    GRID,
    STAGE_COLORS,
    STAGE_SIZES,
    new_figure,
    put_legend_above,
    svg,
)
from superanimal_core.report.results import Row

STAGES = ("raw", "adapted", "smoothed")
PX, PERCENT = "px", "% body length"
SMOOTHERS = {
    "one network": "one network",
    "none": "ensemble median",
    "median": "running median",
    "savitzky_golay": "Savitzky-Golay",
    "one_euro": "One-Euro",
    "eks": "ensemble Kalman",
    "pupil": "ensemble Kalman, pupil",
}
PLOTTED_VIDEOS = 6
TABLE_ROWS = 50


def accuracy(truth: Mapping[str, list[Row]]) -> dict[str, object] | None:
    """Tables and figures against truth; None when no truth is known."""
    if not truth:
        return None
    plotted = list(truth)[:PLOTTED_VIDEOS]
    return {
        "keypoints": keypoint_error_table(truth),
        "smoothers": smoother_table(truth),
        "strides": stride_table(truth),
        "bouts": bout_table(truth),
        "plots": [
            {"video": v, "svg": _error_plot(truth[v], f"error-{i}", v)}
            for i, v in enumerate(plotted)
        ],
        "videos": len(truth),
    }


def keypoint_errors(rows: Sequence[Row], stage: str, unit: str) -> dict[str, float]:
    """Median error of each keypoint (and of 'all') of one video at a stage; empty if there is none.

    `unit` is PX or PERCENT.
    """
    return {
        row["name"]: row["value"]
        for row in rows
        if (row["quantity"], row["stage"], row["unit"]) == ("keypoint_error", stage, unit)
    }


def worst_keypoint(errors: Mapping[str, float]) -> str:
    """Name of the keypoint with the largest median error; a dash when there is none."""
    names = (name for name in errors if name != "all")
    return max(names, key=lambda name: errors[name], default=ABSENT)


def median_error_percent(truth: Mapping[str, list[Row]]) -> float:
    """Median over the videos of the smoothed poses' median error, % of body length; or NaN."""
    found = [keypoint_errors(rows, "smoothed", PERCENT).get("all") for rows in truth.values()]
    values = [value for value in found if value is not None]
    return float(np.median(values)) if values else math.nan


def keypoint_error_table(truth: Mapping[str, list[Row]]) -> Table:
    """Median error over all keypoints at each stage, in px and in % of body length."""
    stages = [s for s in STAGES if any(keypoint_errors(r, s, PX) for r in truth.values())]
    rows = []
    for video, found in list(truth.items())[:TABLE_ROWS]:
        cells = [number(keypoint_errors(found, s, PX).get("all"), 2) for s in stages]
        cells += [number(keypoint_errors(found, s, PERCENT).get("all"), 1) for s in stages]
        final = keypoint_errors(found, "smoothed", PERCENT)
        worst = worst_keypoint(final)
        rows.append((video, *cells, worst, number(final.get(worst), 1)))
    columns = (
        ("video", ""),
        *((stage, "px") for stage in stages),
        *((stage, PERCENT) for stage in stages),
        ("worst keypoint", "smoothed"),
        ("its error", PERCENT),
    )
    left_out = max(len(truth) - TABLE_ROWS, 0)
    return Table(columns, rows, words=("video", "worst keypoint"), left_out=left_out)


def smoother_table(truth: Mapping[str, list[Row]]) -> Table:
    """Mean error of every smoother on what smooth_poses was given: a row per video and part."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for video, rows in list(truth.items())[:TABLE_ROWS]:
        for row in (r for r in rows if r["quantity"] == "smoother_error"):
            found.setdefault((video, row["name"]), {})[row["stage"]] = row["value"]
    tried = {name for errors in found.values() for name in errors}
    smoothers = [name for name in SMOOTHERS if name in tried]
    rows = [
        (video, part, *(number(errors.get(name), 2) for name in smoothers))
        for (video, part), errors in found.items()
    ]
    columns = (
        ("video", ""),
        ("keypoints", ""),
        *((SMOOTHERS[name], "px") for name in smoothers),
    )
    return Table(columns, rows, words=("video", "keypoints"))


def stride_table(truth: Mapping[str, list[Row]]) -> Table:
    """Stride frequency of each video that has strides, beside the true one."""
    rows = []
    for video, found in list(truth.items())[:TABLE_ROWS]:
        for row in (r for r in found if r["quantity"] == "stride_frequency"):
            value, true = row["value"], row["truth"]
            deviation = 100 * (value / true - 1) if true else math.nan
            signed = f"{round(deviation, 1) + 0.0:+.1f}" if math.isfinite(deviation) else ABSENT
            rows.append((video, str(row["count"]), number(value, 2), number(true, 2), signed))
    columns = (
        ("video", ""),
        ("strides", ""),
        ("stride frequency", "found, Hz"),
        ("stride frequency", "true, Hz"),
        ("deviation", "%"),
    )
    return Table(columns, rows, words=("video",))


def bout_table(truth: Mapping[str, list[Row]]) -> Table:
    """Bouts of each behavior that truly occurs, and the agreement frame by frame."""
    rows = []
    for video, found in list(truth.items())[:TABLE_ROWS]:
        agreement = {r["name"]: r["value"] for r in found if r["quantity"] == "bout_f1"}
        for row in (r for r in found if r["quantity"] == "bouts"):
            counts = (f"{row['value']:.0f}", f"{row['truth']:.0f}")
            rows.append((video, row["name"], *counts, number(agreement.get(row["name"]), 2)))
    columns = (
        ("video", ""),
        ("behavior", ""),
        ("bouts", "found"),
        ("bouts", "true"),
        ("agreement", "F1 of frames"),
    )
    return Table(columns, rows, words=("video", "behavior"))


def _error_plot(rows: Sequence[Row], name: str, video: str) -> Markup:
    errors = {stage: keypoint_errors(rows, stage, PERCENT) for stage in STAGES}
    errors = {stage: found for stage, found in errors.items() if found}
    described = f"Median error of each keypoint of {video}, in percent of body length"
    return svg(lambda: draw_keypoint_errors(errors), name, described)


def draw_keypoint_errors(errors: Mapping[str, Mapping[str, float]]) -> Figure:
    """A dot per keypoint and stage; keypoints from the best to the worst after smoothing."""
    last = errors[list(errors)[-1]]
    names = sorted((n for n in last if n != "all"), key=lambda n: last[n])
    figure = new_figure(5.2, 0.55 + 0.165 * len(names))
    axes = figure.add_subplot()
    rows = np.arange(len(names))
    everything = np.array([[found[n] for n in names] for found in errors.values()])
    axes.hlines(rows, everything.min(axis=0), everything.max(axis=0), color=GRID, lw=2.5)
    for stage, values in zip(errors, everything, strict=True):
        marker = {"s": STAGE_SIZES[stage], "color": STAGE_COLORS[stage]}
        axes.scatter(values, rows, **marker, label=stage, zorder=3, lw=0)
    axes.set_yticks(rows, names, fontsize=7.5)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("median error, % of body length")
    put_legend_above(axes, len(errors))
    return figure
