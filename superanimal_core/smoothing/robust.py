"""One keypoint whose errors are slow and have heavy tails, smoothed.

Slow errors look like motion: the likelihood of all frames would follow them. It looks at frames
that are so far apart that their errors are independent, and at several such combs. A frame's weight
follows from its residual, and the residuals from the weights (Student's t, by expectation
maximization), starting from a running median, which no short jump moves.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.settings.smoothing import EksSmoothing
from superanimal_core.smoothing.ensemble import EnsembleMoments
from superanimal_core.smoothing.learned_noise import LearnedNoise, learn_noise, tail_weight
from superanimal_core.smoothing.motion import Motion, chosen_motion, smooth_motion
from superanimal_core.smoothing.running_median import odd_window, running_median
from superanimal_core.smoothing.strength import Series, likelihood_frames

JUMP_S, JUMP_FRAMES = 0.14, 7  # window of the first median, the shorter: fast paws are no jumps
ROUNDS = 2  # of weights and strength; more gain nothing (benchmarks/smoothing_truth.py)
COMBS = 4  # of frames with independent errors, that the likelihood looks at
MIN_TEETH = 50  # frames of a comb, though their errors be dependent


def smooth_robustly(
    center_px: Float[ndarray, "frame 2"],
    noise: LearnedNoise,
    time_s: Float[ndarray, "frame"],
    steps: Float[ndarray, "step"],
    motions: Sequence[Motion],
    settings: EksSmoothing,
) -> tuple[Float[ndarray, "frame 2"], Float[ndarray, "frame 2"], Motion, float]:
    """Posterior mean (px) and variance (px^2), the model of motion, and its strength.

    The noise is multiplied by the root of how many frames repeat an error: between errors that are
    new in every frame, and one that lasts as long as the smoother looks, which it cannot tell.
    """
    weight = weight_beside_neighbors(center_px, noise, time_s)
    strength, mean, variance = float("nan"), center_px, noise.noise_px2
    for _ in range(ROUNDS):
        weighted = noise.noise_px2 / weight[:, None]
        series = independent_series(
            center_px, weighted, steps, noise.memory.lasting_frames, settings.strength_frames
        )
        motion, strength = chosen_motion(series, motions, settings.strength)
        known = strength if np.isfinite(strength) else 1.0
        slow = weighted * np.sqrt(noise.memory.repeats)
        mean, variance = smooth_motion(motion, center_px, slow, steps, known)
        motions = [motion]
        weight = tail_weight(center_px - mean, noise)
    return mean, variance, motions[0], strength


def learned_noise_px2(
    xy_px: Sequence[Float[ndarray, "frame 2"]],
    moments: EnsembleMoments,
    time_s: Float[ndarray, "frame"],
    settings: EksSmoothing,
) -> Float[ndarray, "frame 2"]:
    """The learned noise with what lasts and what jumps in it, for a smoother that looks once."""
    noise = learn_noise(xy_px, moments, time_s, settings)
    weight = weight_beside_neighbors(moments.center_px, noise, time_s)
    return noise.noise_px2 / weight[:, None] * np.sqrt(noise.memory.repeats)


def weight_beside_neighbors(
    center_px: Float[ndarray, "frame 2"], noise: LearnedNoise, time_s: Float[ndarray, "frame"]
) -> Float[ndarray, "frame"]:
    """Weight (0-1) of each frame after its distance from a running median."""
    median = running_median(center_px, min(odd_window(time_s, JUMP_S), JUMP_FRAMES))
    return np.minimum(tail_weight(center_px - median, noise), 1.0)


def independent_series(
    center_px: Float[ndarray, "frame 2"],
    noise_px2: Float[ndarray, "frame 2"],
    steps: Float[ndarray, "step"],
    lasting_frames: int,
    at_most: int,
) -> list[Series]:
    """Combs of observed frames `lasting_frames` apart, both coordinates of each."""
    seen = np.isfinite(noise_px2[:, 0]) & np.isfinite(center_px[:, 0])
    spacing = max(min(lasting_frames, len(seen) // MIN_TEETH), 1)
    starts = range(0, spacing, max(spacing // COMBS, 1))
    combs = [comb_frames(seen, start, spacing, at_most) for start in starts]
    return [
        Series(center_px[comb, axis], noise_px2[comb, axis], steps_between(comb, steps))
        for comb in combs
        for axis in (0, 1)
        if len(comb) > 1
    ]


def comb_frames(seen: Bool[ndarray, "frame"], start: int, spacing: int, at_most: int) -> ndarray:
    """Every `spacing`-th frame from `start`, at most so many of them, as far as it was observed."""
    comb = np.arange(start, len(seen), spacing)
    comb = comb[likelihood_frames(len(comb), at_most)]
    return comb[seen[comb]]


def steps_between(frames: ndarray, steps: Float[ndarray, "step"]) -> Float[ndarray, "chosen"]:
    """Durations from each frame to the next; infinite where a link between them is cut."""
    linked = np.isfinite(steps)
    elapsed = np.append(0.0, np.cumsum(np.where(linked, steps, 0.0)))
    cuts = np.append(0, np.cumsum(~linked))
    is_cut = np.diff(cuts[frames]) > 0
    return np.where(is_cut, np.inf, np.diff(elapsed[frames]))
