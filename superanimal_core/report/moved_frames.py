"""Frames in which an adaptation moved an animal most: where keypoints were, and where they are."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float, Int, UInt8
from numpy import ndarray

from superanimal_core.network.crops import Image
from superanimal_core.pose.poses import Poses

SHOWN = 3
SIDE_PX = 200
MARGIN = 0.1  # of the box's longer side
BEFORE, AFTER = (255, 176, 0), (0, 114, 255)  # RGB


def most_moved(before: Poses, after: Poses) -> Int[ndarray, "shown 2"]:
    """Frame and individual of those that moved most, in the mean over known keypoints."""
    moved = np.hypot(*np.moveaxis(after.xy_px - before.xy_px, -1, 0))
    count = np.isfinite(moved).sum(axis=2)
    mean = np.where(count > 0, np.nansum(moved, axis=2) / np.maximum(count, 1), -1.0)
    order = np.argsort(-mean, axis=None, kind="stable")[:SHOWN]
    places = np.stack(np.unravel_index(order, mean.shape), axis=1)
    return places[mean.reshape(-1)[order] >= 0]


def draw_moved(
    images: Sequence[Image],
    boxes_xyxy_px: Float[ndarray, "shown 4"],
    before_px: Sequence[Float[ndarray, "keypoint 2"]],
    after_px: Sequence[Float[ndarray, "keypoint 2"]],
) -> UInt8[ndarray, "height width 3"]:
    """The boxes of some pictures side by side, before as rings and after as dots."""
    shown = zip(images, boxes_xyxy_px, before_px, after_px, strict=True)
    return np.concatenate([_drawn(*one) for one in shown], axis=1)


def _drawn(image: Image, box: ndarray, before_px: ndarray, after_px: ndarray) -> Image:
    side = (1 + 2 * MARGIN) * max(float((box[2:] - box[:2]).max()), 1.0)
    low, scale = (box[:2] + box[2:]) / 2 - side / 2, SIDE_PX / side
    affine = np.array([[scale, 0, -scale * low[0]], [0, scale, -scale * low[1]]])
    picture = cv2.warpAffine(image, affine, (SIDE_PX, SIDE_PX))
    for xy_px, color, radius, thickness in (
        (before_px, BEFORE, 4, 1),
        (after_px, AFTER, 2, cv2.FILLED),
    ):
        for x, y in (scale * (xy_px - low))[np.isfinite(xy_px).all(axis=1)].round().astype(int):
            cv2.circle(picture, (int(x), int(y)), radius, color, thickness, cv2.LINE_AA)
    return picture
