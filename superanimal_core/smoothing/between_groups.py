"""A new video errs as a whole: how much videos differ, and how far circles widen for it.

Thirty labels of one video are one witness, not thirty. The logarithm of error over expected error
is taken to have a part that all labels of a group (a video, an animal) share: a random effect, with
the variance between groups found by one-way analysis of variance and shrunk towards a prior, since
few groups say little about it. A new group's part is drawn from Student's t with that variance
(DerSimonian & Laird 1986 for the variance, Higgins et al. 2009 for the interval of a new study):
the circles of few groups are wider, and none are promised from one.
"""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

PRIOR_SD, PRIOR_GROUPS = 0.15, 4  # of the logarithm between groups, worth so many of them
MIN_RATIO = 0.02  # errors below are labels that were hit by chance: their logarithm says little
NODES = 41  # of the distribution of a new group's part


def widened_quantiles(
    ratio: Float[ndarray, "label"],
    animal: Int[ndarray, "label"],
    group: Int[ndarray, "animal"],
    levels: Float[ndarray, "level"],
) -> Float[ndarray, "level"]:
    """The ratio that a part `levels` (0-1) of the labels of a new group does not exceed.

    `ratio` is error over expected error of each label, `animal` which animal it is of, `group` the
    group of each animal, numbered from 0 without gaps. Conformal: one label more is counted.
    """
    effect, spread, freedom = group_effects(_animal_means(ratio, animal, len(group)), group)
    from scipy.stats import t  # here: slow to import, for few

    groups = group.max() + 1
    middle = (np.arange(NODES) + 0.5) / NODES
    new = t.ppf(middle, freedom) * spread * np.sqrt(1 + 1 / groups)
    within = ratio / np.exp(effect[group[animal]])
    rank = np.minimum(np.ceil((len(ratio) + 1) * levels) / len(ratio), 1.0)
    return np.quantile(np.outer(np.exp(new), within), rank)


def group_effects(
    value: Float[ndarray, "animal"], group: Int[ndarray, "animal"]
) -> tuple[Float[ndarray, "group"], float, int]:
    """The shrunk deviation of each group, the standard deviation between groups, and its freedom.

    `value` is known (finite) for at least one animal of every group. Where no group has two animals
    the two variances cannot be told apart, and the prior speaks.
    """
    known = np.isfinite(value)
    groups = int(group.max()) + 1
    count = np.bincount(group[known], minlength=groups)
    mean = np.bincount(group[known], value[known], minlength=groups) / np.maximum(count, 1)
    overall = float(mean.mean())
    within = float(np.square(value[known] - mean[group[known]]).sum())
    repeats = int(known.sum()) - groups
    between = float(mean.var(ddof=1)) if groups > 1 else 0.0
    own = within / repeats if repeats > 0 else max(between - PRIOR_SD**2, 0.0)
    found = max(between - own * float((1 / np.maximum(count, 1)).mean()), 0.0)
    freedom = PRIOR_GROUPS + groups - 1
    variance = (PRIOR_GROUPS * PRIOR_SD**2 + (groups - 1) * found) / freedom
    shrunk = variance / (variance + own / np.maximum(count, 1))
    return shrunk * (mean - overall), float(np.sqrt(variance)), freedom


def _animal_means(
    ratio: Float[ndarray, "label"], animal: Int[ndarray, "label"], animals: int
) -> Float[ndarray, "animal"]:
    """Mean logarithm of the ratios of each animal; NaN without a label."""
    total = np.bincount(animal, np.log(np.maximum(ratio, MIN_RATIO)), minlength=animals)
    count = np.bincount(animal, minlength=animals)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
