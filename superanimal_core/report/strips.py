"""Values of groups side by side: each as a dot where they are few, their quartiles and median."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from superanimal_core.report.figures import INK, LINES, PALE

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")  # groups differ by shape as well as by color
MOST_DOTS = 60  # values of a row that are drawn one by one
SPREAD = 0.2  # of a row's height, to both sides
GOLDEN = 0.6180339887  # scatters dots evenly, the same way every time

Look = tuple[str, str]


@dataclass(frozen=True)
class Strip:
    """One row: what it is called, and its values; NaN are left out.

    Of phases that have no direction in common, and so no quantiles, only the dots are drawn.
    """

    label: str
    group: str
    values: Sequence[float] | np.ndarray
    has_middle: bool = True


def looks_of(groups: Sequence[str]) -> dict[str, Look]:
    """Color and marker of each group."""
    return {
        group: (LINES[i % len(LINES)], MARKERS[i % len(MARKERS)]) for i, group in enumerate(groups)
    }


def draw_strips(axes: Axes, strips: Sequence[Strip], looks: Mapping[str, Look]) -> None:
    """A row for each strip, from the top; a name that several rows share stands in their middle."""
    for row, strip in enumerate(strips):
        color, marker = looks[strip.group]
        values = np.array(strip.values, dtype=float)
        values = np.sort(values[np.isfinite(values)])
        if not len(values):
            continue
        if len(values) <= MOST_DOTS or not strip.has_middle:
            offset = SPREAD * (2 * ((np.arange(len(values)) * GOLDEN) % 1) - 1)
            axes.scatter(
                values, row + offset, s=11, color=color, marker=marker, alpha=0.75, lw=0, zorder=2
            )
        if not strip.has_middle:
            continue
        low, quarter, middle, three, high = np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95))
        if len(values) > MOST_DOTS:
            axes.plot([low, high], [row, row], color=color, lw=1)
        axes.plot([quarter, three], [row, row], color=PALE, lw=7, solid_capstyle="butt", zorder=1)
        axes.plot([middle, middle], [row - 0.32, row + 0.32], color=INK, lw=1.6, zorder=3)
    places: dict[str, list[int]] = {}
    for row, strip in enumerate(strips):
        places.setdefault(strip.label, []).append(row)
    axes.set_yticks([float(np.mean(rows)) for rows in places.values()], [*places])
    for rows in [*places.values()][1:]:
        axes.axhline(rows[0] - 0.5, color=PALE, lw=0.5)
    axes.set_ylim(len(strips) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)
    axes.ticklabel_format(axis="x", useOffset=False)


def group_handles(looks: Mapping[str, Look]) -> list[Line2D]:
    """The entries of a legend of groups."""
    return [
        Line2D([], [], color=color, marker=marker, lw=0, markersize=5, label=group)
        for group, (color, marker) in looks.items()
    ]
