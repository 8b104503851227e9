"""How steady predictions are over a video, and what adaptation gains (Ye et al. 2024)."""

import warnings

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray


def jitter_px(xy_px: Float[ndarray, "frame individual keypoint 2"]) -> Float[ndarray, "step"]:
    """Mean |p(t+1) - p(t)| over individuals, keypoints and coordinates, one per step (px).

    The paper's definition as its stored series show it: the mean per coordinate, no confidence
    threshold. Pairs with an unknown position are left out; NaN where none is left.
    """
    step = np.abs(np.diff(xy_px, axis=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a step without a known pair stays NaN
        return np.nanmean(step, axis=(1, 2, 3))


def dropped_keypoints(
    xy_px: Float[ndarray, "frame individual keypoint 2"],
    score: Float[ndarray, "frame individual keypoint"],
    is_taught: Bool[ndarray, "keypoint"],
    *,
    min_score: float,
) -> Int[ndarray, "frame individual"]:
    """How many taught keypoints of an animal are absent or score below `min_score`.

    The one meaning of "dropped" in this project. A keypoint that no network was taught cannot be
    dropped; one that is hidden, and all of an animal that is away, are.
    """
    is_sure = np.isfinite(xy_px).all(axis=-1) & (score >= min_score)
    return (is_taught & ~is_sure).sum(axis=2)


def hull_area_px2(
    xy_px: Float[ndarray, "frame individual keypoint 2"],
    score: Float[ndarray, "frame individual keypoint"],
    *,
    min_score: float,
) -> Float[ndarray, "frame individual"]:
    """Area of the convex hull of an animal's confident keypoints (px^2); NaN for fewer than three.

    Ye et al. 2024 name an "area of keypoints", whose definition is not published; the hull's is
    taken for it.
    """
    is_sure = np.isfinite(xy_px).all(axis=-1) & (score >= min_score)
    area = np.full(score.shape[:2], np.nan)
    for place in np.ndindex(area.shape):
        points = xy_px[place][is_sure[place]].astype(np.float32)
        if len(points) > 2:
            area[place] = cv2.contourArea(cv2.convexHull(points))
    return area


def hull_change(area_px2: Float[ndarray, "frame individual"]) -> float:
    """Mean change of the hull's area from frame to frame, over its mean; NaN where unknown."""
    step = np.abs(np.diff(area_px2, axis=0))
    known = step[np.isfinite(step)]
    mean = float(np.mean(area_px2[np.isfinite(area_px2)])) if len(known) else 0.0
    return float(known.mean()) / mean if mean > 0 else float("nan")


def adaptation_gain(
    before: Float[ndarray, "video"], after: Float[ndarray, "adapted video"]
) -> Float[ndarray, "adapted"]:
    """What adapting to a video gains on that video, for each of them (Ye et al. 2024).

    `before` is how good poses are (the paper: mean average precision) in each video, `after` the
    same by a network that was adapted to each of them.
    """
    return np.diagonal(after) - before


def robustness_gain(
    before: Float[ndarray, "video"], after: Float[ndarray, "adapted video"]
) -> Float[ndarray, "adapted"]:
    """What adapting to a video gains on the others, in the mean (Ye et al. 2024); as above."""
    is_other = ~np.eye(len(before), dtype=bool)
    gain = np.where(is_other, after - before, 0.0)
    return gain.sum(axis=1) / np.maximum(is_other.sum(axis=1), 1)
