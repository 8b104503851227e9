"""Where in its arena an animal is: polygons, the distance to their border, zones of an open field.

The zones of an open field are those of Sturman et al. 2020 (DLCAnalyzer): the center is the arena
scaled to one half about its middle, the periphery what lies outside of the arena scaled to 0.8, a
corner the arena scaled to 0.4 and moved so that its middle is the arena's corner.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

CENTER, PERIPHERY, CORNERS = 0.5, 0.8, 0.4

Polygon = Float[ndarray, "_corner 2"]
Path = Float[ndarray, "frame 2"]


@dataclass(frozen=True)
class Arena:
    """The arena's outline and zones of the user's own, corners in order around each (px)."""

    outline_px: Polygon
    zones_px: Mapping[str, Polygon] = field(default_factory=dict)


def arena_features(xy_px: Path, arena: Arena | None) -> dict[str, Float[ndarray, "frame"]]:
    """`border_px` and, of each zone, `zone_<name>`: 1 inside, 0 outside; NaN where unknown.

    Zones of a border line belong to one side or the other. Without an outline nothing is told but
    the user's own zones.
    """
    if arena is None:
        return {}
    columns, outline = {}, arena.outline_px
    if len(outline):
        columns["border_px"] = border_distance_px(xy_px, outline)
        columns["zone_center"] = is_inside(xy_px, scaled(outline, CENTER))
        columns["zone_periphery"] = 1 - is_inside(xy_px, scaled(outline, PERIPHERY))
        corners = [moved(scaled(outline, CORNERS), corner) for corner in outline]
        each = [is_inside(xy_px, corner) for corner in corners]
        columns["zone_corner"] = np.max(each, axis=0)
    return columns | {f"zone_{n}": is_inside(xy_px, p) for n, p in arena.zones_px.items()}


def arena_from_mapping(mapping: Mapping[str, Any] | None) -> Arena | None:
    """An arena from plain lists, as settings carry it."""
    if mapping is None:
        return None
    zones = {name: np.array(corners) for name, corners in mapping["zones_px"].items()}
    return Arena(np.array(mapping["outline_px"]).reshape(-1, 2), zones)


def is_inside(xy_px: Path, polygon_px: Polygon) -> Float[ndarray, "frame"]:
    """1 inside the polygon, 0 outside, NaN where the position is: crossings of a ray."""
    x, y = xy_px[:, :1], xy_px[:, 1:]
    (x0, y0), (x1, y1) = polygon_px.T, np.roll(polygon_px, -1, axis=0).T
    spans = (y0 > y) != (y1 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        crosses = spans & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    inside = crosses.sum(axis=1) % 2 == 1
    return np.where(np.isfinite(xy_px).all(axis=1), inside.astype(np.float64), np.nan)


def border_distance_px(xy_px: Path, polygon_px: Polygon) -> Float[ndarray, "frame"]:
    """Distance to the polygon's border, negative outside.

    Unlike DLCAnalyzer, which takes edges as lines without end, to the edges as they are.
    """
    start, edge = polygon_px, np.roll(polygon_px, -1, axis=0) - polygon_px
    from_start = xy_px[:, None] - start
    length2 = np.maximum((edge**2).sum(axis=1), 1e-12)
    part = np.clip((from_start * edge).sum(axis=2) / length2, 0, 1)
    apart = from_start - part[..., None] * edge
    distance = np.hypot(apart[..., 0], apart[..., 1]).min(axis=1)
    return np.where(is_inside(xy_px, polygon_px) == 0, -distance, distance)


def scaled(polygon_px: Polygon, factor: float) -> Polygon:
    """The polygon about the mean of its corners."""
    middle = polygon_px.mean(axis=0)
    return middle + factor * (polygon_px - middle)


def moved(polygon_px: Polygon, middle_px: Float[ndarray, "2"]) -> Polygon:
    """The polygon with the mean of its corners elsewhere."""
    return polygon_px + middle_px - polygon_px.mean(axis=0)
