"""Pictures without an animal for a detector to learn from, and the same traces beside animals.

An animal is cut out and what may lie behind it is filled in. Such a filling has edges, and a
detector that saw them only where an animal was would learn them: pictures that keep their animals
get patches that are made in the same ways. Everything happens in the detector's square.
"""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray

from superanimal_core.training.picture_parts import Boxes, Window, cleared, common, seen_parts

FADE = 0.1  # at most, of a filling's shorter side: how wide its edge fades
PATCHED = 0.25  # of the squares with animals, as far as a patch finds room
MAX_COVERED = 0.25  # of an animal's box by a patch: it is still there
PATCH_SIDE = (0.08, 0.45)  # of the square's
CLOTH, OTHER_TIME, OTHER_PART = 0.35, 0.75, 0.9  # cumulative chances of fillings; else painted
PAINTED_PX = 48  # side of the shrunken square that is painted

Pixels = UInt8[ndarray, "size size 3"]
Patch = UInt8[ndarray, "rows columns 3"]


class Place(NamedTuple):
    """A picture in the detector's square: all its animals' boxes, and where the picture is (px)."""

    pixels: Pixels
    boxes_xyxy_px: Boxes
    shown: Window


OtherTime = Callable[[], Place | None]  # the same place at another time, by lot


def without_animals(place: Place, other: OtherTime, generator: np.random.Generator) -> Pixels:
    """The place with all its animals cut out and the holes filled."""
    pixels = place.pixels
    for wide in cleared(place.boxes_xyxy_px):
        pixels = _filled(place, pixels, whole_pixels(wide), other, generator)
    return pixels


def with_patches(place: Place, other: OtherTime, generator: np.random.Generator) -> Pixels:
    """The place with its animals, at times with a filling beside them or over a part of them."""
    if generator.random() >= PATCHED:
        return place.pixels
    size_px = len(place.pixels)
    sides = size_px * generator.uniform(*PATCH_SIDE, 2)
    corner = (size_px - sides) * generator.random(2)
    window = whole_pixels(np.concatenate([corner, corner + sides]))
    covered = seen_parts(common(place.boxes_xyxy_px, place.shown), window)
    if (covered > MAX_COVERED).any():
        return place.pixels
    return _filled(place, place.pixels, window, other, generator)


def _filled(
    place: Place, pixels: Pixels, whole: Window, other: OtherTime, generator: np.random.Generator
) -> Pixels:
    """Pixels with a filling in a window, of which the part that is shown counts."""
    window = common(whole, place.shown)
    if (window[2:] <= window[:2]).any():
        return pixels
    filling = _filling(place, window, other, generator)
    fade_px = FADE * generator.random() * (whole[2:] - whole[:2]).min()
    along_x, along_y = (
        np.minimum(centers - low, high - centers) / max(fade_px, 0.5)
        for low, high, centers in (
            (whole[side], whole[side + 2], np.arange(window[side], window[side + 2]) + 0.5)
            for side in (0, 1)
        )
    )
    opacity = np.minimum(np.minimum(along_x[None], along_y[:, None]), 1)[..., None]
    x0, y0, x1, y1 = window
    before, after = pixels[y0:y1, x0:x1], pixels.copy()
    after[y0:y1, x0:x1] = np.round(before + opacity * (filling.astype(np.float64) - before))
    return after


def _filling(
    place: Place, window: Window, other: OtherTime, generator: np.random.Generator
) -> Patch:
    """What may lie in a window of a place, without any part of an animal, in one of four ways."""
    kind = generator.random()
    if kind < CLOTH:
        return _cloth(_cut(place.pixels, place.shown), window, generator)
    if kind < OTHER_TIME and (then := other()) is not None and _is_clear(then, window):
        return _cut(then.pixels, window)
    moved = _moved(window, place.shown, generator)
    if kind < OTHER_PART and _is_clear(place, moved):
        return _cut(place.pixels, moved)
    return _painted(place, window)


def _cloth(
    pixels: UInt8[ndarray, "height width 3"], window: Window, generator: np.random.Generator
) -> Patch:
    """A flat piece with a grain, in any color or in one of the picture."""
    row, column = generator.integers(0, pixels.shape[:2])
    color = generator.uniform(0, 255, 3) if generator.random() < 0.5 else pixels[row, column]
    columns, rows = window[2:] - window[:2]
    grain = generator.normal(0, generator.uniform(0, 8), (rows, columns, 1))
    return np.clip(color + grain, 0, 255).astype(np.uint8)


def _painted(place: Place, window: Window) -> Patch:
    """What surrounds all animals and a window, carried on into them (Telea 2004), coarsely."""
    size_px = len(place.pixels)
    hidden = np.full((size_px, size_px), 255, np.uint8)
    _cut(hidden, place.shown)[:] = 0
    for hole in (*map(whole_pixels, cleared(place.boxes_xyxy_px)), window):
        _cut(hidden, common(hole, place.shown))[:] = 255
    small = (PAINTED_PX, PAINTED_PX)
    coarse = cv2.resize(place.pixels, small, interpolation=cv2.INTER_AREA)
    is_hidden = (cv2.resize(hidden, small, interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
    coarse[is_hidden > 0] = 0  # black where nothing is known
    painted = cv2.inpaint(coarse, is_hidden, 3, cv2.INPAINT_TELEA)
    return _cut(cv2.resize(painted, (size_px, size_px)), window)


def _moved(window: Window, shown: Window, generator: np.random.Generator) -> Window:
    """A window of the same size anywhere in what is shown."""
    sides = window[2:] - window[:2]
    corner = generator.integers(shown[:2], shown[2:] - sides + 1)
    return np.concatenate([corner, corner + sides])


def _is_clear(place: Place, window: Window) -> bool:
    """Whether no animal of a place reaches into a window, all of which it shows."""
    is_shown = (common(window, place.shown) == window).all()
    return bool(is_shown and not seen_parts(cleared(place.boxes_xyxy_px), window).any())


def whole_pixels(box: Float[ndarray, "4"]) -> Window:
    """The smallest window of whole pixels that holds a box."""
    return np.concatenate([np.floor(box[:2]), np.ceil(box[2:])]).astype(np.int64)


def _cut(pixels: ndarray, window: Window) -> ndarray:
    x0, y0, x1, y1 = window
    return pixels[y0:y1, x0:x1]
