"""Whether the circles of 50 % and 90 % hold as many true positions as they promise."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from superanimal_core.report.cells import ABSENT, Table, number
from superanimal_core.report.figures import AMBER, FAINT, LINES, new_figure, put_legend_above, svg
from superanimal_core.report.results import Column, Row

PROMISED = ("50%", "90%")
TABLE_ROWS = 50

Curves = Mapping[str, tuple[Column, Column]]


def reliability(curves: Curves, truth: Mapping[str, list[Row]]) -> dict[str, object]:
    """Table and diagram; `curves` are levels and covered parts (0-1) of each model, maybe empty.

    `truth` are rows of truth.parquet by video.
    """
    known = {model: curve for model, curve in curves.items() if len(curve[0])}
    videos = {video: found for video, rows in truth.items() if (found := covered_of(rows))}
    described = "Part of the true positions within the circle of each level, against the level"
    is_empty = not known and not videos
    return {
        "table": reliability_table(known, videos),
        "svg": None if is_empty else svg(lambda: _draw(known, videos), "reliability", described),
        "unknown": [model for model in curves if model not in known],
    }


def covered_of(rows: Sequence[Row]) -> dict[str, float]:
    """Covered part (0-1) of a video by promised level, such as '90%'; empty without truth."""
    return {row["name"]: row["value"] for row in rows if row["quantity"] == "coverage"}


def reliability_table(curves: Curves, videos: Mapping[str, Mapping[str, float]]) -> Table:
    """What the circles of 50 % and 90 % hold: labels of each model, and videos with truth."""
    rows = []
    for model, (levels, covered) in curves.items():
        at = {f"{level:.0%}": part for level, part in zip(levels, covered, strict=True)}
        rows.append((f"{model}: labels held out", *_percent(at)))
    rows += [(video, *_percent(found)) for video, found in list(videos.items())[:TABLE_ROWS]]
    columns = (
        ("measured on", ""),
        ("within 50 %", "% of positions"),
        ("within 90 %", "% of positions"),
    )
    left_out = max(len(videos) - TABLE_ROWS, 0)
    return Table(columns, rows, words=("measured on",), left_out=left_out)


def _percent(found: Mapping[str, float]) -> list[str]:
    return [number(100 * found[level], 0) if level in found else ABSENT for level in PROMISED]


def _draw(curves: Curves, videos: Mapping[str, Mapping[str, float]]) -> Figure:
    """The diagonal is a promise kept; below it the circles are too small, above too large."""
    figure = new_figure(4.6, 4.2)
    axes = figure.add_subplot()
    axes.plot([0, 100], [0, 100], color=FAINT, lw=0.8, dashes=(4, 3))
    for color, (model, (levels, covered)) in zip(_colors(len(curves)), curves.items(), strict=True):
        axes.plot([100 * v for v in levels], [100 * v for v in covered], color=color, label=model)
    points = [(int(k.rstrip("%")), 100 * v) for f in videos.values() for k, v in f.items()]
    if points:
        axes.scatter(*zip(*points, strict=True), s=22, color=AMBER, zorder=3, lw=0, label="videos")
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_aspect("equal")
    axes.set_xlabel("promised, %")
    axes.set_ylabel("held, % of the true positions")
    put_legend_above(axes, len(curves) + 1)
    return figure


def _colors(count: int) -> list[str]:
    """Colors of the models; amber is for the videos."""
    others = [color for color in LINES if color != AMBER]
    return [others[i % len(others)] for i in range(count)]
