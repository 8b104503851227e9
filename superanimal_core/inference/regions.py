"""Parts of frames that hold all that networks may want to see of the animals in them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.inference.detect import BoxedFrame
from superanimal_core.network.crops import CropGeometry, Image
from superanimal_core.pose.labels import Labels
from superanimal_core.settings import AugmentSettings

ROUNDING_PX = 2  # of windows with edges on whole pixels, and of interpolation
GRID_PX = 60  # large crops are averages of squares of pixels, which must be those of the picture:
LARGEST_SQUARE = (
    6  # up to this side they are, from the grid on; beyond, from the picture's corner on
)
Region = Int[ndarray, "4"]  # x0, y0, x1, y1 in whole pixels


def visible_reach(augment: AugmentSettings, scales: Sequence[float]) -> float:
    """How far crops can reach, in half diagonals of the plain crop: turned, shrunk and shifted."""
    in_training = (1 + augment.scale) * (1 + 2 * augment.shift)
    return max(in_training, *scales)


def region_around(
    boxes_xyxy_px: Float[ndarray, "individual 4"],
    crop: CropGeometry,
    reach: float,
    image_size_px: tuple[int, int],
) -> Region:
    """The part of an image that all crops of the boxes lie in; one pixel where there is no box."""
    boxes = boxes_xyxy_px[np.isfinite(boxes_xyxy_px).all(axis=1)]
    if not len(boxes):
        return np.array([0, 0, 1, 1])
    center = (boxes[:, :2] + boxes[:, 2:]) / 2
    size = np.asarray(crop.size_px, dtype=np.float64)
    sides = np.maximum((boxes[:, 2:] - boxes[:, :2]) * crop.margin, 1.0)
    zoom_out = (sides / size).max(axis=1, keepdims=True) * reach
    half = np.linalg.norm(size) / 2 * zoom_out
    low = GRID_PX * np.floor(((center - half).min(axis=0) - ROUNDING_PX) / GRID_PX)
    low *= zoom_out.max() < LARGEST_SQUARE + 1
    high = np.ceil((center + half).max(axis=0)) + ROUNDING_PX
    most = np.array(image_size_px)
    return np.concatenate([np.clip(low, 0, most - 1), np.clip(high, 1, most)]).astype(int)


def cut_regions(
    frames: Iterable[Image], regions: Mapping[int, Region]
) -> Iterator[tuple[int, Image]]:
    """The regions of the frames that have one, by number; frames after the last are not read."""
    last = max(regions, default=-1)
    for number, image in zip(range(last + 1), frames, strict=False):
        if number in regions:
            x0, y0, x1, y1 = regions[number]
            yield number, np.ascontiguousarray(image[y0:y1, x0:x1])


def labels_in_regions(labels: Labels, regions: Sequence[Region]) -> Labels:
    """Labels of whole frames as those of the regions that were cut from them, one per animal."""
    corners = np.array(regions).reshape(-1, 4)
    return replace(
        labels,
        box_xyxy_px=labels.box_xyxy_px - np.tile(corners[:, :2], 2),
        xy_px=labels.xy_px - corners[:, None, :2],
        image_size_px=corners[:, 2:] - corners[:, :2],
    )


def boxed_regions(
    images: Iterable[Image],
    boxes_xyxy_px: Float[ndarray, "frame individual 4"],
    regions: Sequence[Region],
) -> Iterator[BoxedFrame]:
    """Regions as frames, with the boxes (px of the whole frame) as they lie in them."""
    for image, boxes, region in zip(images, boxes_xyxy_px, regions, strict=True):
        inside = boxes - np.tile(region[:2], 2)
        yield BoxedFrame(image, inside, np.ones(len(boxes), bool))
