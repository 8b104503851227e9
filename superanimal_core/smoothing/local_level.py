"""The scalar local level model, exactly and without a loop over frames.

A coordinate wanders, x_t = x_{t-1} + w_t, and is seen through noise, y_t = x_t + v_t. Its posterior
is a Gaussian whose precision matrix is tridiagonal, so one LDL' factorization from each end
(LAPACK pttrf) gives what a Kalman filter and a Rauch-Tung-Striebel smoother give: the pivots from
the left are the filter's precisions, those from the right the same backwards in time.

Everything is float64. `noise_px2` is infinite where nothing was observed; `step_px2` is infinite
where two frames are not linked (a gap that must not be bridged); a flat prior has infinite
variance. What is linked to no observation is NaN, and its neighbors do not notice.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.linalg import get_lapack_funcs

dpttrf, dpttrs, dtbtrs = get_lapack_funcs(("pttrf", "pttrs", "tbtrs"), dtype=np.float64)

LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True)
class Prior:
    """What is known about the first frame before it is seen; an infinite variance is flat."""

    mean_px: float
    variance_px2: float


FLAT = Prior(0.0, np.inf)


def smooth_local_level(
    y_px: Float[ndarray, "frame"],
    noise_px2: Float[ndarray, "frame"],
    step_px2: Float[ndarray, "step"],
    prior: Prior = FLAT,
    following: Prior = FLAT,
) -> tuple[Float[ndarray, "frame"], Float[ndarray, "frame"]]:
    """Posterior mean (px) and variance (px^2) of every frame, given all frames.

    `step_px2[t]` is the variance of the step from frame t to t + 1. `following` is what the frames
    behind the last one say about it (see `hand_over`). ValueError when a variance is negative.
    """
    diagonal, link, shift = _information(y_px, noise_px2, step_px2, prior, following)
    is_unknown = diagonal == 0
    diagonal[is_unknown] = 1
    pivots, multipliers = _factor(diagonal, link)
    mean = _solve(pivots, multipliers, shift)
    reverse_pivots, _ = _factor(diagonal[::-1], link[::-1])
    variance = 1 / (pivots + reverse_pivots[::-1] - diagonal)
    mean[is_unknown] = variance[is_unknown] = np.nan
    return mean, variance


def filter_local_level(
    y_px: Float[ndarray, "frame"],
    noise_px2: Float[ndarray, "frame"],
    step_px2: Float[ndarray, "step"],
    prior: Prior = FLAT,
) -> tuple[Float[ndarray, "frame"], Float[ndarray, "frame"]]:
    """Mean (px) and variance (px^2) of every frame, given the frames up to it (Kalman filter)."""
    diagonal, link, shift = _information(y_px, noise_px2, step_px2, prior, FLAT)
    diagonal[diagonal == 0] = 1
    pivots, multipliers = _factor(diagonal, link)
    carried = dtbtrs(_lower_band(multipliers), shift, uplo="L", diag="U")[0]
    precision = pivots.copy()
    precision[:-1] -= link
    with np.errstate(divide="ignore", invalid="ignore"):
        is_known = precision > 1e-12 * pivots
        return (
            np.where(is_known, carried / precision, np.nan),
            np.where(is_known, 1 / precision, np.nan),
        )


def local_level_log_likelihood(
    y_px: Float[ndarray, "frame"],
    noise_px2: Float[ndarray, "frame"],
    step_px2: Float[ndarray, "step"],
    prior: Prior = FLAT,
) -> float:
    """Natural logarithm of p(y | noise, step, prior).

    With x the posterior mean, p(y) = p(y, x) / p(x | y): residuals and one determinant, no
    cancellation. Under a flat prior it is the diffuse likelihood (the prior's density taken as 1).
    """
    diagonal, link, shift = _information(y_px, noise_px2, step_px2, prior, FLAT)
    is_unknown = diagonal == 0
    diagonal[is_unknown] = 1
    pivots, multipliers = _factor(diagonal, link)
    x = _solve(pivots, multipliers, shift)
    seen = np.isfinite(noise_px2) & np.isfinite(y_px)
    linked = np.isfinite(step_px2)
    total = _log_normal(y_px[seen] - x[seen], noise_px2[seen])
    total += _log_normal(np.diff(x)[linked], step_px2[linked])
    if np.isfinite(prior.variance_px2):
        total += _log_normal(x[:1] - prior.mean_px, np.array([prior.variance_px2]))
    known = len(x) - int(is_unknown.sum())
    return total + 0.5 * (known * LOG_2PI - float(np.log(pivots).sum()))


def hand_over(
    y_px: Float[ndarray, "frame"],
    noise_px2: Float[ndarray, "frame"],
    step_px2: Float[ndarray, "frame"],
    prior: Prior,
) -> Prior:
    """What a block of frames says about the first frame after it, exactly.

    `step_px2` has one entry per frame: the last is the step into the next block. Use it forwards to
    get the `prior` of each block of a very long recording, and with all arrays reversed to get the
    `following` of each; then every block is smoothed by itself, as if it were not one.
    """
    mean, variance = filter_local_level(y_px, noise_px2, step_px2[:-1], prior)
    if not np.isfinite(mean[-1]) or not np.isfinite(step_px2[-1]):
        return FLAT
    return Prior(float(mean[-1]), float(variance[-1] + step_px2[-1]))


def _information(
    y_px: ndarray, noise_px2: ndarray, step_px2: ndarray, prior: Prior, following: Prior
) -> tuple[ndarray, ndarray, ndarray]:
    """Diagonal and links of the precision matrix, and the information vector."""
    with np.errstate(divide="ignore"):
        weight = np.where(np.isfinite(y_px), 1 / noise_px2, 0.0)
        link = 1 / step_px2
    diagonal = weight.copy()
    shift = weight * np.where(weight > 0, y_px, 0.0)
    diagonal[:-1] += link
    diagonal[1:] += link
    diagonal[:1] += 1 / prior.variance_px2
    shift[:1] += prior.mean_px / prior.variance_px2
    diagonal[-1:] += 1 / following.variance_px2
    shift[-1:] += following.mean_px / following.variance_px2
    return diagonal, link, shift


def _factor(diagonal: ndarray, link: ndarray) -> tuple[ndarray, ndarray]:
    """LDL' of the tridiagonal precision: pivots D and the multipliers below the diagonal of L."""
    if not len(link):  # LAPACK wants two frames
        return diagonal, link
    pivots, multipliers, failed_at = dpttrf(diagonal, -link)
    if failed_at:
        raise ValueError(
            f"local level: frame {failed_at - 1} is linked to no observation, or a variance is "
            "zero, negative or NaN"
        )
    return pivots, multipliers


def _solve(pivots: ndarray, multipliers: ndarray, shift: ndarray) -> ndarray:
    """Posterior mean from the factors and the information vector."""
    return dpttrs(pivots, multipliers, shift)[0] if len(multipliers) else shift / pivots


def _lower_band(multipliers: ndarray) -> ndarray:
    """Unit lower bidiagonal L in LAPACK's band layout."""
    band = np.ones((2, len(multipliers) + 1))
    band[1, :-1] = multipliers
    band[1, -1] = 0
    return band


def _log_normal(residual: ndarray, variance: ndarray) -> float:
    """Sum of the log densities of independent zero-mean Gaussians."""
    squared = np.square(residual) / variance + np.log(variance)
    return -0.5 * (float(squared.sum()) + len(residual) * LOG_2PI)
