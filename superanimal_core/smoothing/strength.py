"""Smoothing strength: the variance of the random walk, from the likelihood.

The strength is the variance (px^2) that a coordinate's random walk gains in one nominal frame
interval (the median time step of the video). Small follows slowly, large follows the ensemble.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.smoothing.local_level import FLAT, Prior, local_level_log_likelihood

STRENGTH_BOUNDS = (1e-5, 1e6)  # px^2 per frame interval; EKS 4.6.2 clips to exp(-8) ... exp(8)
LOG_STRENGTH_TOLERANCE = 1e-3
BLOCK_FRAMES = 1000  # frames in a row, when only some frames are used for the likelihood


@dataclass(frozen=True)
class Series:
    """One coordinate: values, noise, and the variance of each step at strength 1 (see step)."""

    y_px: Float[ndarray, "frame"]
    noise_px2: Float[ndarray, "frame"]
    step_per_strength: Float[ndarray, "step"]
    prior: Prior = FLAT


def fit_strength(series: Sequence[Series]) -> float:
    """The strength with the highest likelihood for all of `series` together (px^2 per interval).

    As in EKS (Biderman, Whiteway et al. 2024) the noise of each series is held at its median over
    the frames: an ensemble's variance is a rough guide frame by frame, and a few frames that claim
    near certainty would otherwise decide alone. NaN when no series has two linked observations.

    Unlike ensemble-kalman-smoother 4.6.2, which takes Adam steps in log s until they look flat and
    ends 2-30 % off, a bounded Brent search finds the maximum in about 20 evaluations.
    """
    usable = [constant for s in series if (constant := with_constant_noise(s)) is not None]
    if not usable:
        return float("nan")
    return most_likely_strength(lambda strength: log_likelihood(usable, strength))


def most_likely_strength(log_likelihood_of: Callable[[float], float]) -> float:
    """Where a log likelihood is highest, between STRENGTH_BOUNDS (Brent, on log strength)."""
    from scipy.optimize import minimize_scalar  # here: a given strength needs no search

    found = minimize_scalar(
        lambda log_strength: -log_likelihood_of(float(np.exp(log_strength))),
        bounds=np.log(STRENGTH_BOUNDS),
        method="bounded",
        options={"xatol": LOG_STRENGTH_TOLERANCE},
    )
    return float(np.exp(found.x))


def log_likelihood(series: Sequence[Series], strength: float) -> float:
    """Summed log likelihood of several series at one strength."""
    return sum(
        local_level_log_likelihood(s.y_px, s.noise_px2, strength * s.step_per_strength, s.prior)
        for s in series
    )


def with_constant_noise(series: Series) -> Series | None:
    """The series with its median noise in every observed frame; None when nothing links two."""
    observed = np.isfinite(series.noise_px2) & np.isfinite(series.y_px)
    if observed.sum() < 2 or not np.isfinite(series.step_per_strength).any():
        return None
    noise = np.where(observed, np.median(series.noise_px2[observed]), np.inf)
    return Series(series.y_px, noise, series.step_per_strength, series.prior)


def likelihood_frames(frames: int, at_most: int) -> Int[ndarray, "chosen"]:
    """Indices of the frames that the likelihood looks at: all, or evenly spaced blocks in a row."""
    if frames <= at_most:
        return np.arange(frames)
    block = min(BLOCK_FRAMES, at_most)
    starts = np.linspace(0, frames - block, max(at_most // block, 1)).astype(int)
    return np.unique(starts[:, None] + np.arange(block))


def take_frames(series: Series, chosen: Int[ndarray, "chosen"]) -> Series:
    """The series at the chosen frames; frames that were not neighbors are no longer linked."""
    if len(chosen) == len(series.y_px):
        return series
    neighbors = np.diff(chosen) == 1
    step = np.where(neighbors, series.step_per_strength[chosen[:-1]], np.inf)
    return Series(series.y_px[chosen], series.noise_px2[chosen], step, series.prior)
