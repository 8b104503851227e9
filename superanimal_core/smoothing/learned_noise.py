"""How noisy an ensemble's center is, as far as the ensemble itself can tell.

Four things that the spread of the members in one frame does not say:

* The spread of few members is a rough guess at their variance. It is shrunk towards what is usual
  for the keypoint, as much as the spreads of all frames say is right (Smyth 2004, moderated
  variances: a scaled F distribution of the spreads).
* A frame may be worse than its members agree to be. The same analysis tells how heavy the tails
  are: the noise of a frame is known to so many degrees of freedom, so an observation far from its
  neighbors counts for less (Student's t).
* One member that jumps makes the spread large and hardly moves the median of several: it is left
  out.
* Networks err slowly: neighboring frames repeat an error. How long, the members' differences tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.settings.smoothing import EksSmoothing
from superanimal_core.smoothing.ensemble import EnsembleMoments
from superanimal_core.smoothing.lasting_errors import ErrorMemory, error_memory

MIN_FRAMES = 10  # with a spread; with fewer nothing is learned
LONE_FREEDOM = 4.0  # where too few frames tell how heavy the tails are
MEDIAN_FREEDOM = 50.0  # a median of three or more withstands a member that strays
MOST_FREEDOM = 200.0  # as good as Gaussian
JUMP, AGREEING = 6.0, 3.5  # usual deviations of members from their median
MEDIAN_OF_NORM = float(np.sqrt(np.log(4)))  # distance in two dimensions, in standard deviations
SHARED = 0.25  # of a member's variance: what networks taught by the same labels err together


@dataclass(frozen=True)
class LearnedNoise:
    """Noise of a center as an observation.

    `noise_px2` is infinite where nobody saw the keypoint, `freedom` the degrees of freedom to which
    it is known, `memory` how long its errors last.
    """

    noise_px2: Float[ndarray, "frame 2"]
    freedom: Float[ndarray, "frame"]
    memory: ErrorMemory


def learn_noise(
    xy_px: Sequence[Float[ndarray, "frame 2"]],
    moments: EnsembleMoments,
    time_s: Float[ndarray, "frame"],
    settings: EksSmoothing,
) -> LearnedNoise:
    """The noise of one keypoint's center; `xy_px` holds one array per member.

    Where one network alone saw it, `single_network_variance_px2` over its score; elsewhere the
    shrunk variance of a member over the number of members, and a part of it that all of them share:
    how large, no ensemble can tell.
    """
    is_median = (moments.members > 2) & (settings.center == "median")
    if is_median.any():
        moments = without_jumps(xy_px, moments, settings.min_variance_px2)
    count = moments.members.astype(float)
    member_px2, freedom = shrunk_variance_px2(moments, settings.min_variance_px2)
    memory = error_memory(xy_px, moments, member_px2, time_s, settings.strength_frames)
    lone = settings.single_network_variance_px2 / np.maximum(moments.score, 1e-5)
    noise = np.where(
        moments.members[:, None] > 1,
        member_px2 * (SHARED + 1 / np.maximum(count, 1)[:, None]) * (1 - memory.standing),
        lone[:, None],
    )
    noise = np.maximum(noise, settings.min_variance_px2)
    noise[moments.members == 0] = np.inf
    freedom = np.where(is_median, np.maximum(freedom, MEDIAN_FREEDOM), freedom)
    return LearnedNoise(noise, freedom, memory)


def without_jumps(
    xy_px: Sequence[Float[ndarray, "frame 2"]], moments: EnsembleMoments, min_variance_px2: float
) -> EnsembleMoments:
    """Variance and number of the members without one that jumped away from all others.

    A median of three or more withstands it. It is more than JUMP usual deviations from the median,
    and the others agree as usual, within AGREEING: where several disagree, as about a keypoint that
    is hidden, no one is to be trusted. Frames that some member did not see stay as they are.
    """
    whole = moments.members == len(xy_px)
    if len(xy_px) < 3 or whole.sum() < MIN_FRAMES:
        return moments
    positions = np.stack([member[whole] for member in xy_px], dtype=np.float64)
    apart = np.linalg.norm(positions - moments.center_px[whole], axis=-1)
    apart /= np.hypot(np.median(apart) / MEDIAN_OF_NORM, np.sqrt(min_variance_px2))
    jumps = (apart > JUMP) & ((apart > AGREEING).sum(axis=0) == 1)
    kept = np.where(jumps[..., None], np.nan, positions)
    variance_px2, members = moments.variance_px2.copy(), moments.members.copy()
    variance_px2[whole], members[whole] = np.nanvar(kept, axis=0), (~jumps).sum(axis=0)
    return replace(moments, variance_px2=variance_px2, members=members)


def shrunk_variance_px2(
    moments: EnsembleMoments, min_variance_px2: float
) -> tuple[Float[ndarray, "frame 2"], Float[ndarray, "frame"]]:
    """Variance (px^2) of one member around the ensemble, and its degrees of freedom.

    Both coordinates are pooled, each in units of its median. Unshrunk, with LONE_FREEDOM, where
    fewer than MIN_FRAMES frames have two members.
    """
    from scipy.special import digamma

    count = moments.members.astype(float)[:, None]
    unbiased = moments.variance_px2 * count / np.maximum(count - 1, 1)
    has_spread = moments.members > 1
    own = 2 * np.maximum(moments.members - 1.0, 0.0)  # degrees of freedom of both coordinates
    if has_spread.sum() < MIN_FRAMES:
        return unbiased, np.full(len(own), LONE_FREEDOM)
    usual = np.median(unbiased[has_spread], axis=0) + min_variance_px2
    ratio = (unbiased / usual).mean(axis=1)
    log_ratio = np.log(np.maximum(ratio[has_spread], min_variance_px2 / usual.max()))
    for half in np.unique(own[has_spread]) / 2:
        log_ratio[own[has_spread] == 2 * half] -= digamma(half) - np.log(half)
    prior = prior_freedom(log_ratio, own[has_spread])
    level = float(np.exp(log_ratio.mean() + digamma(prior / 2) - np.log(prior / 2)))
    shrunk = (prior * level + own * ratio) / (prior + own)
    return shrunk[:, None] * usual, np.minimum(prior + own, MOST_FREEDOM)


def prior_freedom(log_ratio: Float[ndarray, "seen"], freedom: Float[ndarray, "seen"]) -> float:
    """How alike the true variances are, in degrees of freedom: MOST_FREEDOM where they are equal.

    Smyth 2004, section 6.2: the logarithm of a sample variance varies by trigamma(freedom / 2) for
    equal true variances; what it varies more is trigamma(prior / 2).
    """
    from scipy.optimize import root_scalar
    from scipy.special import polygamma

    values, count = np.unique(freedom, return_counts=True)
    excess = float(log_ratio.var() - np.average(polygamma(1, values / 2), weights=count))
    if excess <= polygamma(1, MOST_FREEDOM / 2):
        return MOST_FREEDOM
    found = root_scalar(
        lambda half: polygamma(1, half) - excess, bracket=(1e-3, MOST_FREEDOM / 2), method="brentq"
    )
    return 2 * float(found.root)


def tail_weight(
    residual_px: Float[ndarray, "frame 2"], noise: LearnedNoise
) -> Float[ndarray, "frame"]:
    """Weight (up to a little over 1) of each frame after its residual: Student's t, both axes."""
    squared = np.nan_to_num(np.square(residual_px) / noise.noise_px2).sum(axis=1)
    return (noise.freedom + 2) / (noise.freedom + squared)
