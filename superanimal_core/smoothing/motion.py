"""How a coordinate moves: a random walk, or one that keeps its velocity for a while.

Both have a strength, the variance (px^2) that the coordinate gains in one nominal frame interval in
the long run, so that one number means the same for both.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.settings.smoothing import MotionSettings
from superanimal_core.smoothing.constant_velocity import (
    smooth_velocity,
    velocity_log_likelihood,
    velocity_prior,
)
from superanimal_core.smoothing.local_level import smooth_local_level
from superanimal_core.smoothing.strength import Series, log_likelihood, most_likely_strength


@dataclass(frozen=True)
class Motion:
    """A model of motion; `damping` is a frame interval over how long a velocity lasts."""

    name: str
    damping: float


def possible_motions(settings: MotionSettings, time_s: Float[ndarray, "frame"]) -> list[Motion]:
    """The models that `settings.motion` leaves to choose from."""
    interval_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else settings.velocity_s
    names = ("random_walk", "constant_velocity")
    return [
        Motion(name, interval_s / settings.velocity_s)
        for name in names
        if settings.motion in ("auto", name)
    ]


def chosen_motion(
    series: Sequence[Series], motions: Sequence[Motion], strength: float | None
) -> tuple[Motion, float]:
    """The model and the strength with the highest likelihood of all `series` together.

    A `strength` that is given is kept. The first model, and NaN for the strength, when no series
    has two linked observations.
    """
    usable = [one for one in series if np.isfinite(one.step_per_strength).any()]
    if not usable:
        return motions[0], float("nan") if strength is None else strength
    if strength is not None and len(motions) == 1:
        return motions[0], strength
    likelihoods = [_likelihood_of(motion, usable) for motion in motions]
    strengths = [most_likely_strength(of) if strength is None else strength for of in likelihoods]
    if len(motions) == 1:
        return motions[0], strengths[0]
    reached = [of(strength) for of, strength in zip(likelihoods, strengths, strict=True)]
    best = int(np.argmax(reached))
    return motions[best], strengths[best]


def smooth_motion(
    motion: Motion,
    xy_px: Float[ndarray, "frame 2"],
    noise_px2: Float[ndarray, "frame 2"],
    steps: Float[ndarray, "step"],
    strength: float,
) -> tuple[Float[ndarray, "frame 2"], Float[ndarray, "frame 2"]]:
    """Posterior mean (px) and variance (px^2) of both coordinates, each by itself."""
    columns = [(xy_px[:, axis].copy(), noise_px2[:, axis].copy()) for axis in (0, 1)]
    if motion.name == "random_walk":
        both = [smooth_local_level(y, noise, steps * strength) for y, noise in columns]
    else:
        prior = velocity_prior(steps, motion.damping)
        both = [smooth_velocity(y, noise, prior, strength) for y, noise in columns]
    mean, variance = (np.stack(part, axis=1) for part in zip(*both, strict=True))
    return mean, variance


def _likelihood_of(motion: Motion, series: Sequence[Series]) -> Callable[[float], float]:
    """Summed log likelihood of the series as a function of the strength."""
    if motion.name == "random_walk":
        return lambda strength: log_likelihood(series, strength)
    priors = [velocity_prior(one.step_per_strength, motion.damping) for one in series]
    return lambda strength: sum(
        velocity_log_likelihood(one.y_px, one.noise_px2, prior, strength)
        for one, prior in zip(series, priors, strict=True)
    )
