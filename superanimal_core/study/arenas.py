"""Arenas and zones of the sheet of videos, and which features a video can tell."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from superanimal_core.study.polygons import Corners, polygon_in
from superanimal_core.study.products import some_of
from superanimal_core.study.study_rows import VideoRow

NAME = re.compile(r"^[A-Za-z0-9_]+$")
OF_OUTLINE = ("border_px", "border_cm", "zone_center", "zone_periphery", "zone_corner")
SHIPPED_ZONES = ("center", "periphery", "corner")


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


def untold_by(told: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Of each behavior that any video tells, the videos that do not: none where all do.

    `told` are a video's behaviors.
    """
    of = {video: set(behaviors) for video, behaviors in told.items()}
    every = sorted(set().union(*of.values()))
    return {behavior: [v for v in of if behavior not in of[v]] for behavior in every}


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
