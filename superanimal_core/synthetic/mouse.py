"""A mouse seen from above: it follows its nose along a smooth path, and its tail follows it.

Unit: body length (nose to tail base along the spine). The keypoints are 16 of the 27 of
superanimal_topviewmouse.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.synthetic.coats import Coat
from superanimal_core.synthetic.drawing import (
    Canvas,
    chain_normals,
    draw_ball,
    draw_disc,
    draw_limb,
    draw_line,
    draw_markings,
    draw_tube,
    shaded,
    smooth_chain,
)
from superanimal_core.synthetic.figure import Figure, rotate
from superanimal_core.synthetic.gait_generator import (
    LIMBS,
    Progress,
    Timeline,
    footfalls_of,
    foothold_distances_bl,
    paw_track,
)

MOUSE_KEYPOINTS = (
    "nose", "left_ear", "right_ear", "neck", "mid_back", "mouse_center", "tail_base", "tail1",
    "tail3", "tail_end", "left_shoulder", "left_midside", "left_hip", "right_shoulder",
    "right_midside", "right_hip",
)  # fmt: skip
TAIL_BL = 0.85
MAX_BEND = 1.9  # of the path, rad per body length
LOOK_AHEAD = 0.75  # body lengths in which a mouse notices a wall
NECK = 0.30  # of the way from the nose to the tail base
SNIFF_HZ = 3.2  # side to side movements of a sniffing head
TRUNK_PLACES = np.array([0.24, 0.30, 0.40, 0.52, 0.66, 0.80, 0.92, 1.0])
TRUNK_RADII = np.array([0.085, 0.105, 0.135, 0.155, 0.178, 0.182, 0.125, 0.05])
TOES = (0.026, 0.026, 0.032, 0.032)  # radii of the feet, in the order of LIMBS
PAW_PLACES = {LIMBS[0]: (0.34, 1), LIMBS[1]: (0.34, -1), LIMBS[2]: (0.82, 1), LIMBS[3]: (0.82, -1)}


@dataclass(frozen=True)
class MouseBuild:
    """How one mouse differs from another: factors on its proportions."""

    girth: float = 1.0
    ears: float = 1.0
    tail: float = 1.0


@dataclass(frozen=True)
class Path:
    """A smooth curve on the floor as closely spaced points, with the way along it."""

    way_bl: Float[ndarray, "point"]
    xy_bl: Float[ndarray, "point 2"]
    heading_rad: Float[ndarray, "point"]

    def at(self, way_bl: Float[ndarray, "*shape"]) -> Float[ndarray, "*shape 2"]:
        """Positions at ways along the path."""
        x, y = (np.interp(way_bl, self.way_bl, self.xy_bl[:, i]) for i in range(2))
        return np.stack([x, y], axis=-1)

    def directions(self, way_bl: Float[ndarray, "*shape"]) -> Float[ndarray, "*shape 2"]:
        """Unit vectors along the path."""
        angle = np.interp(way_bl, self.way_bl, self.heading_rad)
        return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def wander(
    generator: np.random.Generator,
    length_bl: float,
    half_size_bl: tuple[float, float],
    start_bl: tuple[float, float],
    heading_rad: float,
) -> Path:
    """A path of smoothly changing curvature that turns back before the walls at ±half_size_bl.

    It begins 2.2 body lengths before its way 0, so that an animal at way 0 has a past to lie on.
    """
    step, past = 0.02, 2.2
    count = int((length_bl + past) / step) + 2
    kernel = np.hanning(61) / np.hanning(61).sum()
    wish = np.convolve(generator.normal(0, 6.5, count + 60), kernel, mode="valid")
    xy, heading = np.empty((count, 2)), np.empty(count)
    (x, y), angle, bend = start_bl, heading_rad, 0.0
    for i in range(count):
        target = float(wish[i])
        xy[i], heading[i] = (x, y), angle
        ahead = (x + LOOK_AHEAD * math.cos(angle), y + LOOK_AHEAD * math.sin(angle))
        near = max(abs(ahead[0]) / half_size_bl[0], abs(ahead[1]) / half_size_bl[1])
        urge = min(max(near - 0.62, 0) * 7, 1)  # 0 in the open, 1 before a wall
        error = (math.atan2(-y, -x) - angle + math.pi) % (2 * math.pi) - math.pi
        if abs(error) > 0.5:
            target += urge * (math.copysign(MAX_BEND, error) - target)
        bend += 0.08 * (min(max(target, -MAX_BEND), MAX_BEND) - bend)
        angle += bend * step
        x, y = x + step * math.cos(angle), y + step * math.sin(angle)
    return Path(np.arange(count) * step - past, xy, heading)


@dataclass(frozen=True)
class Mouse:
    """A mouse with a path to follow and a timeline of what it does."""

    timeline: Timeline
    path: Path
    build: MouseBuild = field(default_factory=MouseBuild)
    space = "superanimal_topviewmouse"
    keypoints = MOUSE_KEYPOINTS

    def figure(self, time_s: Float[ndarray, "time"]) -> Figure:
        """Where everything is at the given times."""
        now = self.timeline.progress(time_s)
        spine = self._spine(now)
        head = self._head(now, spine)
        tail = self._tail(now)
        flanks = {name: self._flank(now, *where) for name, where in _FLANKS.items()}
        named = {
            "nose": head["head"][:, -1],
            "left_ear": head["ears"][:, 0],
            "right_ear": head["ears"][:, 1],
            "neck": self._spine_at(now, NECK),
            "mid_back": self._spine_at(now, 0.46),
            "mouse_center": self._spine_at(now, 0.62),
            "tail_base": tail[:, 0],
            "tail1": tail[:, 2],
            "tail3": tail[:, 6],
            "tail_end": tail[:, -1],
            **flanks,
        }
        keypoints = np.stack([named[name] for name in MOUSE_KEYPOINTS], axis=1)
        roots = [self._flank(now, place, 0.09 * side) for place, side in PAW_PLACES.values()]
        points = {"spine": spine, "tail": tail, "paws": self._paws(now), **head}
        points["roots"] = np.stack(roots, axis=1)
        return Figure(points, keypoints, np.zeros(keypoints.shape[:2], bool))

    def _way(self, now: Progress, place: float | ndarray) -> ndarray:
        return now.way_bl[:, None] - np.atleast_1d(place)

    def _spine_at(self, now: Progress, place: float) -> ndarray:
        return self._on_body(now, np.array([place]))[:, 0]

    def _on_body(self, now: Progress, places: ndarray, across: float = 0.0) -> ndarray:
        """Points at `places` of the spine (0 nose, 1 tail base), `across` to the animal's left."""
        ways = self._way(now, places)
        direction = self.path.directions(ways)
        left = np.stack([direction[..., 1], -direction[..., 0]], axis=-1)
        gait_hz = self.timeline.gait.stride_frequency_hz
        sway = 0.016 * np.sin(2 * np.pi * (gait_hz * now.time_s[:, None] - 0.5 * places))
        sway = sway * now.speed[:, None] * np.clip(places, 0, 1)
        return self.path.at(ways) + left * (across + sway)[..., None]

    def _spine(self, now: Progress) -> ndarray:
        return self._on_body(now, TRUNK_PLACES)

    def _flank(self, now: Progress, place: float, across: float) -> ndarray:
        return self._on_body(now, np.array([place]), across * self.build.girth)[:, 0]

    def _head(self, now: Progress, spine: ndarray) -> dict[str, ndarray]:
        """Skull from neck to nose, ears, eyes and whiskers; a sniffing head wags about the neck."""
        neck = spine[:, 1]
        straight = self.path.directions(self._way(now, 0.12))[:, 0]
        level = self.timeline.engagement(now.time_s, "sniff")
        wag = level * 0.5 * np.sin(2 * np.pi * SNIFF_HZ * now.time_s)
        turn = 0.07 * np.sin(2 * np.pi * 0.9 * now.time_s + 1.0)
        direction = rotate(straight, wag + turn)

        def at(places: list[tuple[float, float]]) -> ndarray:
            ahead, left = np.array(places).T
            normal = np.stack([direction[:, 1], -direction[:, 0]], axis=-1)
            offset = ahead[:, None] * direction[:, None] + left[:, None] * normal[:, None]
            return neck[:, None] + offset

        ear = 0.112 * self.build.ears
        return {
            "head": at([(-0.02, 0), (0.06, 0), (0.13, 0), (0.22, 0), (0.285, 0), (0.30, 0)]),
            "ears": at([(0.105, ear), (0.105, -ear)]),
            "eyes": at([(0.185, 0.062), (0.185, -0.062)]),
            "whiskers": at([
                (0.26, 0.02), (0.30, 0.14), (0.25, 0.15), (0.20, 0.13),
                (0.26, -0.02), (0.30, -0.14), (0.25, -0.15), (0.20, -0.13),
            ]),
        }  # fmt: skip

    def _tail(self, now: Progress) -> ndarray:
        """13 points from base to tip on the path behind the body, with a slow swish that lags."""
        part = np.linspace(0, 1, 13)
        points = self._on_body(now, 1 + part * TAIL_BL * self.build.tail)
        direction = self.path.directions(self._way(now, 1 + part * TAIL_BL * self.build.tail))
        left = np.stack([direction[..., 1], -direction[..., 0]], axis=-1)
        swish = 0.11 * part**1.6 * np.sin(2 * np.pi * (0.55 * now.time_s[:, None] - 0.75 * part))
        return points + left * swish[..., None]

    def _paws(self, now: Progress) -> ndarray:
        """Feet on the floor; each stands still until it is lifted."""
        tracks = []
        for limb, (place, side) in PAW_PLACES.items():
            steps = footfalls_of(self.timeline, limb)
            ways = foothold_distances_bl(self.timeline, steps) - place
            direction = self.path.directions(ways)
            left = np.stack([direction[:, 1], -direction[:, 0]], axis=-1)
            across = side * (0.118 if place < 0.5 else 0.160)
            tracks.append(paw_track(now.time_s, steps, self.path.at(ways) + left * across)[0])
        return np.stack(tracks, axis=1)

    def draw(
        self, canvas: Canvas, points: dict[str, ndarray], px_per_bl: float, coat: Coat
    ) -> None:
        """Draw one moment; `points` are the figure's chains in pixels of the frame."""
        girth = self.build.girth * px_per_bl
        for paw, root, toes in zip(points["paws"], points["roots"], TOES, strict=True):
            leg = np.stack([root, paw])
            draw_limb(canvas, leg, np.array([0.07, 0.03]) * px_per_bl, shaded(coat.limbs, 0.85), 2)
            draw_ball(canvas, paw, toes * px_per_bl, coat.skin, 2)
        tail_radii = np.linspace(0.030, 0.010, len(points["tail"])) * px_per_bl
        draw_tube(canvas, points["tail"], tail_radii, shaded(coat.skin, 0.86), 3)
        chain, radii = smooth_chain(points["spine"], 18, TRUNK_RADII * girth)
        draw_tube(canvas, chain, radii, coat.back, 6)
        across = chain_normals(chain) * radii[:, None]
        draw_markings(canvas, chain, across, coat.markings, coat.marking)
        _draw_head(canvas, points, px_per_bl, self.build.ears, coat)


