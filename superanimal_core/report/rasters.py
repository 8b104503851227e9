"""Footfalls and bouts over time, as bars."""

import math
from collections.abc import Sequence

from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from superanimal_core.report.figures import AMBER, BLUE, PALE, new_figure
from superanimal_core.report.results import Row

MOST_BARS = 4000  # more bouts than this cannot be told apart on a page


def draw_footfalls(
    strides: Sequence[Row], limbs: Sequence[str], window_s: tuple[float, float]
) -> Figure:
    """Stance bars per limb: left limbs blue, right limbs amber; strides not resolved are pale."""
    figure = new_figure(10.8, 0.55 + 0.24 * len(limbs))
    axes = figure.add_subplot()
    for number, limb in enumerate(limbs):
        axes.axhline(number, color=PALE, lw=0.8, zorder=0)
        color = AMBER if "right" in limb else BLUE
        for resolved, alpha in ((True, 1.0), (False, 0.4)):
            bars = [
                (s["strike_s"], s["stance_time_s"])
                for s in strides
                if s["limb"] == limb and s["is_resolved"] == resolved
            ]
            axes.broken_barh(bars, (number - 0.32, 0.64), facecolor=color, alpha=alpha, lw=0)
    _finish(figure, list(limbs), window_s)
    return figure


def draw_bouts(
    bouts: Sequence[Row], behaviors: Sequence[str], span_s: tuple[float, float]
) -> Figure:
    """A bar per bout over the whole video; the surer, the darker; plain where nobody can tell."""
    figure = new_figure(10.8, 0.55 + 0.24 * len(behaviors))
    axes = figure.add_subplot()
    for number, behavior in enumerate(behaviors):
        axes.axhline(number, color=PALE, lw=0.8, zorder=0)
        chosen = [b for b in bouts if b["behavior"] == behavior][:MOST_BARS]
        bars = [(b["start_s"], b["stop_s"] - b["start_s"]) for b in chosen]
        colors = [to_rgba(BLUE, _opacity(b["probability"])) for b in chosen]
        axes.broken_barh(bars, (number - 0.32, 0.64), facecolors=colors, lw=0)
    _finish(figure, list(behaviors), span_s)
    return figure


def _opacity(probability: float) -> float:
    """Of a bout; 1 where its probability is not known (NaN)."""
    return 1.0 if math.isnan(probability) else 0.3 + 0.7 * min(max(0.0, probability), 1.0)


def _finish(figure: Figure, names: list[str], span_s: tuple[float, float]) -> None:
    axes = figure.axes[0]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(*span_s)
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("time, s")
