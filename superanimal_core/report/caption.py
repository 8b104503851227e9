"""The strip below a labeled video: what frame it is, what goes on, what colors and marks mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from superanimal_core.report.colors import DARK, Color
from superanimal_core.report.drawn_animals import Look, draw_keypoints, draw_square
from superanimal_core.report.lettering import fitted, line_height, text_width, write_text
from superanimal_core.report.marks import (
    Image,
    draw_box,
    draw_circles,
    draw_dashed_circles,
    draw_segments,
)

TEXT: Color = (235, 238, 242)
FAINT: Color = (170, 178, 186)
MARK_PX, GAP_PX, EDGE_PX = 18.0, 14.0, 8.0


class Mark(Enum):
    """What stands before the words of a legend."""

    KEYPOINT, CIRCLE, DASHES, SQUARE, LINE, BOX = range(6)


@dataclass(frozen=True)
class Entry:
    """A mark of the legend, in its color, and what it means."""

    mark: Mark
    color: Color
    meaning: str


@dataclass(frozen=True)
class Caption:
    """A strip with its legend, on which lines about a frame are written."""

    ground: UInt8[ndarray, "height width 3"]
    look: Look

    @property
    def height(self) -> int:
        """Rows of the strip."""
        return self.ground.shape[0]

    def draw_into(self, strip: Image, lines: Sequence[str]) -> None:
        """Copy the strip into its place, with these lines on top."""
        strip[:] = self.ground
        size, edge = self.look.letter_px, round(self.look.px(EDGE_PX))
        room = strip.shape[1] - 2 * edge
        for number, line in enumerate(lines):
            y = edge // 2 + number * line_height(size)
            write_text(strip, edge, y, fitted(line, size, room), size, TEXT)


def caption(width_px: int, lines: int, legend: Sequence[Entry], look: Look) -> Caption:
    """A strip with room for so many lines, and a legend in as many more as it needs."""
    size, edge = look.letter_px, round(look.px(EDGE_PX))
    step = line_height(size)
    placed, rows = _placed(legend, width_px, look)
    height = edge // 2 * 2 + (lines + rows) * step
    ground = np.full((height, width_px, 3), DARK, np.uint8)
    for entry, x, row in placed:
        y = edge // 2 + (lines + row) * step
        _draw_mark(ground, entry, x + look.px(MARK_PX / 2), y + step / 2, look)
        room = width_px - edge - round(x + look.px(MARK_PX + 4))
        words = fitted(entry.meaning, size, room)
        write_text(ground, round(x + look.px(MARK_PX + 4)), y, words, size, FAINT)
    return Caption(ground, look)


def _placed(
    legend: Sequence[Entry], width_px: int, look: Look
) -> tuple[list[tuple[Entry, float, int]], int]:
    """Each entry with its left edge (px) and row, and how many rows that are."""
    edge = look.px(EDGE_PX)
    x, row, placed = edge, 0, []
    for entry in legend:
        wide = look.px(MARK_PX + 4) + text_width(entry.meaning, look.letter_px)
        if x > edge and x + wide > width_px - edge:
            x, row = edge, row + 1
        placed.append((entry, x, row))
        x += wide + look.px(GAP_PX)
    return placed, row + 1 if legend else 0


def _draw_mark(ground: Image, entry: Entry, x: float, y: float, look: Look) -> None:
    middle, thin = np.array([[x, y]]), look.width(1)
    half, color = look.px(MARK_PX / 2 - 2), [entry.color]
    if entry.mark is Mark.KEYPOINT:
        draw_keypoints(ground, middle, color, look, are_hollow=False)
    elif entry.mark is Mark.CIRCLE:
        draw_circles(ground, middle, np.array([half]), color, thin)
    elif entry.mark is Mark.DASHES:
        draw_dashed_circles(ground, middle, np.array([half]), color, thin)
        draw_keypoints(ground, middle, color, look, are_hollow=True)
    elif entry.mark is Mark.SQUARE:
        draw_square(ground, middle[0], entry.color, look)
    elif entry.mark is Mark.LINE:
        ends = np.array([[[x - half, y], [x + half, y]]])
        draw_segments(ground, ends, entry.color, look.width(2))
    else:
        draw_box(ground, np.array([x - half, y - half, x + half, y + half]), entry.color, thin)
