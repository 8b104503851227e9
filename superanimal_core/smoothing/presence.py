"""Whether a keypoint is there at all, and near where it is said to be.

A score says how high a network's peak is. What it means is learned on labels: an annotator who
knows a keypoint and gave it no position did not see it.
"""

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.pose.boxes import boxes_from_keypoints, longer_side_px
from superanimal_core.pose.poses import Poses
from superanimal_core.smoothing.isotonic import rising_line

WITHIN = 0.05  # of the animal's longer side: how near a keypoint is asked to be


def fit_presence(
    score: Float[ndarray, "label"], is_there: Bool[ndarray, "label"]
) -> tuple[Float[ndarray, "corner"], Float[ndarray, "corner"]]:
    """Part of the keypoints that are there at increasing score, as the corners of a line."""
    if not len(score):
        return np.array([0.0]), np.array([1.0])
    return rising_line(score, is_there.astype(float))


def near_probability(
    ratio: Float[ndarray, "*shape"],
    level: Float[ndarray, "level"],
    quantile: Float[ndarray, "level"],
) -> Float[ndarray, "*shape"]:
    """Part of the errors that are not larger than `ratio` expected errors."""
    known_level, known_quantile = np.append(0.0, level), np.append(0.0, quantile)
    return np.asarray(np.interp(ratio, known_quantile, known_level))


def within_px(poses: Poses) -> float:
    """A twentieth of the animals' longer side, their median over the video; NaN without any."""
    side = longer_side_px(boxes_from_keypoints(poses.xy_px, 0.0))
    return WITHIN * float(np.median(side[side > 0])) if (side > 0).any() else float("nan")
