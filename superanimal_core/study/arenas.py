"""Arenas and zones of the sheet of videos, and which features a video can tell."""

import re
from collections.abc import Mapping
from typing import Any

from superanimal_core.study.products import some_of
from superanimal_core.study.study_rows import VideoRow

Corners = tuple[tuple[float, float], ...]

CORNER = re.compile(r"^(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)$")
NAME = re.compile(r"^[A-Za-z0-9_]+$")
LEAST_CORNERS = 3
OF_OUTLINE = ("border_px", "border_cm", "zone_center", "zone_periphery", "zone_corner")
SHIPPED_ZONES = ("center", "periphery", "corner")


def polygon_in(cell: str, where: str, mistakes: list[str]) -> Corners:
    """Corners of a polygon; none for an empty cell. What is wrong is noted."""
    corners = [CORNER.match(word) for word in cell.split()]
    if all(corners) and (not corners or len(corners) >= LEAST_CORNERS):
        return tuple((float(c[1]), float(c[2])) for c in corners if c)
    mistakes.append(
        f"{where} is '{cell}'; expected three corners or more in order around it, in pixels, as in "
        "10,10 410,10 410,410 10,410"
    )
    return ()


def zones_in(cell: str, where: str, mistakes: list[str]) -> dict[str, Corners]:
    """Polygons by name, `name: corners; name: corners`. What is wrong is noted."""
    zones: dict[str, Corners] = {}
    for part in (p.strip() for p in cell.split(";") if p.strip()):
        name, _, corners = (piece.strip() for piece in part.partition(":"))
        if not NAME.match(name) or name in SHIPPED_ZONES or name in zones or not corners:
            mistakes.append(
                f"{where}: zones: '{part}'; expected name: x,y x,y x,y, each name once, of "
                f"letters, digits and _, other than {', '.join(SHIPPED_ZONES)}"
            )
            continue
        zones[name] = polygon_in(corners, f"{where}: zones: {name}", mistakes)
    return zones


def can_tell(video: VideoRow, feature: str) -> bool:
    """Whether a video has the scale or the arena that a feature needs."""
    if "_cm" in feature and video.cm_per_px is None:
        return False
    if feature in OF_OUTLINE:
        return bool(video.arena)
    return not feature.startswith("zone_") or feature.removeprefix("zone_") in video.zones


def behaviors_told(video: VideoRow, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Definitions all of whose features the video can tell; the others are left out."""
    return {
        name: definition
        for name, definition in definitions.items()
        if all(can_tell(video, condition["feature"]) for condition in definition["conditions"])
    }


def plain_arena(video: VideoRow) -> dict[str, Any] | None:
    """Outline and zones (px) as plain lists; None where the sheet tells neither."""
    if not video.arena and not video.zones:
        return None
    zones = {name: [list(corner) for corner in of] for name, of in video.zones.items()}
    return {"outline_px": [list(corner) for corner in video.arena], "zones_px": zones}


def places_on_maps(videos: Mapping[str, VideoRow], most: int) -> dict[str, dict[str, Any]]:
    """Arena, zones and scale of the videos of which the report draws a map, at most so many."""
    return {
        name: {"arena": plain_arena(videos[name]), "cm_per_px": videos[name].cm_per_px}
        for name in some_of([*videos], most)
    }
