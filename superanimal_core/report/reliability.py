"""Whether the circles hold as many true positions as they promise, at every level: a diagram."""

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup
from matplotlib.figure import Figure

from superanimal_core.report.cells import ABSENT, Table, number
from superanimal_core.report.figures import AMBER, FAINT, LINES, new_figure, put_legend_above, svg
from superanimal_core.report.results import Row
from superanimal_core.report.trust import verdict
from superanimal_core.smoothing.calibration import LEVELS
from superanimal_core.smoothing.calibration_check import CalibrationCheck

PROMISED = ("50%", "90%")
TABLE_ROWS = 50

Covered = Mapping[str, Mapping[str, float]]


def reliability_diagram(checks: Mapping[str, CalibrationCheck], videos: Covered) -> Markup | None:
    """Held against promised: lines of models, dots of videos with truth; None without either."""
    if not checks and not videos:
        return None
    described = "Part of the true positions within the circle of each level, against the level"
    return svg(lambda: draw_reliability(checks, videos), "reliability", described)


def covered_of(rows: Sequence[Row]) -> dict[str, float]:
    """Covered part (0-1) of a video by promised level, such as '90%'; empty without truth."""
    return {row["name"]: row["value"] for row in rows if row["quantity"] == "coverage"}


def reliability_table(videos: Covered) -> Table:
    """What the circles of 50 % and 90 % hold in videos whose truth is known."""
    shown = list(videos.items())[:TABLE_ROWS]
    columns = (
        ("video with truth", ""),
        ("within 50 %", "% of positions"),
        ("within 90 %", "% of positions"),
        ("verdict", ""),
    )
    left_out = max(len(videos) - TABLE_ROWS, 0)
    rows = [
        (video, *_percent(found), verdict(found.get("90%", math.nan))) for video, found in shown
    ]
    return Table(columns, rows, words=("video with truth", "verdict"), left_out=left_out)


def _percent(found: Mapping[str, float]) -> list[str]:
    return [number(100 * found[level], 0) if level in found else ABSENT for level in PROMISED]


def draw_reliability(checks: Mapping[str, CalibrationCheck], videos: Covered) -> Figure:
    """The diagonal is a promise kept; below it the circles are too small, above too large.

    Of each model a line of groups that were left out, and a dashed one of data sets.
    """
    figure = new_figure(4.6, 4.2)
    axes = figure.add_subplot()
    axes.plot([0, 100], [0, 100], color=FAINT, lw=0.6)
    for color, (model, check) in zip(_colors(len(checks)), checks.items(), strict=True):
        axes.plot(100 * LEVELS, 100 * check.of_groups, color=color, label=model)
        axes.plot(100 * LEVELS, 100 * check.of_datasets, color=color, dashes=(4, 2))
    points = [(int(k.rstrip("%")), 100 * v) for f in videos.values() for k, v in f.items()]
    if points:
        axes.scatter(*zip(*points, strict=True), s=22, color=AMBER, zorder=3, lw=0, label="videos")
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_aspect("equal")
    axes.set_xlabel("promised, %")
    axes.set_ylabel("held, % of the true positions")
    put_legend_above(axes, len(checks) + 1)
    return figure


def _colors(count: int) -> list[str]:
    """Colors of the models; amber is for the videos."""
    others = [color for color in LINES if color != AMBER]
    return [others[i % len(others)] for i in range(count)]
