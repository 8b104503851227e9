"""Letters in pictures, of any size and legible on any ground."""

from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.font_manager import findfont
from matplotlib.ft2font import FT2Font
from numpy import ndarray

from superanimal_core.report.colors import DARK, Color
from superanimal_core.report.marks import Image

FONT = "DejaVu Sans"  # comes with matplotlib
DOTS_PER_INCH = 72  # a point is a pixel
MORE = "…"


def text_width(text: str, size_px: int) -> int:
    """How many pixels a text is wide."""
    return _letters(text, size_px).shape[1]


def fitted(text: str, size_px: int, width_px: int) -> str:
    """The text, or as much of its beginning as the width has room for."""
    if text_width(text, size_px) <= width_px:
        return text
    shorter = text.rstrip(MORE)
    while shorter and text_width(shorter + MORE, size_px) > width_px:
        shorter = shorter[:-1]
    return shorter + MORE


def write_text(image: Image, x: int, y: int, text: str, size_px: int, color: Color) -> None:
    """Write a text with a dark rim whose left upper corner is there; what is outside is not seen.

    `size_px` is the font's; a line is `line_height` high.
    """
    ink, cover = _rimmed(text, size_px, color)
    height, width = cover.shape[:2]
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + width, image.shape[1]), min(y + height, image.shape[0])
    if left < right and top < bottom:
        part = slice(top - y, bottom - y), slice(left - x, right - x)
        ground = image[top:bottom, left:right]
        ground[:] = np.round(ground * (1 - cover[part]) + ink[part]).astype(np.uint8)


def line_height(size_px: int) -> int:
    """How many pixels a line of text is high, with its rim."""
    return _rimmed("", size_px, DARK)[1].shape[0]


@lru_cache(maxsize=8)
def _font(size_px: int) -> FT2Font:
    font = FT2Font(findfont(FONT))
    font.set_size(size_px, DOTS_PER_INCH)
    return font


@lru_cache(maxsize=1024)
def _letters(text: str, size_px: int) -> UInt8[ndarray, "line_height text_width"]:
    """Opacity (0-255) of a line of text; the lines of a size are equally high."""
    font = _font(size_px)
    per_unit = size_px / font.units_per_EM
    above, below = (int(np.ceil(part * per_unit)) for part in (font.ascender, -font.descender))
    if not text.strip():
        return np.zeros((above + below, len(text) * size_px // 3), np.uint8)
    font.set_text(text, 0.0)
    font.draw_glyphs_to_bitmap(antialiased=True)
    drawn = np.asarray(font.get_image())
    deep = min(-(-font.get_descent() // 64), below)
    line = np.zeros((above + below, drawn.shape[1]), np.uint8)
    rows = drawn[-(above + below) :]
    top = max(above + deep - len(rows), 0)
    line[top : top + len(rows)] = rows
    return line


@lru_cache(maxsize=512)
def _rimmed(
    text: str, size_px: int, color: Color
) -> tuple[Float[ndarray, "h w 3"], Float[ndarray, "h w 1"]]:
    """Colors times opacity, and opacity (0-1), of a line of text with a dark rim."""
    rim = max(round(size_px / 12), 1)
    letters = np.pad(_letters(text, size_px), rim)
    cover = cv2.dilate(letters, np.ones((2 * rim + 1, 2 * rim + 1), np.uint8)) / np.float32(255)
    share = letters[..., None] / np.float32(255)
    cover = np.maximum(cover[..., None], share)
    letter, rim_color = (np.array(one, np.float32) for one in (color, DARK))
    ink = share * letter + (cover - share) * rim_color
    return ink, cover
