"""Trainings that differ in one thing, compared in pairs: the same labels, the same seed.

Errors differ more between draws of the labels than between starts, so that a mean of each start
hides what every single pair says.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy import stats

LEVEL = 0.95


def paired_change(
    error: Float[ndarray, "pair"], other: Float[ndarray, "pair"]
) -> tuple[float, float, float]:
    """How much lower (below 0) or higher `error` is than `other`, as a part of it, and bounds.

    Of the logarithms' differences, mean and Student's interval of 95 % over the pairs, so that
    exchanging both exchanges the bounds. Pairs with a NaN do not count. NaN where no pair is left,
    and bounds of NaN for a single one.
    """
    is_known = np.isfinite(error) & np.isfinite(other)
    change = np.log(error[is_known]) - np.log(other[is_known])
    pairs = len(change)
    if not pairs:
        return np.nan, np.nan, np.nan
    half = np.nan
    if pairs > 1:
        half = stats.t.ppf((1 + LEVEL) / 2, pairs - 1) * change.std(ddof=1) / np.sqrt(pairs)
    middle, low, high = np.expm1(change.mean() + np.array([0, -half, half]))
    return float(middle), float(low), float(high)


def labels_that_reach(
    error_px: float, counts: Float[ndarray, "count"], errors_px: Float[ndarray, "count"]
) -> float:
    """How many labels bring the error down to `error_px`, on lines between the measured counts.

    `counts` rise; both axes are logarithmic, as learning curves are drawn. The smallest count where
    it is below already; infinity where the largest count does not reach it.
    """
    reached = np.flatnonzero(errors_px <= error_px)
    if not len(reached):
        return np.inf
    after = int(reached[0])
    if not after:
        return float(counts[0])
    part = np.log(errors_px[after - 1] / error_px) / np.log(errors_px[after - 1] / errors_px[after])
    return float(counts[after - 1] * (counts[after] / counts[after - 1]) ** part)
