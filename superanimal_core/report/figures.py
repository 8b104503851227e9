"""How figures look, and how they get into the page: as SVG whose text stays text."""

import io
import re
from collections.abc import Callable
from typing import Any

from markupsafe import Markup, escape
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, FAINT, GRID = "#28323c", "#8a949e", "#e6eaed"
BLUE, AMBER, PALE, RED = "#2a6f97", "#d08c34", "#b4c3cd", "#b23a48"
# The order of stages is told by darkness as well as by hue, so that a gray print keeps it.
STAGE_COLORS = {"raw": PALE, "adapted": AMBER, "smoothed": BLUE}
STAGE_SIZES = {"raw": 46, "adapted": 22, "smoothed": 13}  # equal errors stay visible, as rings
LINES = (BLUE, AMBER, "#5b8c5a", "#8d6a9f", "#7a5c4a", "#4d908e", "#b5838d", "#577590")

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "superanimal",
    "font.size": 8.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
}


def svg(draw: Callable[[], Figure], name: str, description: str) -> Markup:
    """The figure that `draw` makes, as an SVG element.

    `name` is unique on the page and goes before every identifier within; `description` is for those
    who do not see it. The same figure gives the same text: no date, no random identifier.
    """
    with rc_context(STYLE):
        figure = draw()
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    text = buffer.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", text)
    label = f'<svg role="img" aria-label="{escape(description)}"'
    return Markup(text.replace("<svg", label, 1))


def new_figure(width_in: float, height_in: float) -> Figure:
    """A figure whose parts are laid out so that nothing overlaps."""
    return Figure(figsize=(width_in, height_in), layout="constrained")


def put_legend_above(axes: Axes, columns: int) -> None:
    """The legend, above the axes on the right."""
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=columns,
        fontsize=8,
        borderaxespad=0.2,
        handletextpad=0.3,
        columnspacing=1.2,
    )