_FLANKS = {
    "left_shoulder": (0.40, 0.115),
    "left_midside": (0.60, 0.148),
    "left_hip": (0.80, 0.158),
    "right_shoulder": (0.40, -0.115),
    "right_midside": (0.60, -0.148),
    "right_hip": (0.80, -0.158),
}


def _draw_head(canvas: Canvas, points: dict, px_per_bl: float, ears: float, coat: Coat) -> None:
    head = points["head"]
    direction = (head[-1] - head[0]) / max(float(np.linalg.norm(head[-1] - head[0])), 1e-9)
    for ear in points["ears"]:
        draw_ball(canvas, ear, 0.072 * ears * px_per_bl, shaded(coat.head, 0.9), 2)
        inner = ear + 0.008 * px_per_bl * direction
        draw_ball(canvas, inner, 0.048 * px_per_bl * ears, coat.skin, 3)
    radii = np.array([0.095, 0.110, 0.100, 0.062, 0.032, 0.022]) * px_per_bl
    chain, smooth = smooth_chain(head, 12, radii)
    draw_tube(canvas, chain, smooth, coat.head, 5, rim=0.84)
    for eye in points["eyes"]:
        draw_disc(canvas, eye, 0.021 * px_per_bl, coat.eyes)
        glint = eye + np.array([-0.006, -0.007]) * px_per_bl
        draw_disc(canvas, glint, 0.008 * px_per_bl, (255, 255, 255))
    draw_limb(canvas, head[-2:], np.array([0.02, 0.022]) * px_per_bl, coat.skin, 2)
    whiskers = points["whiskers"]
    for first in (0, 4):
        for tip in range(1, 4):
            draw_line(canvas, whiskers[[first, first + tip]], shaded(coat.belly, 0.9))
