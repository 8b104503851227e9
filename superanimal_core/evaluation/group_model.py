"""A measure compared between groups of animals: a linear mixed model, the animal a random effect.

Videos of one animal are alike, so that animals are counted and not videos, strides or frames. The
model is statsmodels' (REML). Its normal quantiles promise too much with few animals: intervals take
Student's t with the degrees of freedom of the animals, since a group is a property of an animal.
"""

import warnings
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from scipy import stats
from statsmodels.regression.linear_model import WLS
from statsmodels.regression.mixed_linear_model import MixedLM

LEVEL = 0.95
NO_SCATTER = 1e-6  # of an animal's rows, in parts of the variance between animals
ROUNDING = 1e-9  # of the scatter of all rows: a standard error below is none
LEAST_PART = 0.05  # of the residual variance that no error of measurement explains


class Effect(NamedTuple):
    """A group minus the reference group, in the unit of the measure, with its 95 % interval."""

    difference: float
    low: float
    high: float
    p: float


UNKNOWN = Effect(np.nan, np.nan, np.nan, np.nan)


def group_effects(
    value: Float[ndarray, "row"],
    sd: Float[ndarray, "row"],
    group: Int[ndarray, "row"],
    animal: Int[ndarray, "row"],
    covariate: Float[ndarray, "row"] | None,
) -> list[Effect]:
    """The effect of each group from 1 on against group 0; rows are videos.

    `sd` is the error of measurement of each value, NaN where nobody knows it: a row counts less
    the more of its variance is error. That error is part of the scatter between rows already, and
    is not added to it again. `covariate` (the speed) is held at its mean over all rows. NaN where
    the animals are too few for an interval, or alike within each group: of four animals that all
    do something once, nobody knows how often a fifth does it.
    """
    groups = int(group.max()) + 1
    columns = [np.ones(len(value)), *(group == g for g in range(1, groups))]
    if covariate is not None and np.ptp(covariate) > 0:  # all at one speed are compared there
        columns.append(covariate - covariate.mean())
    design = np.stack(columns, axis=1).astype(np.float64)
    freedom = len(np.unique(animal)) - design.shape[1]
    if freedom < 1 or np.linalg.matrix_rank(design) < design.shape[1] or np.ptp(value) == 0:
        return [UNKNOWN] * (groups - 1)
    scale = float(value.std())
    fitted = _fitted(value / scale, sd / scale, design, animal)
    quantile = float(stats.t.ppf((1 + LEVEL) / 2, freedom))
    found = []
    for place in range(1, groups):
        middle, error = (float(each[place]) * scale for each in fitted)
        if not error > ROUNDING * scale:
            found.append(UNKNOWN)
            continue
        p = 2 * float(stats.t.sf(abs(middle) / error, freedom))
        found.append(Effect(middle, middle - quantile * error, middle + quantile * error, p))
    return found


def _fitted(
    value: ndarray, sd: ndarray, design: ndarray, animal: ndarray
) -> tuple[ndarray, ndarray]:
    """Coefficients and their standard errors, rows weighted by their errors of measurement."""
    known = np.where(np.isfinite(sd), sd, 0.0) ** 2
    even = np.ones(len(value))
    coefficients, errors, residual = _weighted(value, design, animal, even)
    if np.ptp(known) == 0:
        return coefficients, errors
    own = max(residual - known.mean(), LEAST_PART * residual)
    variance = own + known
    coefficients, errors, _ = _weighted(value, design, animal, variance / variance.mean())
    return coefficients, errors


def _weighted(
    value: ndarray, design: ndarray, animal: ndarray, variance: ndarray
) -> tuple[ndarray, ndarray, float]:
    """A fit in which the residual variance of each row is proportional to `variance`."""
    if len(np.unique(animal)) == len(animal):  # one row per animal: nothing to tell apart
        return _plain(value, design, variance)
    root = 1 / np.sqrt(variance)
    scaled, columns = value * root, design * root[:, None]
    model = MixedLM(scaled, columns, animal, exog_re=root[:, None])
    with warnings.catch_warnings(), suppress(np.linalg.LinAlgError):
        warnings.simplefilter("ignore")  # of a variance between animals that is 0
        fit = model.fit(reml=True, method="powell")  # lbfgs ends in an infinite likelihood
        between, scale = float(np.asarray(fit.cov_re).ravel()[0]), float(fit.scale)
        if scale > NO_SCATTER * between:
            coefficients, errors = _generalized(scaled, columns, animal, root, between, scale)
            if np.isfinite(errors).all():
                return coefficients, errors, scale
    return _of_means(value, design, animal)


def _generalized(
    value: ndarray, design: ndarray, animal: ndarray, root: ndarray, between: float, scale: float
) -> tuple[ndarray, ndarray]:
    """Coefficients and standard errors by generalized least squares, animal by animal.

    Rows of an animal vary together by `between` times their `root`, and each by `scale`.
    statsmodels' own errors come from the curvature of the likelihood in all it has fitted, which
    says nothing where the variance between animals is estimated to be 0, or nearly.
    """
    _, place = np.unique(animal, return_inverse=True)
    both = np.column_stack([design, value])
    together = np.stack([np.bincount(place, root * column) for column in both.T], axis=1)
    shared = between / (scale + between * np.bincount(place, root**2))
    whitened = (both - root[:, None] * (shared[:, None] * together)[place]) / scale
    of_coefficients = np.linalg.inv(design.T @ whitened[:, :-1])
    return of_coefficients @ (design.T @ whitened[:, -1]), np.sqrt(np.diag(of_coefficients))


def _plain(value: ndarray, design: ndarray, variance: ndarray) -> tuple[ndarray, ndarray, float]:
    """A fit of rows that are independent of each other."""
    how: dict[str, Any] = {"weights": 1 / variance}
    fit = WLS(value, design, **how).fit()
    return fit.params, fit.bse, float(fit.scale)


def _of_means(value: ndarray, design: ndarray, animal: ndarray) -> tuple[ndarray, ndarray, float]:
    """A fit to the means of the animals, where the mixed model finds none."""
    _, place, count = np.unique(animal, return_inverse=True, return_counts=True)
    means = np.bincount(place, value) / count
    designs = np.stack([np.bincount(place, column) / count for column in design.T], axis=1)
    return _plain(means, designs, np.ones(len(means)))
