"""How steady predictions are over a video, and what adapting to a video gained.

SuperAnimal (Ye et al. 2024), the video adaptation experiments: jitter, dropped keypoints, hull
area, adaptation gain and robustness gain.
"""

import warnings

import numpy as np
from jaxtyping import Float, Int
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
    *,
    min_score: float,
) -> Int[ndarray, "frame"]:
    """Keypoints per frame that are absent or score below `min_score`, over all individuals."""
    seen = np.isfinite(xy_px).all(axis=-1) & (score >= min_score)
    return (~seen).sum(axis=(1, 2))


def relative_area_change(hull_area_px2: Float[ndarray, "frame"]) -> Float[ndarray, "step"]:
    """|A(t+1) - A(t)| over the mean of both: how much a hull breathes from frame to frame."""
    before, after = hull_area_px2[:-1], hull_area_px2[1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.abs(after - before) / ((after + before) / 2)


def adaptation_gain(before: float, after: float) -> float:
    """Gain of a metric (mAP in the paper) on the video that the model was adapted to."""
    return after - before


def robustness_gain(
    before: Float[ndarray, "video"], after: Float[ndarray, "adapted video"]
) -> float:
    """Mean gain on the videos that the model was *not* adapted to.

    `after[i, j]` is the metric on video j of the model adapted to video i. NaN with one video.
    """
    gain = after - before[None]
    others = ~np.eye(len(before), dtype=bool)
    return float(gain[others].mean()) if others.any() else float("nan")
