"""Several views of one animal: crops of other scales and their mirror images, and one pose of all.

The spatial pyramid of Ye et al. 2024 (DeepLabCut's `superanimal_inference`, reference of the rule),
for crops around an animal instead of whole frames.
"""

import warnings

import numpy as np
from jaxtyping import Float, Int, UInt8
from numpy import ndarray

from superanimal_core.network.crops import Crop, CropGeometry
from superanimal_core.pose.boxes import expand_boxes

MIN_SCORE = 0.1
MIN_COSINE = 0.997


def cut_views(
    crop: CropGeometry,
    image: UInt8[ndarray, "_height _width 3"],
    box_xyxy_px: Float[ndarray, "4"],
    scales: tuple[float, ...],
    flip: bool,
) -> list[Crop]:
    """Crops of a box at every scale (2: twice as wide), each followed by its mirror image."""
    boxes = [expand_boxes(box_xyxy_px, scale) for scale in scales]
    if not flip:
        return [crop.cut(image, box) for box in boxes]
    return [view for box in boxes for view in crop.cut_and_mirror(image, box)]


def output_of_keypoint(
    views: int, flip: bool, mirror_permutation: Int[ndarray, "keypoint"]
) -> Int[ndarray, "view keypoint"]:
    """Which output of the network is keypoint k in every view: left is right in a mirror."""
    straight = np.arange(len(mirror_permutation))
    is_mirror = np.arange(views) % 2 == 1 if flip else np.zeros(views, bool)
    return np.where(is_mirror[:, None], mirror_permutation, straight)


def merge_views(
    xy_px: Float[ndarray, "view keypoint 2"], score: Float[ndarray, "view keypoint"]
) -> tuple[Float[ndarray, "keypoint 2"], Float[ndarray, "keypoint"]]:
    """One pose of all views (image pixels): the median of the trusted ones.

    A view is not trusted for a keypoint with a score below 0.1, and not at all where its pose
    points elsewhere than the median pose of all (cosine of the two vectors below 0.997). Where no
    view is trusted, the median of all stands, with its low score. One view is passed through.
    """
    if len(xy_px) == 1:
        return xy_px[0], score[0]
    reference = np.median(xy_px, axis=0)
    flat, along = xy_px.reshape(len(xy_px), -1), reference.ravel()
    norm = np.linalg.norm(flat, axis=1) * np.linalg.norm(along)
    cosine = flat @ along / np.maximum(norm, 1e-12)
    trusted = (score >= MIN_SCORE) & (cosine >= MIN_COSINE)[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # keypoints that no view is trusted for
        merged = np.nanmedian(np.where(trusted[..., None], xy_px, np.nan), axis=0)
        height = np.nanmedian(np.where(trusted, score, np.nan), axis=0)
    none = ~trusted.any(axis=0)
    merged[none] = reference[none]
    height[none] = np.median(score, axis=0)[none]
    return merged, height
