"""A linear Gaussian state of a few dimensions, smoothed exactly without a loop over frames.

x_t = A x_{t-1} + w_t with w_t ~ N(0, q_t Q), and observations y_t = C_t x_t + v_t whose noise is
independent. The posterior's precision matrix is block tridiagonal, that is banded: a banded
Cholesky factorization from each end (LAPACK pbtrf) gives what a Kalman filter and a
Rauch-Tung-Striebel smoother give. The scalar case has its own file, local_level.py.

Everything is float64. A weight (one over the noise variance) of 0 is a missing observation.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.linalg import get_lapack_funcs

dpbtrf, dpbtrs = get_lapack_funcs(("pbtrf", "pbtrs"), dtype=np.float64)

LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True)
class StateModel:
    """How the state begins and moves.

    The step from frame t to t + 1 has the covariance `step_scale[t]` times `step_covariance`.
    """

    prior_mean: Float[ndarray, "state"]
    prior_covariance: Float[ndarray, "state state"]
    transition: Float[ndarray, "state state"]
    step_covariance: Float[ndarray, "state state"]
    step_scale: Float[ndarray, "step"]


@dataclass(frozen=True)
class Observations:
    """What was seen: y = C x + noise with variance 1 / weight, independent per coordinate.

    `design` is one matrix for all frames or one per frame.
    """

    y: Float[ndarray, "frame seen"]
    weight: Float[ndarray, "frame seen"]
    design: Float[ndarray, "*frame seen state"]


@dataclass(frozen=True)
class Posterior:
    """Smoothed states, and the log likelihood of the observations."""

    mean: Float[ndarray, "frame state"]
    covariance: Float[ndarray, "frame state state"]
    log_likelihood: float


def smooth_states(model: StateModel, observations: Observations) -> Posterior:
    """Posterior of every frame given all frames. ValueError when a covariance is singular."""
    diagonal, coupling, shift = _information(model, observations)
    factor = _factor(diagonal, coupling)
    mean = _solve(factor, shift)
    covariance = np.linalg.inv(_marginal_precision(diagonal, coupling, factor))
    return Posterior(mean, covariance, _evidence(model, observations, factor, mean))


def state_log_likelihood(model: StateModel, observations: Observations) -> float:
    """Natural logarithm of p(y | model): what an optimizer needs, at a third of the price."""
    diagonal, coupling, shift = _information(model, observations)
    factor = _factor(diagonal, coupling)
    return _evidence(model, observations, factor, _solve(factor, shift))


def _information(model: StateModel, observations: Observations) -> tuple[ndarray, ndarray, ndarray]:
    """Blocks of the precision matrix: diagonal, below it (t + 1, t), and the information vector."""
    design, weight = observations.design, observations.weight
    seen = np.where(weight > 0, observations.y, 0.0) * weight
    if design.ndim == 2:
        diagonal = np.einsum("fs,si,sj->fij", weight, design, design, optimize=True)
        shift = seen @ design
    else:
        diagonal = np.einsum("fs,fsi,fsj->fij", weight, design, design, optimize=True)
        shift = np.einsum("fs,fsi->fi", seen, design)
    inverse = np.linalg.inv(model.step_covariance) / model.step_scale[:, None, None]
    coupling = -inverse @ model.transition
    diagonal[1:] += inverse
    diagonal[:-1] -= model.transition.T @ coupling
    prior = np.linalg.inv(model.prior_covariance)
    diagonal[:1] += prior
    shift[:1] += prior @ model.prior_mean
    return diagonal, coupling, shift


def _factor(diagonal: ndarray, coupling: ndarray) -> ndarray:
    """Lower banded Cholesky factor of the block tridiagonal matrix, in LAPACK's layout."""
    frames, size, _ = diagonal.shape
    band = np.zeros((2 * size, frames, size))
    for column in range(size):
        for row in range(column, size):
            band[row - column, :, column] = diagonal[:, row, column]
        for row in range(size):
            band[size + row - column, : frames - 1, column] = coupling[:, row, column]
    factor, failed_at = dpbtrf(band.reshape(2 * size, -1), lower=1)
    if failed_at:
        raise ValueError(
            f"kalman: frame {(failed_at - 1) // size} cannot be solved; a covariance is "
            "singular, negative or NaN"
        )
    return factor


def _solve(factor: ndarray, shift: ndarray) -> ndarray:
    """Posterior mean."""
    return dpbtrs(factor, shift.reshape(-1, 1), lower=1)[0].reshape(shift.shape)


def _marginal_precision(diagonal: ndarray, coupling: ndarray, factor: ndarray) -> ndarray:
    """Precision of each frame's own marginal: pivots from both ends minus the diagonal."""
    backwards = _factor(diagonal[::-1], coupling[::-1].transpose(0, 2, 1))
    size = diagonal.shape[1]
    return _pivots(factor, size) + _pivots(backwards, size)[::-1] - diagonal


def _pivots(factor: ndarray, size: int) -> ndarray:
    """Schur complements L_tt L_tt' of the block Cholesky factorization."""
    band = factor.reshape(2 * size, -1, size)
    lower = np.zeros((band.shape[1], size, size))
    for column in range(size):
        for row in range(column, size):
            lower[:, row, column] = band[row - column, :, column]
    return lower @ lower.transpose(0, 2, 1)


def _evidence(
    model: StateModel, observations: Observations, factor: ndarray, mean: ndarray
) -> float:
    """log p(y) = log p(y, x) - log p(x | y) at the posterior mean x."""
    weight = observations.weight
    seen = weight > 0
    residual = np.where(seen, observations.y - (observations.design @ mean[..., None])[..., 0], 0.0)
    total = float((np.log(weight[seen]) - LOG_2PI).sum() - (weight * np.square(residual)).sum())
    step = mean[1:] - mean[:-1] @ model.transition.T
    total += _log_normal(step, model.step_covariance, model.step_scale)
    total += _log_normal(mean[:1] - model.prior_mean, model.prior_covariance, np.ones(1))
    log_determinant = 2 * float(np.log(factor[0]).sum())
    return 0.5 * (total + mean.size * LOG_2PI - log_determinant)


def _log_normal(residual: ndarray, covariance: ndarray, scale: ndarray) -> float:
    """Twice the summed log densities of zero-mean Gaussians, covariance scale_t * covariance."""
    whitened = residual @ np.linalg.inv(np.linalg.cholesky(covariance)).T
    size = residual.shape[1]
    log_determinants = size * np.log(scale).sum() + len(residual) * np.linalg.slogdet(covariance)[1]
    squared = (np.square(whitened).sum(axis=1) / scale).sum()
    return -float(squared + log_determinants + residual.size * LOG_2PI)
