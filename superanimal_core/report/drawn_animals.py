"""Animals drawn into a picture: bones, keypoints, circles of 90 %, boxes, trails, standing paws."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.report.colors import ANIMALS, DARK, Color, animal_color, side_colors
from superanimal_core.report.drawn_bones import drawn_bones
from superanimal_core.report.lettering import line_height, text_width, write_text
from superanimal_core.report.marks import (
    Image,
    draw_box,
    draw_circles,
    draw_dashed_circles,
    draw_disks,
    draw_lines,
    draw_segments,
)

PLAIN_SIDE_PX = 480  # a shorter side for which the sizes here are meant; others are drawn to scale
DISK_PX, RIM_PX, SQUARE_PX, LETTER_PX = 3.0, 1.2, 6.0, 14.0
BONE: Color = (225, 230, 235)
TRAIL: Color = ANIMALS[3]  # no side of a body has it


@dataclass(frozen=True)
class Look:
    """How the animals of a video look: which lines, in which colors, how large.

    A lone animal has the colors of the sides of its body, several have one each. `scale` is in
    parts of a picture whose shorter side has PLAIN_SIDE_PX.
    """

    bones: Int[ndarray, "bone 2"]
    keypoint_colors: Sequence[Sequence[Color]]
    bone_colors: Sequence[Color]
    trail_colors: Sequence[Color]
    scale: float

    def px(self, length: float) -> float:
        """A length of a plain picture in this one."""
        return length * self.scale

    def width(self, plain: int) -> int:
        """A line's width of a plain picture in this one, at least 1."""
        return max(round(plain * self.scale), 1)

    @property
    def letter_px(self) -> int:
        """The size of letters."""
        return round(self.px(LETTER_PX))


@dataclass(frozen=True)
class Animal:
    """What is drawn of an animal in a frame, in pixels of the drawn picture; NaN is not drawn.

    `stands` are the keypoints of paws that stand.
    """

    xy_px: Float[ndarray, "keypoint 2"]
    radius_90_px: Float[ndarray, "keypoint"]
    is_extrapolated: bool
    box_xyxy_px: Float[ndarray, "4"]
    trail_px: Float[ndarray, "time 2"]
    stands: Sequence[int]
    label: str


def look_of(
    space: KeypointSpace, taught: Collection[str], individuals: int, short_side_px: float
) -> Look:
    """How so many animals are drawn into pictures of this size, by what networks were taught."""
    bones = np.array(drawn_bones(space, taught), dtype=int).reshape(-1, 2)
    scale = max(short_side_px / PLAIN_SIDE_PX, 1.0)
    if individuals == 1:
        return Look(bones, [side_colors(space)], [BONE], [TRAIL], scale)
    own = [animal_color(i) for i in range(individuals)]
    return Look(bones, [[color] * len(space) for color in own], own, own, scale)


def draw_animals(image: Image, animals: Sequence[Animal], look: Look) -> None:
    """Draw animals into a picture, names last."""
    for i, animal in enumerate(animals):
        _draw_animal(image, animal, look, i)
    for animal, color in zip(animals, look.bone_colors, strict=True):
        if animal.label:
            _write_label(image, animal, look, color)


def _draw_animal(image: Image, animal: Animal, look: Look, individual: int) -> None:
    xy, thin = animal.xy_px, look.width(1)
    colors, own = look.keypoint_colors[individual], look.bone_colors[individual]
    trail = look.trail_colors[individual]
    draw_box(image, animal.box_xyxy_px, own, thin)
    draw_lines(image, _pieces(animal.trail_px), trail, look.width(2))
    is_shown = np.asarray(np.isfinite(xy).all(axis=1))
    bones = xy[look.bones]
    bones = bones[np.isfinite(bones).all(axis=(1, 2))]
    draw_segments(image, bones, DARK, 3 * thin)
    draw_segments(image, bones, own, thin)
    circles = draw_dashed_circles if animal.is_extrapolated else draw_circles
    with_circle = np.flatnonzero(is_shown & np.isfinite(animal.radius_90_px))
    own_colors = [colors[k] for k in with_circle.tolist()]
    circles(image, xy[with_circle], animal.radius_90_px[with_circle], own_colors, thin)
    shown = np.flatnonzero(is_shown)
    own_colors = [colors[k] for k in shown.tolist()]
    draw_keypoints(image, xy[shown], own_colors, look, are_hollow=animal.is_extrapolated)
    for k in (k for k in animal.stands if is_shown[k]):
        draw_square(image, xy[k], colors[k], look)


def draw_keypoints(
    image: Image,
    xy: Float[ndarray, "keypoint 2"],
    colors: Sequence[Color],
    look: Look,
    *,
    are_hollow: bool,
) -> None:
    """Disks with a dark rim; hollow: with a dark middle."""
    dark = [DARK] * len(colors)
    draw_disks(image, xy, look.px(DISK_PX + RIM_PX), dark)
    draw_disks(image, xy, look.px(DISK_PX), colors)
    if are_hollow:
        draw_disks(image, xy, look.px(DISK_PX / 2), dark)


def draw_square(image: Image, xy: Float[ndarray, "2"], color: Color, look: Look) -> None:
    """The mark of a paw that stands."""
    half = look.px(SQUARE_PX)
    box = np.concatenate([xy - half, xy + half])
    draw_box(image, box, DARK, look.width(3))
    draw_box(image, box, color, look.width(2))


def _pieces(trail_px: Float[ndarray, "time 2"]) -> list[Float[ndarray, "_time 2"]]:
    """The parts of a trail between which positions are missing."""
    is_known = np.isfinite(trail_px).all(axis=1)
    edges = np.flatnonzero(np.diff(is_known)) + 1
    pieces = np.split(trail_px, edges)
    return [piece for piece in pieces if np.isfinite(piece[:1]).all() and len(piece) > 1]


def _write_label(image: Image, animal: Animal, look: Look, color: Color) -> None:
    """The label above what is drawn of an animal, within the picture; none without the animal."""
    points = np.concatenate([animal.xy_px, animal.box_xyxy_px.reshape(2, 2)])
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return
    size, (left, top), right = look.letter_px, points.min(axis=0), points[:, 0].max()
    width, height = text_width(animal.label, size), line_height(size)
    x = min(max((left + right - width) / 2, 0), image.shape[1] - width)
    y = min(max(top - height, 0), image.shape[0] - height)
    write_text(image, max(round(x), 0), max(round(y), 0), animal.label, size, color)
