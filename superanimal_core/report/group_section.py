"""Groups of animals compared: a table, a plot of the differences, and warnings."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from superanimal_core.report.cells import Table, number, with_interval, with_sd
from superanimal_core.report.figures import BLUE, FAINT, LINES, new_figure, svg
from superanimal_core.report.results import Row

COLUMNS = (
    ("of", ""),
    ("measure", ""),
    ("group", ""),
    ("animals", ""),
    ("videos", ""),
    ("mean", "of the animals ± sd"),
    ("error", "of measurement, sd"),
    ("difference", "from the reference (95 % interval)"),
    ("p", "alone"),
    ("p", "with all measures (Holm)"),
    ("adjusted for", ""),
)
MOST = 30  # differences in the plot


def group_section(rows: Sequence[Row], warnings: Sequence[str]) -> dict[str, Any] | None:
    """The table, the plot and the warnings; None without a comparison."""
    if not rows:
        return None
    compared = [row for row in rows if np.isfinite(row["difference"] + row["sd_animals"])]
    return {
        "table": Table(COLUMNS, [_cells(row) for row in rows], words=_WORDS),
        "reference": rows[0]["reference"],
        "plot": _plot(compared[:MOST]) if compared else None,
        "warnings": list(warnings),
    }


_WORDS = ("of", "measure", "group", "adjusted for")


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    ends = (row["difference"], row["difference_low"], row["difference_high"])
    return (
        row["part"],
        row["measure"],
        row["group"],
        number(row["animals"], 0),
        number(row["videos"], 0),
        with_sd(row["mean"], row["sd_animals"], 3),
        number(row["measurement_sd"], 3),
        with_interval(*ends, 3),
        number(row["p"], 3),
        number(row["p_holm"], 3),
        row["adjusted_for"],
    )


def _plot(rows: Sequence[Row]) -> Markup:
    text = "Differences of the groups from the reference, in standard deviations of the animals"
    return svg(lambda: draw_differences(rows), "groups", text)


def draw_differences(rows: Sequence[Row]) -> Figure:
    """Each difference with its interval, in standard deviations of the group's animals."""
    figure = new_figure(7.0, 0.7 + 0.26 * len(rows))
    axes = figure.subplots()
    groups = list(dict.fromkeys(row["group"] for row in rows))
    axes.axvline(0, color=FAINT, linewidth=0.8)
    for place, row in enumerate(rows):
        sd = row["sd_animals"] or np.nan
        color = LINES[groups.index(row["group"]) % len(LINES)] if len(groups) > 1 else BLUE
        ends = [row["difference_low"] / sd, row["difference_high"] / sd]
        axes.plot(ends, [place, place], color=color, linewidth=1.4)
        axes.plot([row["difference"] / sd], [place], "o", color=color, markersize=4)
    axes.set_yticks(range(len(rows)), [_name(row) for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("difference from the reference / sd of the animals")
    return figure


def _name(row: Row) -> str:
    """What is compared; a behavior may be told by a rule and by a classifier."""
    by = f" ({row['part']})" if row["part"] not in ("gait", "behavior") else ""
    return f"{row['measure']}{by}, {row['group']}"
