"""Maps: where each animal went in the picture, with the arena, its zones and a scale."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from markupsafe import Markup, escape
from numpy import ndarray

from superanimal_core.report.cohort import worst_first
from superanimal_core.report.cohort_files import Path2d
from superanimal_core.report.figures import LINES
from superanimal_core.report.results import Row

WIDTH = 1000  # units of a map's drawing across; lines are drawn in whole units
POINTS = 700  # of each animal's way at most; more would not be seen, and the page stays small
BAR = 0.3  # longest scale bar, part of the width
STEPS = (5, 2, 1)  # a scale bar is one of these times a power of ten


def path_maps(
    videos: Sequence[Row],
    paths: Mapping[str, Mapping[str, Path2d]],
    places: Mapping[str, Mapping[str, Any]],
) -> dict[str, object]:
    """A map of each video that has a way to show, the worst videos first; how many have none.

    `videos` are rows of the quality table, `paths` ways (px) by video and animal; `places` says of
    videos their `arena` (outline_px, zones_px, or None) and `cm_per_px` (or None).
    """
    shown = [video for video in worst_first(videos) if _has_way(paths.get(video["video"], {}))]
    return {
        "videos": [_map_of(video, paths[video["video"]], places) for video in shown],
        "has_arena": any((places.get(video["video"]) or {}).get("arena") for video in shown),
        "left_out": sum(video["status"] != "failed" for video in videos) - len(shown),
    }


def _has_way(ways: Mapping[str, Path2d]) -> bool:
    return any(np.isfinite(xy_px).all(axis=1).sum() > 1 for xy_px in ways.values())


def _map_of(
    video: Row, ways: Mapping[str, Path2d], places: Mapping[str, Mapping[str, Any]]
) -> dict[str, object]:
    name, place = video["video"], places.get(video["video"]) or {}
    animals = list(ways)
    return {
        **{key: video[key] for key in ("video", "status")},
        "svg": draw_map(
            ways,
            (float(video["width_px"]), float(video["height_px"])),
            place.get("arena"),
            place.get("cm_per_px"),
            described=f"Where {len(animals)} animal{'s' * (len(animals) > 1)} of {name} went",
        ),
        "animals": [
            {"name": animal, "color": LINES[i % len(LINES)]} for i, animal in enumerate(animals)
        ]
        if len(animals) > 1
        else [],
    }


def draw_map(
    ways: Mapping[str, Path2d],
    size_px: tuple[float, float],
    arena: Mapping[str, Any] | None,
    cm_per_px: float | None,
    *,
    described: str,
) -> Markup:
    """The picture's frame with the ways in it, as SVG: a ring where each begins, a dot at its end.

    A way is broken where the animal's place is not known. `size_px`: width and height.
    """
    scale = WIDTH / size_px[0]
    height = round(size_px[1] * scale)
    parts = [f'<rect class="picture" width="{WIDTH}" height="{height}"/>']
    if arena:
        outline = [arena["outline_px"]] if arena["outline_px"] else []
        parts += [f'<path class="arena" d="{_polygon(p, scale)}"/>' for p in outline]
        for name, corners in arena["zones_px"].items():
            parts.append(f'<path class="zone" d="{_polygon(corners, scale)}"/>')
            x, y = np.mean(corners, axis=0) * scale
            parts.append(f'<text x="{x:.0f}" y="{y:.0f}">{escape(name)}</text>')
    for i, xy_px in enumerate(ways.values()):
        color = LINES[i % len(LINES)]
        known = xy_px[np.isfinite(xy_px).all(axis=1)] * scale
        if not len(known):
            continue
        parts.append(f'<path class="way" stroke="{color}" d="{way(xy_px * scale)}"/>')
        (x0, y0), (x1, y1) = known[0], known[-1]
        parts.append(f'<circle class="start" stroke="{color}" cx="{x0:.0f}" cy="{y0:.0f}" r="15"/>')
        parts.append(f'<circle class="end" fill="{color}" cx="{x1:.0f}" cy="{y1:.0f}" r="13"/>')
    parts += _scale_bar(size_px[0], scale, height, cm_per_px)
    return Markup(
        f'<svg class="map" role="img" aria-label="{escape(described)}" '
        f'viewBox="-4 -4 {WIDTH + 8} {height + 84}">{"".join(parts)}</svg>'
    )


def way(xy: Float[ndarray, "frame 2"]) -> str:
    """The path of SVG through at most POINTS evenly chosen places, in whole units, one by one.

    Places that are not known (NaN) break it; those that round to the one before are left out.
    """
    chosen = xy[:: -(-len(xy) // POINTS)] if len(xy) else xy
    said, last = [], None
    for x, y in chosen:
        if not (math.isfinite(x) and math.isfinite(y)):
            last = None
            continue
        place = round(x), round(y)
        if last is None:
            said.append(f"M{place[0]} {place[1]}l0 0")
        elif place != last:
            said.append(f"l{place[0] - last[0]} {place[1] - last[1]}")
        last = place
    return "".join(said)


def _polygon(corners: Sequence[Sequence[float]], scale: float) -> str:
    return "M" + "L".join(f"{x * scale:.0f} {y * scale:.0f}" for x, y in corners) + "Z"


def _scale_bar(
    width_px: float, scale: float, height: int, cm_per_px: float | None
) -> tuple[str, str]:
    """A bar of a round length below the picture, in cm where the scale is known, else in px."""
    unit_px = 1 / cm_per_px if cm_per_px else 1.0
    length = round_length(BAR * width_px / unit_px)
    across = length * unit_px * scale
    unit = "cm" if cm_per_px else "px"
    return (
        f'<path class="bar" d="M0 {height + 20}v22M0 {height + 31}h{across:.0f}m0 -11v22"/>',
        f'<text class="bar" x="{across + 18:.0f}" y="{height + 52}">{length:g} {unit}</text>',
    )


def round_length(most: float) -> float:
    """The longest length of one, two or five times a power of ten that is not above `most`."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in STEPS if step * power <= most * (1 + 1e-9))
