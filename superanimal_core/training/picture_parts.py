"""Parts of labeled pictures as pictures of their own: animals cut by the edge, or none."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Real, UInt8
from numpy import ndarray

from superanimal_core.pose.boxes import box_area_px2, clip_boxes, longer_side_px

CLEARANCE = 0.35  # of an animal's longer side: fur, tail and shadow outside its box
LEAST_SEEN = 0.3  # of an animal that an edge cuts: less is neither an animal nor none
LEAST_PART = 0.5  # of the picture's sides
LEAST_SIDE = 0.2  # of the picture's shorter side: smaller surroundings are not looked at alone
TRIES = 8

Boxes = Float[ndarray, "box 4"]
Window = Int[ndarray, "4"]  # x0, y0, x1, y1 in whole pixels


class Picture(NamedTuple):
    """A picture and the boxes of all its animals (px)."""

    pixels: UInt8[ndarray, "_height _width 3"]
    boxes_xyxy_px: Boxes

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]


def part_with_animals(picture: Picture, generator: np.random.Generator) -> Picture:
    """A part of a picture by lot, whose animals are clearly there or wholly outside."""
    size = np.array(picture.size_px)
    for _ in range(TRIES):
        window = _piece(np.concatenate([np.zeros(2), size]), LEAST_PART, generator)
        seen = seen_parts(picture.boxes_xyxy_px, window)
        is_outside = seen_parts(cleared(picture.boxes_xyxy_px), window) == 0
        if (is_outside | (seen >= LEAST_SEEN)).all():
            return _part(picture, window, picture.boxes_xyxy_px[~is_outside])
    return picture


def beside_animals(picture: Picture, generator: np.random.Generator) -> Picture:
    """A piece of what lies on one side of all animals, by lot; the picture where that is small."""
    width, height = picture.size_px
    wide = clip_boxes(cleared(picture.boxes_xyxy_px), width, height)
    (left, top), (right, bottom) = wide[:, :2].min(axis=0), wide[:, 2:].max(axis=0)
    beside = np.array(
        [
            [0, 0, left, height],
            [right, 0, width, height],
            [0, 0, width, top],
            [0, bottom, width, height],
        ]
    )
    least = LEAST_SIDE * min(picture.size_px) / LEAST_PART
    usable = beside[(beside[:, 2:] - beside[:, :2] >= least).all(axis=1)]
    if not len(usable):
        return picture
    window = _piece(usable[generator.integers(len(usable))], LEAST_PART, generator)
    return _part(picture, window, picture.boxes_xyxy_px[:0])


def cleared(boxes_xyxy_px: Boxes) -> Boxes:
    """Boxes so wide that nothing of their animals lies outside."""
    side = CLEARANCE * longer_side_px(boxes_xyxy_px)[:, None]
    return boxes_xyxy_px + np.concatenate([-side, -side, side, side], axis=1)


def seen_parts(boxes_xyxy_px: Boxes, window: Real[ndarray, "4"]) -> Float[ndarray, "box"]:
    """The part of each box that lies in a window; 0 of an empty box."""
    seen_px2 = box_area_px2(common(boxes_xyxy_px, window))
    return seen_px2 / np.maximum(box_area_px2(boxes_xyxy_px), 1e-9)


def common(boxes: ndarray, window: Real[ndarray, "4"]) -> ndarray:
    """The part of each box that lies in a window, without area where there is none."""
    low, high = np.maximum(boxes[..., :2], window[:2]), np.minimum(boxes[..., 2:], window[2:])
    return np.concatenate([low, np.maximum(low, high)], axis=-1)


def _piece(
    box_xyxy_px: Float[ndarray, "4"], least: float, generator: np.random.Generator
) -> Window:
    """A window in a box whose sides are at least a part of the box's, by lot."""
    sides = box_xyxy_px[2:] - box_xyxy_px[:2]
    kept = sides * generator.uniform(least, 1, 2)
    corner = box_xyxy_px[:2] + (sides - kept) * generator.random(2)
    return np.concatenate([np.ceil(corner), np.floor(corner + kept)]).astype(np.int64)


def _part(picture: Picture, window: Window, boxes: Boxes) -> Picture:
    """What a window shows of a picture, and of the boxes."""
    x0, y0, x1, y1 = window
    return Picture(picture.pixels[y0:y1, x0:x1], common(boxes, window) - np.tile(window[:2], 2))
