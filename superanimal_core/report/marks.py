"""Lines, disks, circles and boxes in pictures, at positions between pixels.

Positions and lengths are in pixels of the picture, the center of the top-left one being (0.5, 0.5);
what lies outside is not seen.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float, Int32, UInt8
from numpy import ndarray

from superanimal_core.report.colors import Color

Image = UInt8[ndarray, "height width 3"]
FRACTION_BITS = 4  # OpenCV draws at 1/16 px
FARTHEST_PX = 1e5  # what is farther away is drawn there: OpenCV's numbers end
DASHES, POINTS_OF_DASH = 12, 6
_ANGLES = (np.arange(DASHES)[:, None] + np.linspace(0, 0.55, POINTS_OF_DASH)) * 2 * np.pi / DASHES
_DASHES = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=-1)


def fixed_points(xy: Float[ndarray, "*shape 2"]) -> Int32[ndarray, "*shape 2"]:
    """Fixed-point positions for OpenCV, whose pixel centers are whole numbers."""
    near = np.maximum(np.minimum(xy - 0.5, FARTHEST_PX), -FARTHEST_PX)
    return np.rint(near * 2**FRACTION_BITS).astype(np.int32)


def draw_lines(
    image: Image, lines: Sequence[Float[ndarray, "_point 2"]], color: Color, width: int
) -> None:
    """Lines through their points."""
    points = [fixed_points(line) for line in lines if len(line)]
    cv2.polylines(image, points, False, color, width, cv2.LINE_AA, FRACTION_BITS)


def draw_segments(
    image: Image, ends: Float[ndarray, "segment 2 2"], color: Color, width: int
) -> None:
    """Straight lines between two points each."""
    cv2.polylines(image, [*fixed_points(ends)], False, color, width, cv2.LINE_AA, FRACTION_BITS)


def draw_disks(
    image: Image, xy: Float[ndarray, "disk 2"], radius_px: float, colors: Sequence[Color]
) -> None:
    """Filled disks of one size."""
    radius = _fixed_radius(image, radius_px)
    for (x, y), color in zip(fixed_points(xy).tolist(), colors, strict=True):
        cv2.circle(image, (x, y), radius, color, cv2.FILLED, cv2.LINE_AA, FRACTION_BITS)


def draw_circles(
    image: Image,
    xy: Float[ndarray, "circle 2"],
    radius_px: Float[ndarray, "circle"],
    colors: Sequence[Color],
    width: int,
) -> None:
    """The rims of circles."""
    circles = zip(fixed_points(xy).tolist(), radius_px.tolist(), colors, strict=True)
    for (x, y), radius, color in circles:
        fixed = _fixed_radius(image, radius)
        cv2.circle(image, (x, y), fixed, color, width, cv2.LINE_AA, FRACTION_BITS)


def draw_dashed_circles(
    image: Image,
    xy: Float[ndarray, "circle 2"],
    radius_px: Float[ndarray, "circle"],
    colors: Sequence[Color],
    width: int,
) -> None:
    """The same with gaps."""
    reach_px = np.minimum(radius_px, sum(image.shape[:2]))[:, None, None, None]
    dashes = fixed_points(xy[:, None, None] + reach_px * _DASHES)
    for own, color in zip(dashes, colors, strict=True):
        cv2.polylines(image, [*own], False, color, width, cv2.LINE_AA, FRACTION_BITS)


def draw_box(image: Image, box: Float[ndarray, "4"], color: Color, width: int) -> None:
    """The sides of a box (x0, y0, x1, y1); none where it is not known."""
    if np.isfinite(box).all():
        x0, y0, x1, y1 = fixed_points(box.reshape(2, 2)).ravel().tolist()
        corners = (x0, y0), (x1, y1)
        cv2.rectangle(image, *corners, color, width, cv2.LINE_AA, FRACTION_BITS)


def _fixed_radius(image: Image, radius_px: float) -> int:
    """A radius for OpenCV; one that leaves the picture from every place in it grows no more."""
    return round(min(radius_px, sum(image.shape[:2])) * 2**FRACTION_BITS)
