"""Errors at labels, made to order."""

import numpy as np

from superanimal_core.smoothing.bones import NO_BONES
from superanimal_core.smoothing.labeled_errors import LabeledAnimals, LabeledErrors

KEYPOINTS = ("a", "b", "c")


def labeled_errors(
    deviation_px,
    error_px,
    *,
    group=None,
    dataset=None,
    signs=None,
    is_disturbed=None,
    keypoints=KEYPOINTS,
):
    """One row per animal; NaN errors have no label. Four groups of one data set by default."""
    animals, count = np.shape(error_px)
    rows = np.arange(animals)
    label = np.where(np.isfinite(error_px)[..., None], 0.0, np.nan)
    known = LabeledAnimals(
        label_xy_px=np.repeat(label, 2, axis=2),
        is_asked=np.ones((animals, count), bool),
        group=(rows % 4 if group is None else np.asarray(group)).astype(str),
        dataset=(np.zeros(animals) if dataset is None else np.asarray(dataset)).astype(str),
        image=rows.astype(str),
        is_disturbed=np.zeros(animals, bool) if is_disturbed is None else is_disturbed,
    )
    return LabeledErrors(
        keypoints,
        NO_BONES,
        known,
        np.broadcast_to(deviation_px, (animals, count)).astype(float),
        np.asarray(error_px, dtype=float),
        np.ones((animals, count)),
        np.full((animals, 2), np.nan) if signs is None else signs,
    )


def drawn_errors(animals, seed, groups=8, between=0.0, **more):
    """Errors four times as large as predicted, heavy-tailed, different for each keypoint.

    `between` is the standard deviation of the logarithm that all errors of a group share.
    """
    rng = np.random.default_rng(seed)
    group = np.arange(animals) % groups
    shared = np.exp(between * rng.normal(size=groups))[group, None]
    deviation = rng.lognormal(0.5, 0.8, (animals, 3))
    scale = 4 * deviation * np.array([0.5, 1.0, 2.0]) * shared
    error = np.hypot(*(rng.standard_t(4, (2, animals, 3)) * scale))
    return labeled_errors(deviation, error, group=[f"{seed}-{g}" for g in group], **more)
