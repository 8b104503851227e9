"""How unlike the labeled animals an animal is, and how much larger its error must be expected.

Its sign is doubt: the networks' scores are low. What errors go with it is learned on held-out
labels, and on the same pictures disturbed until the networks fail: a laboratory that nobody labeled
lies between. Below what is usual, a sign says nothing.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.pose.poses import Poses
from superanimal_core.smoothing.isotonic import rising_line

SIGNS = ("doubt",)
MIN_SCORE = 0.01
MIN_ANIMALS = 20
USUAL = 0.99  # part of the labeled animals that are not extrapolated


@dataclass(frozen=True)
class Familiarity:
    """What is usual of each sign, and how the error grows beyond it.

    The strangeness of an animal is the sum of `slope` times (sign - `center`) where that is
    positive. Its error is `growth` times the expected one, at the strangeness `knot`. A sign beyond
    its `limit` is unknown to 99 % of the labeled animals: there is no label to prove what is said.
    """

    center: Float[ndarray, "sign"]
    slope: Float[ndarray, "sign"]
    knot: Float[ndarray, "knot"]
    growth: Float[ndarray, "knot"]
    limit: Float[ndarray, "sign"]


def signs_of(poses: Poses) -> Float[ndarray, "frame individual sign"]:
    """The signs (SIGNS) of each animal in each frame; NaN where it is absent.

    Doubt is minus the logarithm of the mean score of the keypoints that have a position.
    """
    known = np.isfinite(poses.xy_px).all(axis=-1)
    count = known.sum(axis=-1)
    mean = np.where(known, poses.score, 0.0).sum(axis=-1) / np.maximum(count, 1)
    return np.where(count > 0, -np.log(np.maximum(mean, MIN_SCORE)), np.nan)[..., None]


def strangeness(
    familiarity: Familiarity, signs: Float[ndarray, "*shape sign"]
) -> Float[ndarray, "*shape"]:
    """How strange each animal is; an unknown sign adds nothing."""
    beyond = np.nan_to_num(np.maximum(signs - familiarity.center, 0.0), nan=0.0)
    return np.asarray(beyond @ familiarity.slope)


def growth_at(
    familiarity: Familiarity, strange: Float[ndarray, "*shape"]
) -> Float[ndarray, "*shape"]:
    """By what the expected error is multiplied at some strangeness."""
    return np.asarray(np.interp(strange, familiarity.knot, familiarity.growth))


def fit_familiarity(
    signs: Float[ndarray, "animal sign"],
    ratio: Float[ndarray, "animal"],
    is_disturbed: Bool[ndarray, "animal"],
) -> Familiarity | None:
    """What makes errors grow, from the mean error over expected error of each animal.

    Slopes are those of the logarithm of the ratio, and not negative; the growth is the isotonic
    regression of the ratio on the strangeness, 1 at what is usual. None with fewer than 20 labeled
    animals whose pictures were not disturbed.
    """
    known = np.isfinite(ratio)
    usual = known & ~is_disturbed
    if usual.sum() < MIN_ANIMALS:
        return None
    from scipy.optimize import nnls  # here: slow to import, for few

    center = _medians(signs[usual])
    beyond = np.nan_to_num(np.maximum(signs - center, 0.0), nan=0.0)
    ones = np.ones((int(known.sum()), 1))
    logarithm = np.log(np.maximum(ratio[known], 1e-3))
    slope = nnls(np.concatenate([beyond[known], ones, -ones], axis=1), logarithm)[0][: len(center)]
    strange = beyond @ slope
    knot, growth = rising_line(strange[known], ratio[known])
    growth = np.maximum(growth / np.interp(np.median(strange[usual]), knot, growth), 1.0)
    limit = np.array(
        [np.quantile(of[np.isfinite(of)], USUAL) if np.isfinite(of).any() else np.inf
         for of in signs[usual].T]
    )  # fmt: skip
    return Familiarity(center, slope, knot, growth, limit)


def _medians(signs: Float[ndarray, "animal sign"]) -> Float[ndarray, "sign"]:
    """Median of each sign; 0 for one that is never known."""
    return np.array(
        [np.median(of[np.isfinite(of)]) if np.isfinite(of).any() else 0.0 for of in signs.T]
    )
