"""How long the errors of networks last, as their differences tell.

An error that is the same in neighboring frames looks like motion. One that lasts longer than the
animal can be told from it is no noise at all for a smoother: it stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.pose.frame_rate import frames_per_second
from superanimal_core.smoothing.ensemble import EnsembleMoments
from superanimal_core.smoothing.strength import likelihood_frames

LONGEST_S = 0.2  # what correlates after that stands
MIN_CORRELATION = 0.05  # below, errors of two frames count as independent
MOST_STANDING = 0.999
MIN_FRAMES = 10  # seen by all members; with fewer nothing is told
OUTLYING = 2.0  # standard deviations at which differences are cut


@dataclass(frozen=True)
class ErrorMemory:
    """The part of errors that stands; how many frames repeat one of the others, and how long."""

    standing: float
    repeats: float
    lasting_frames: int


def error_memory(
    xy_px: Sequence[Float[ndarray, "frame 2"]],
    moments: EnsembleMoments,
    variance_px2: Float[ndarray, "frame 2"],
    time_s: Float[ndarray, "frame"],
    at_most: int,
) -> ErrorMemory:
    """From the correlation in time of the members' differences from their mean.

    It looks at no more than `at_most` frames. No memory where no two members tell.
    """
    seen = np.flatnonzero(moments.members == len(xy_px))
    if len(xy_px) < 2 or len(seen) < MIN_FRAMES:
        return ErrorMemory(0.0, 1.0, 1)
    chosen = seen[likelihood_frames(len(seen), at_most)]
    positions = np.stack([member[chosen] for member in xy_px], dtype=np.float64)
    off = (positions - positions.mean(axis=0)) / np.sqrt(variance_px2[chosen])
    off = np.clip(off, -OUTLYING, OUTLYING)
    longest = max(round(LONGEST_S * frames_per_second(time_s)), 1)
    products = np.array([_mean_product(off, chosen, lag) for lag in range(longest + 1)])
    if not products[0] > 0:
        return ErrorMemory(0.0, 1.0, 1)
    correlation = products[1:] / products[0]
    standing = min(max(float(correlation[-1]), 0.0), MOST_STANDING)
    passing = (correlation - standing) / (1 - standing)
    is_over = passing < MIN_CORRELATION
    lasting = int(np.argmax(is_over)) if is_over.any() else longest
    return ErrorMemory(standing, 1 + 2 * float(passing[:lasting].sum()), lasting + 1)


def _mean_product(
    off: Float[ndarray, "member chosen 2"], chosen: Int[ndarray, "chosen"], lag: int
) -> float:
    """Mean product of differences `lag` frames apart; 0 where there are none."""
    apart = chosen[lag:] - chosen[: len(chosen) - lag] == lag
    products = off[:, lag:] * off[:, : off.shape[1] - lag]
    return float(products[:, apart].mean()) if apart.any() else 0.0
