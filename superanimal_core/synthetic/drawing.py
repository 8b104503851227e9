"""Anti-aliased, softly shaded shapes on a transparent canvas around an animal.

The canvas is drawn at twice the resolution, in fixed-point coordinates, with colors premultiplied
by their opacity, so that the average of canvases (pixels of a finer grid, or moments of an
exposure) is again a right picture.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray

SUPERSAMPLE = 2
SHIFT = 4  # fractional bits of OpenCV's drawing coordinates
TOWARDS_LIGHT = np.array([-0.30, -0.42])  # lamps hang above, a little to the left

RIM = 0.66  # brightness of an edge that turns away from the viewer

Color = tuple[float | int, float | int, float | int]  # RGB, 0-255


@dataclass(frozen=True)
class Canvas:
    """A transparent picture of a part of the frame; `origin_px` is its top-left corner there."""

    pixels: UInt8[ndarray, "height width 4"]
    origin_px: Float[ndarray, "2"]

    @staticmethod
    def empty(origin_px: Float[ndarray, "2"], width_px: int, height_px: int) -> "Canvas":
        """A canvas of whole frame pixels with nothing on it."""
        shape = (height_px * SUPERSAMPLE, width_px * SUPERSAMPLE, 4)
        return Canvas(np.zeros(shape, np.uint8), origin_px)

    def fixed(self, xy_px: Float[ndarray, "*shape 2"]) -> ndarray:
        """Frame positions as OpenCV wants them: pixel centers at whole numbers, fixed point."""
        fine = (xy_px - self.origin_px) * SUPERSAMPLE - 0.5
        return np.rint(fine * (1 << SHIFT)).astype(np.int32)

    def fixed_length(self, length_px: float) -> int:
        """A length as OpenCV wants it."""
        return max(round(length_px * SUPERSAMPLE * (1 << SHIFT)), 1)


def shaded(color: Color, factor: float) -> Color:
    """A color made darker (factor < 1), or lighter (> 1) towards white."""
    red, green, blue = color
    if factor <= 1:
        return red * factor, green * factor, blue * factor
    pull = min((factor - 1) * 0.9, 1.0)
    return (
        red + (255 - red) * pull,
        green + (255 - green) * pull,
        blue + (255 - blue) * pull,
    )


def draw_disc(canvas: Canvas, center_px: ndarray, radius_px: float, color: Color) -> None:
    """A flat disc."""
    x, y = canvas.fixed(center_px).tolist()
    radius = canvas.fixed_length(radius_px)
    cv2.circle(canvas.pixels, (x, y), radius, (*color, 255), -1, cv2.LINE_AA, SHIFT)


def draw_polygon(canvas: Canvas, corners_px: Float[ndarray, "corner 2"], color: Color) -> None:
    """A flat polygon."""
    cv2.fillPoly(canvas.pixels, [canvas.fixed(corners_px)], (*color, 255), cv2.LINE_AA, SHIFT)


def draw_line(
    canvas: Canvas, points_px: Float[ndarray, "point 2"], color: Color, width_fine_px: int = 1
) -> None:
    """A thin line; its width is in pixels of the fine grid (half a frame pixel each)."""
    corners = [canvas.fixed(points_px)]
    cv2.polylines(canvas.pixels, corners, False, (*color, 255), width_fine_px, cv2.LINE_AA, SHIFT)


def draw_ball(
    canvas: Canvas,
    center_px: ndarray,
    radius_px: float,
    color: Color,
    levels: int = 4,
    rim: float = RIM,
) -> None:
    """A disc that looks round: nested discs, lighter and shifted towards the light."""
    for factor, shrink, shift in _levels(levels, rim):
        middle = center_px + TOWARDS_LIGHT * radius_px * shift
        draw_disc(canvas, middle, radius_px * shrink, shaded(color, factor))


def draw_tube(
    canvas: Canvas,
    points_px: Float[ndarray, "point 2"],
    radii_px: Float[ndarray, "point"],
    color: Color,
    levels: int = 4,
    rim: float = RIM,
) -> None:
    """A smooth chain of varying thickness that looks round. Its bends must be wider than it is.

    `rim` is the brightness of the edge as a fraction of the color: darker looks rounder.
    """
    normal = chain_normals(points_px) * radii_px[:, None]
    for factor, shrink, shift in _levels(levels, rim):
        tone = shaded(color, factor)
        middle = points_px + TOWARDS_LIGHT * radii_px[:, None] * shift
        outline = np.concatenate([middle + normal * shrink, (middle - normal * shrink)[::-1]])
        draw_polygon(canvas, outline, tone)
        draw_disc(canvas, middle[0], radii_px[0] * shrink, tone)
        draw_disc(canvas, middle[-1], radii_px[-1] * shrink, tone)


def draw_limb(
    canvas: Canvas,
    points_px: Float[ndarray, "point 2"],
    radii_px: Float[ndarray, "point"],
    color: Color,
    levels: int = 3,
    rim: float = RIM,
) -> None:
    """A jointed chain of tapered links that looks round; it may bend as sharply as it likes."""
    axis = np.diff(points_px, axis=0)
    axis /= np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-9)
    normal = np.stack([-axis[:, 1], axis[:, 0]], axis=1)
    starts, stops = normal * radii_px[:-1, None], normal * radii_px[1:, None]
    for factor, shrink, shift in _levels(levels, rim):
        tone = (*shaded(color, factor), 255)
        middle = points_px + TOWARDS_LIGHT * radii_px[:, None] * shift
        corners = [middle[:-1] + starts * shrink, middle[1:] + stops * shrink]
        corners += [middle[1:] - stops * shrink, middle[:-1] - starts * shrink]
        for link in canvas.fixed(np.stack(corners, axis=1)):
            cv2.fillConvexPoly(canvas.pixels, link, tone, cv2.LINE_AA, SHIFT)
        radii = [canvas.fixed_length(radius * shrink) for radius in radii_px.tolist()]
        for center, radius in zip(canvas.fixed(middle).tolist(), radii, strict=True):
            cv2.circle(canvas.pixels, center, radius, tone, -1, cv2.LINE_AA, SHIFT)


def chain_normals(points: Float[ndarray, "point 2"]) -> Float[ndarray, "point 2"]:
    """Unit vectors across a chain, on the right hand of its direction (x right, y down)."""
    tangent = np.gradient(points, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    return np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)


def smooth_chain(
    points: Float[ndarray, "point 2"], nodes: int, values: Float[ndarray, "point"]
) -> tuple[Float[ndarray, "node 2"], Float[ndarray, "node"]]:
    """A Catmull-Rom curve through points, with values (radii) carried along."""
    stacked = np.column_stack([points, values])
    before, after = 2 * stacked[:1] - stacked[1:2], 2 * stacked[-1:] - stacked[-2:-1]
    padded = np.concatenate([before, stacked, after])
    place = np.linspace(0, len(points) - 1, nodes)
    left = np.minimum(place.astype(int), len(points) - 2)
    t = (place - left)[:, None]
    p0, p1, p2, p3 = (padded[left + i] for i in range(4))
    bend = 2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)
    curve = p1 + 0.5 * t * (p2 - p0 + t * bend)
    return curve[:, :2], np.maximum(curve[:, 2], 0.1 * values.min())


def draw_markings(
    canvas: Canvas,
    chain: Float[ndarray, "node 2"],
    across: Float[ndarray, "node 2"],
    markings: tuple[tuple[float, float, float, float], ...],
    color: Color,
) -> None:
    """Spots and stripes of a coat on a tube; `across` are vectors from its axis to its side.

    A marking is (place along the chain 0-1, from, to across it -1 to 1, half its width across).
    """
    for along, start, stop, half in markings:
        i = min(int(along * len(chain)), len(chain) - 1)
        radius = half * float(np.linalg.norm(across[i]))
        ends = chain[i] + np.array([[start], [stop]]) * across[i]
        for shrink, tone in ((1.0, shaded(color, 1.1)), (0.7, color)):
            draw_limb(canvas, ends, np.array([radius, radius * 0.8]) * shrink, tone, 1)


@cache
def _levels(levels: int, rim: float) -> tuple[tuple[float, float, float], ...]:
    """(brightness, size, shift towards the light) of nested shapes, from the rim inwards."""
    if levels == 1:
        return ((0.95, 1.0, 0.0),)
    steps = np.linspace(0, 1, levels).tolist()
    return tuple((rim + (1.16 - rim) * q, 1 - 0.72 * q, 0.75 * q) for q in steps)
