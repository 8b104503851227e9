"""How unlike the labeled animals an animal is, and how much larger its error must be expected.

Two signs tell: doubt (the networks' scores are low) and bones (keypoints are as far from each other
as in no labeled animal). What errors go with each is learned on held-out labels, and on the same
pictures disturbed until the networks fail: a laboratory that nobody labeled lies between. The worse
sign counts.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.pose.poses import Poses
from superanimal_core.smoothing.bones import Bones, strange_bones
from superanimal_core.smoothing.isotonic import rising_line

SIGNS = ("doubt", "bones")
MIN_SCORE = 0.01
MIN_ANIMALS = 20
USUAL = 0.99  # part of the labeled animals that are not extrapolated


@dataclass(frozen=True)
class Familiarity:
    """How the error grows with each sign, as a line that never falls (`sign` and `growth`).

    An animal's error is the expected one times the largest growth of its signs. It is extrapolated
    where that is more than `limit`, which 99 % of the labeled animals stay below, or where a sign
    is beyond the `most` that any labeled animal showed, in disturbed pictures too.
    """

    sign: tuple[Float[ndarray, "_corner"], ...]
    growth: tuple[Float[ndarray, "_corner"], ...]
    most: Float[ndarray, "sign"]
    limit: float


def signs_of(
    poses: Poses, bones: Bones, size_px: Float[ndarray, "frame individual"]
) -> Float[ndarray, "frame individual sign"]:
    """The signs (SIGNS) of each animal in each frame; NaN where it is absent.

    Doubt is minus the logarithm of the mean score of the keypoints that have a position.
    """
    known = np.isfinite(poses.xy_px).all(axis=-1)
    count = known.sum(axis=-1)
    mean = np.where(known, poses.score, 0.0).sum(axis=-1) / np.maximum(count, 1)
    doubt = np.where(count > 0, -np.log(np.maximum(mean, MIN_SCORE)), np.nan)
    return np.stack([doubt, strange_bones(bones, poses.xy_px, size_px)], axis=-1)


def growth_at(
    familiarity: Familiarity, signs: Float[ndarray, "*shape sign"]
) -> Float[ndarray, "*shape"]:
    """By what the expected error is multiplied; an unknown sign adds nothing."""
    laws = zip(np.moveaxis(signs, -1, 0), familiarity.sign, familiarity.growth, strict=True)
    growth = [np.where(np.isnan(x), 1.0, np.interp(x, sign, grown)) for x, sign, grown in laws]
    return np.asarray(np.max(growth, axis=0))


def is_strange(
    familiarity: Familiarity, signs: Float[ndarray, "*shape sign"]
) -> Bool[ndarray, "*shape"]:
    """Where an animal is stranger than the labeled ones were."""
    with np.errstate(invalid="ignore"):
        is_beyond = (signs > familiarity.most).any(axis=-1)
    return np.asarray(is_beyond | (growth_at(familiarity, signs) > familiarity.limit))


def fit_familiarity(
    signs: Float[ndarray, "animal sign"],
    ratio: Float[ndarray, "animal"],
    is_disturbed: Bool[ndarray, "animal"],
) -> Familiarity | None:
    """What makes errors grow, from the mean error over expected error of each animal.

    A sign's law is the isotonic regression of the ratio on it, 1 at what is usual. None with fewer
    than 20 labeled animals whose pictures were not disturbed.
    """
    usual = np.isfinite(ratio) & ~is_disturbed
    if usual.sum() < MIN_ANIMALS:
        return None
    corners, growth = zip(*(_law(sign, ratio, usual) for sign in signs.T), strict=True)
    most = np.array([np.nanmax(s) if np.isfinite(s).any() else np.inf for s in signs.T])
    known = Familiarity(corners, growth, most, np.inf)
    limit = float(np.quantile(growth_at(known, signs[usual]), USUAL))
    return Familiarity(known.sign, known.growth, most, limit)


def _law(
    sign: Float[ndarray, "animal"], ratio: Float[ndarray, "animal"], usual: Bool[ndarray, "animal"]
) -> tuple[Float[ndarray, "corner"], Float[ndarray, "corner"]]:
    """Corners of the line; no growth for a sign that is never known of what is usual."""
    known = np.isfinite(sign) & np.isfinite(ratio)
    if not (known & usual).any():
        return np.zeros(1), np.ones(1)
    corner, growth = rising_line(sign[known], ratio[known])
    return corner, np.maximum(
        growth / np.interp(np.median(sign[known & usual]), corner, growth), 1.0
    )
