"""How steady predictions are over a video: jitter and dropped keypoints (Ye et al. 2024)."""

import warnings

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
