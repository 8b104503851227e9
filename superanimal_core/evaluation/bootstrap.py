"""Confidence intervals of means over labels, by drawing whole groups of images again.

Frames of one video or one animal err alike, so single labels are no independent evidence: the
groups are drawn with replacement (the cluster bootstrap; Efron & Tibshirani 1993, percentiles).
"""

import numpy as np
from jaxtyping import Float, Shaped
from numpy import ndarray

DRAWS = 1000
LEVEL = 0.95


def group_interval(
    values: Float[ndarray, "animal keypoint"], group: Shaped[ndarray, "animal"], seed: int
) -> tuple[float, float]:
    """Bounds that hold the mean of the values that are not NaN with a probability of 95 %.

    NaN for fewer than two groups with a value: they say nothing about another group.
    """
    known = np.isfinite(values)
    names, place = np.unique(group[known.any(axis=1)].astype(str), return_inverse=True)
    if len(names) < 2:
        return np.nan, np.nan
    rows = known.any(axis=1)
    total = np.bincount(place, np.nansum(values[rows], axis=1))
    count = np.bincount(place, known[rows].sum(axis=1))
    equal = np.full(len(names), 1 / len(names))
    draws = np.random.default_rng(seed).multinomial(len(names), equal, size=DRAWS)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile((draws @ total) / (draws @ count), [tail, 1 - tail])
    return float(low), float(high)
