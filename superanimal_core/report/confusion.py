"""How often each labeled keypoint was matched with each predicted one, as a picture."""

from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from superanimal_core.datasets.match_keypoints import Matching, proposal_table
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.report.figures import BLUE, RED, STYLE, new_figure
from superanimal_core.tables.atomic import replacing


def write_proposal(matching: Matching, unified: KeypointSpace, table: str, picture: str) -> None:
    """The proposed conversion table, and the votes behind it as a PNG."""
    with replacing(table) as temporary:
        temporary.write_text(proposal_table(matching.proposals), encoding="utf-8")
    with replacing(picture) as temporary, rc_context(STYLE):
        draw_confusion(matching, unified).savefig(Path(temporary), dpi=150, format="png")


def draw_confusion(matching: Matching, unified: KeypointSpace) -> Figure:
    """Share of votes by source keypoint (rows); a frame marks what is proposed."""
    sources = [p.source for p in matching.proposals]
    share = matching.votes / np.maximum(matching.votes.sum(axis=1, keepdims=True), 1e-9)
    figure = new_figure(2.2 + 0.24 * len(unified), 1.8 + 0.24 * len(sources))
    axes = figure.add_subplot()
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="equal")
    for row, proposal in enumerate(matching.proposals):
        if proposal.unified:
            column = unified.index(proposal.unified)
            color = RED if proposal.votes_say else BLUE
            frame = (column - 0.5, row - 0.5)
            axes.add_patch(_frame(frame, color))
    axes.set_xticks(range(len(unified)), unified.keypoints, rotation=90)
    axes.set_yticks(range(len(sources)), sources)
    axes.grid(visible=False)
    axes.set_title("labeled (rows), predicted (columns); framed: proposed, red: against the votes")
    figure.colorbar(image, ax=axes, label="share of votes", fraction=0.02, pad=0.01)
    return figure


def _frame(corner: tuple[float, float], color: str) -> Rectangle:
    return Rectangle(corner, 1, 1, fill=False, edgecolor=color, linewidth=1.4)
