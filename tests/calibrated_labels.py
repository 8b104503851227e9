"""Errors at the labels of two labs, some of them in disturbed pictures."""

import numpy as np

from superanimal_core.smoothing.bones import Bones
from superanimal_core.smoothing.labeled_errors import LabeledAnimals, LabeledErrors


def errors_of_two_labs(keypoints=("nose", "tail"), animals=120):
    """Heavy enough to calibrate; every third picture is disturbed, and doubted the more."""
    rng = np.random.default_rng(0)
    rows = np.arange(animals)
    shape = animals, len(keypoints)
    is_disturbed = rows % 3 == 2
    doubt = 1 + np.where(is_disturbed, rng.uniform(0, 2, animals), 0.1 * rng.random(animals))
    known = LabeledAnimals(
        label_xy_px=rng.uniform(0, 100, (*shape, 2)),
        is_asked=np.ones(shape, bool),
        group=(rows % 6).astype(str).astype(object),
        dataset=np.where(rows % 6 < 3, "barn", "field").astype(object),
        image=rows.astype(str).astype(object),
        is_disturbed=is_disturbed,
    )
    error = rng.rayleigh(2.0, shape) * doubt[:, None]
    signs = np.stack([doubt, rng.random(animals)], axis=1)
    bones = Bones(np.array([[0, 1]]), np.array([-0.3]), np.array([0.2]))
    deviation, score = rng.uniform(0.5, 5, shape), rng.random(shape)
    return LabeledErrors(keypoints, bones, known, deviation, error, score, signs)
