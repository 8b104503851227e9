"""A coordinate that keeps its velocity for a while, exactly and without a loop over frames.

The integrated Ornstein-Uhlenbeck process: dx = v dt, dv = -v / tau dt + noise, seen through noise,
y_t = x_t + e_t. Within tau the animal goes on as it went; later it has forgotten and wanders, so
that a long gap is not overshot. The state (x, v) has a precision matrix of bandwidth three: one
banded Cholesky factorization from each end (LAPACK pbtrf) gives what a Kalman filter and a
Rauch-Tung-Striebel smoother give, as local_level.py does for the random walk.

Everything is float64. Time is in nominal frame intervals; `damping` is one of them over tau. The
strength is that of the random walk which this is in the long run (px^2 per interval).
`noise_px2` is infinite where nothing was observed, `step` where two frames are not linked: there
the position starts anew, flat, and the velocity as it is in the long run. What is linked to no
observation is NaN.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from scipy.linalg import get_lapack_funcs

dpbtrf, dpbtrs = get_lapack_funcs(("pbtrf", "pbtrs"), dtype=np.float64)

LOG_2PI = float(np.log(2 * np.pi))
SHORT = 1e-2  # in units of tau: the variance of a shorter step by its series


@dataclass(frozen=True)
class VelocityPrior:
    """What the process says of all frames at strength 1, before anything is seen.

    States are x and v of each frame in turn. `band` is their precision, lags 0 to 3 of the lower
    half (LAPACK's layout, transposed); `proper` is its rank: positions that begin are flat.
    """

    band: Float[ndarray, "state 4"]
    log_determinant: float
    proper: int


def velocity_prior(step: Float[ndarray, "step"], damping: float) -> VelocityPrior:
    """The process over steps of these durations; infinite ones link nothing."""
    frames = len(step) + 1
    linked = np.isfinite(step)
    begins = np.append(True, ~linked)
    carried, kept, of_x, of_both, of_v = _step_precision(step[linked], damping)
    from_x, from_v = carried * of_x + kept * of_both, carried * of_both + kept * of_v
    band = np.zeros((frames, 2, 4))  # frame, x or v, lag
    before, after = band[:-1], band[1:]
    after[linked, 0, 0] += of_x
    after[linked, 0, 1] += of_both
    after[linked, 1, 0] += of_v
    before[linked, 0, 0] += of_x
    before[linked, 0, 1] += from_x
    before[linked, 1, 0] += carried * from_x + kept * from_v
    before[linked, 0, 2] = -of_x
    before[linked, 0, 3] = -of_both
    before[linked, 1, 1] = -from_x
    before[linked, 1, 2] = -from_v
    at_start = 2 / damping  # one over the velocity's variance in the long run
    band[begins, 1, 0] += at_start
    log_determinant = np.log(of_x * of_v - of_both**2).sum() + begins.sum() * np.log(at_start)
    proper = 2 * int(linked.sum()) + int(begins.sum())
    return VelocityPrior(band.reshape(-1, 4), float(log_determinant), proper)


def smooth_velocity(
    y_px: Float[ndarray, "frame"],
    noise_px2: Float[ndarray, "frame"],
    prior: VelocityPrior,
    strength: float,
) -> tuple[Float[ndarray, "frame"], Float[ndarray, "frame"]]:
    """Posterior mean (px) and variance (px^2) of the position in every frame, given all frames."""
    band, shift, origin_px, is_unknown = _information(y_px, noise_px2, prior, strength)
    factor = _factor(band)
    mean = _positions(factor, shift) + origin_px
    backwards = np.zeros_like(band)
    for lag in range(4):
        backwards[: len(band) - lag, lag] = band[: len(band) - lag, lag][::-1]
    early, own = factor.reshape(-1, 2, 4), band.reshape(-1, 2, 4)
    late = _factor(backwards).reshape(-1, 2, 4)[::-1]  # its first state is v
    # Marginal precision of (x, v): the pivots from both ends minus the diagonal.
    of_x = early[:, 0, 0] ** 2 + late[:, 0, 1] ** 2 + late[:, 1, 0] ** 2 - own[:, 0, 0]
    of_v = early[:, 0, 1] ** 2 + early[:, 1, 0] ** 2 + late[:, 0, 0] ** 2 - own[:, 1, 0]
    of_both = early[:, 0, 0] * early[:, 0, 1] + late[:, 0, 0] * late[:, 0, 1] - own[:, 0, 1]
    variance = of_v / (of_x * of_v - of_both**2)
    mean[is_unknown] = variance[is_unknown] = np.nan
    return mean, variance


def velocity_log_likelihood(
    y_px: Float[ndarray, "frame"],
    noise_px2: Float[ndarray, "frame"],
    prior: VelocityPrior,
    strength: float,
) -> float:
    """Natural logarithm of p(y), diffuse as `local_level_log_likelihood` and comparable with it."""
    band, shift, origin_px, is_unknown = _information(y_px, noise_px2, prior, strength)
    factor = _factor(band)
    mean = _positions(factor, shift)
    seen = np.isfinite(noise_px2) & np.isfinite(y_px)
    y, noise = y_px[seen] - origin_px, noise_px2[seen]
    squared = float((y * (y - mean[seen]) / noise).sum())  # residuals of y, and of the steps
    total = prior.log_determinant - prior.proper * np.log(strength) - float(np.log(noise).sum())
    total -= 2 * float(np.log(factor[:, 0]).sum())
    flat = len(band) - int(is_unknown.sum()) - prior.proper
    return 0.5 * (total - squared + (flat - len(y)) * LOG_2PI)


def _step_precision(
    step: Float[ndarray, "step"], damping: float
) -> tuple[ndarray, ndarray, ndarray, ndarray, ndarray]:
    """How far a unit of velocity carries in each step and how much of it is kept; and the inverse
    covariance of the step at strength 1: of x, of both, of v."""
    turn = damping * step
    lost = -np.expm1(-turn)
    series = turn**3 * (1 / 3 - turn / 4 + 7 * turn**2 / 60 - turn**3 / 24)
    x_variance = np.where(turn < SHORT, series, turn - lost - lost**2 / 2) / damping
    covariance = lost**2 / 2
    v_variance = damping * lost * (2 - lost) / 2
    determinant = x_variance * v_variance - covariance**2
    return (
        lost / damping,
        1 - lost,
        v_variance / determinant,
        -covariance / determinant,
        x_variance / determinant,
    )


def _information(
    y_px: ndarray, noise_px2: ndarray, prior: VelocityPrior, strength: float
) -> tuple[Float[ndarray, "state 4"], Float[ndarray, "state"], float, Bool[ndarray, "frame"]]:
    """Precision, information vector around an origin (px), and frames of which nothing tells."""
    seen = np.isfinite(noise_px2) & np.isfinite(y_px)
    origin_px = float(y_px[seen].mean()) if seen.any() else 0.0
    weight = np.where(seen, 1 / noise_px2, 0.0)
    band = prior.band / strength
    position = band[::2, 0]
    position += weight
    is_unknown = position == 0
    position[is_unknown] = 1
    shift = np.zeros(len(band))
    shift[::2] = weight * np.where(seen, y_px - origin_px, 0.0)
    return band, shift, origin_px, is_unknown


def _factor(band: Float[ndarray, "state 4"]) -> Float[ndarray, "state 4"]:
    factor, failed_at = dpbtrf(band.T, lower=1)
    if failed_at:
        raise ValueError(
            f"constant velocity: frame {(failed_at - 1) // 2} is linked to no observation, or a "
            "variance is zero, negative or NaN"
        )
    return factor.T


def _positions(factor: Float[ndarray, "state 4"], shift: Float[ndarray, "state"]) -> ndarray:
    """Posterior mean of every second state: the positions, around their origin."""
    return dpbtrs(factor.T, shift[:, None], lower=1)[0][::2, 0].copy()
