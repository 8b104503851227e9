"""What goes on at a time of a video: which paws stand, which behaviors run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Running:
    """Names with the times at which they begin and end (s), of one animal, sorted by beginning."""

    names: tuple[str, ...]
    start_s: Float[ndarray, "interval"]
    stop_s: Float[ndarray, "interval"]
    longest_s: float

    def at(self, time_s: float) -> list[str]:
        """What runs at a time, each once, in the order in which it began; the end is left out."""
        first = np.searchsorted(self.start_s, time_s - self.longest_s, side="left")
        last = np.searchsorted(self.start_s, time_s, side="right")
        going = np.arange(first, last)[self.stop_s[first:last] > time_s]
        return list(dict.fromkeys(self.names[i] for i in going))


def stances(strides: Sequence[Row], individuals: Sequence[str]) -> Mapping[str, Running]:
    """By animal, when its paws stand, by name of the paw's keypoint; rows of strides.parquet."""
    return _running(strides, individuals, "limb", "strike_s", "lift_s")


def behaviors(bouts: Sequence[Row], individuals: Sequence[str]) -> Mapping[str, Running]:
    """By animal, when it does what; rows of bouts.parquet."""
    return _running(bouts, individuals, "behavior", "start_s", "stop_s")


def _running(
    rows: Sequence[Row], individuals: Sequence[str], name: str, start: str, stop: str
) -> dict[str, Running]:
    found = {}
    for individual in individuals:
        own = sorted(
            (row[start], row[stop], str(row[name]))
            for row in rows
            if row["individual"] == individual and row[stop] > row[start]  # NaN is not
        )
        start_s, stop_s = (np.array([row[i] for row in own], dtype=float) for i in (0, 1))
        longest_s = float((stop_s - start_s).max(initial=0.0))
        found[individual] = Running(tuple(row[2] for row in own), start_s, stop_s, longest_s)
    return found
