"""What is counted of promises once it is known what happened."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy import ndarray
from scipy.stats import spearmanr

LEAST_HELD = 0.85  # of circles that promise 0.9
STEPS = 5  # of a probability from 0 to 1


class Promised(Protocol):
    """A video: part of the truth within its circles of 90 %, and whether users see a flag."""

    @property
    def held(self) -> float: ...
    @property
    def is_flagged(self) -> bool: ...
    @property
    def strange(self) -> float: ...
    @property
    def error(self) -> float: ...


class Strides(Protocol):
    """Strides by limb and strike, as in `gait.StrideTable`."""

    @property
    def limb(self) -> ndarray: ...
    @property
    def strike_s(self) -> ndarray: ...
    @property
    def stride_time_s(self) -> ndarray: ...


class Flags(NamedTuple):
    """Videos by whether their circles hold and whether they are flagged."""

    holding: int
    holding_flagged: int
    failing: int
    failing_flagged: int


def flags(videos: Sequence[Promised]) -> Flags:
    """Circles hold where at least LEAST_HELD of the truth is in those of 90 %."""
    told = [one.is_flagged for one in videos if one.held >= LEAST_HELD]
    failed = [one.is_flagged for one in videos if one.held < LEAST_HELD]
    return Flags(len(told), sum(told), len(failed), sum(failed))


def rank_correlation(videos: Sequence[Promised]) -> float:
    """Spearman's, between strangeness and error of all these videos together."""
    return float(spearmanr([v.strange for v in videos], [v.error for v in videos])[0])


class Bin(NamedTuple):
    """Of the keypoints whose probability lies in one step: its mean, what happened, how many."""

    said: float
    happened: float
    count: int


def reliability(said: ndarray, happened: ndarray) -> list[Bin]:
    """STEPS equal steps of probability, those without a keypoint left out."""
    step = np.minimum((said * STEPS).astype(int), STEPS - 1)
    return [
        Bin(float(said[step == k].mean()), float(happened[step == k].mean()), int(sum(step == k)))
        for k in np.unique(step)
    ]


def missed_or_unknown(true: int, pairs: Sequence[tuple[int, int]], is_known: Sequence[bool]) -> int:
    """How many of the `true` ones nobody found, or have no interval in any row that found them.

    `pairs` are (row found, true one), `is_known` says of each whether the row has an interval.
    """
    return true - len({same for (_, same), known in zip(pairs, is_known, strict=True) if known})


def pairs_of_strides(strides: Strides, true: Strides) -> list[tuple[int, int]]:
    """Rows of the same stride in both tables: the nearest strike, within half a stride."""
    pairs = []
    for row in range(len(strides.limb)):
        of_limb = np.flatnonzero(true.limb == strides.limb[row])
        if len(of_limb):
            apart_s = np.abs(true.strike_s[of_limb] - strides.strike_s[row])
            same = int(of_limb[apart_s.argmin()])
            if apart_s.min() < true.stride_time_s[same] / 2:
                pairs.append((row, same))
    return pairs
