"""Boxes (x0, y0, x1, y1) in pixels: from keypoints, area, overlap, expand, clip — once."""

import warnings

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def boxes_from_keypoints(
    xy_px: Float[ndarray, "*shape keypoint 2"], margin_px: float
) -> Float[ndarray, "*shape 4"]:
    """Smallest boxes around the known keypoints, widened by a margin; NaN where none is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a row of NaN stays NaN
        low = np.nanmin(xy_px, axis=-2) - margin_px
        high = np.nanmax(xy_px, axis=-2) + margin_px
    return np.concatenate([low, high], axis=-1)


def box_area_px2(boxes: Float[ndarray, "*shape 4"]) -> Float[ndarray, "*shape"]:
    """Width times height; 0 for inverted boxes, NaN for unknown ones."""
    size = np.maximum(boxes[..., 2:] - boxes[..., :2], 0)
    return size[..., 0] * size[..., 1]


def longer_side_px(boxes: Float[ndarray, "*shape 4"]) -> Float[ndarray, "*shape"]:
    """Width or height, whichever is more."""
    return np.asarray((boxes[..., 2:] - boxes[..., :2]).max(axis=-1))


def box_center_px(boxes: Float[ndarray, "*shape 4"]) -> Float[ndarray, "*shape 2"]:
    """Middle of each box."""
    return (boxes[..., :2] + boxes[..., 2:]) / 2


def clip_boxes(
    boxes: Float[ndarray, "*shape 4"], width_px: float, height_px: float
) -> Float[ndarray, "*shape 4"]:
    """The part of each box inside an image."""
    return np.clip(boxes, 0, [width_px, height_px, width_px, height_px])


def expand_boxes(boxes: Float[ndarray, "*shape 4"], factor: float) -> Float[ndarray, "*shape 4"]:
    """Boxes with both sides scaled about their center."""
    center = box_center_px(boxes)
    half = (boxes[..., 2:] - boxes[..., :2]) / 2 * factor
    return np.concatenate([center - half, center + half], axis=-1)


def box_iou(first: Float[ndarray, "n 4"], second: Float[ndarray, "m 4"]) -> Float[ndarray, "n m"]:
    """Intersection over union of every pair; 0 where a box is unknown or empty."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    side = np.maximum(high - low, 0)
    intersection = side[..., 0] * side[..., 1]
    union = box_area_px2(first)[:, None] + box_area_px2(second)[None] - intersection
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nan_to_num(intersection / union, nan=0.0)
