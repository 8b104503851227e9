"""Several views of one animal: crops of other scales and their mirror images, and one pose of all.

The spatial pyramid of Ye et al. 2024 (DeepLabCut's `superanimal_inference`, reference of the rule),
for crops around an animal instead of whole frames.
"""

import warnings

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
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
    view is trusted, the median of all stands, with its low score. A view without a position (NaN)
    has no say; where none has one, there is none, with score 0. One view is passed through.
    """
    if len(xy_px) == 1:
        return xy_px[0], score[0]
    known = np.asarray(np.isfinite(xy_px).all(axis=2))
    reference = _median(xy_px, known)
    pose, along = (np.where(known[..., None], xy, 0.0) for xy in (xy_px, reference))
    norm = np.sqrt(np.square(pose).sum(axis=(1, 2)) * np.square(along).sum(axis=(1, 2)))
    cosine = (pose * along).sum(axis=(1, 2)) / np.maximum(norm, 1e-12)
    trusted = known & (score >= MIN_SCORE) & (cosine >= MIN_COSINE)[:, None]
    counted = np.where(trusted.any(axis=0), trusted, known)
    return _median(xy_px, counted), np.nan_to_num(_median(score[..., None], counted)[..., 0])


def _median(
    values: Float[ndarray, "view keypoint part"], counted: Bool[ndarray, "view keypoint"]
) -> Float[ndarray, "keypoint part"]:
    """Median over the views that count; NaN where none does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # keypoints that no view counts for
        return np.nanmedian(np.where(counted[..., None], values, np.nan), axis=0)
