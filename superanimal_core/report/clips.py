"""Which stretches of a video are worth looking at: its worst ones, and some by lot."""

import hashlib
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

LEAST_KNOWN = 0.5  # of a stretch's frames, whose doubt must be known to compare it


@dataclass(frozen=True)
class Part:
    """Consecutive frames of a video, `stop` excluded, and what they are shown for."""

    start: int
    stop: int
    title: str = ""


def chosen_clips(
    doubt: Float[ndarray, "frame"], length: int, worst: int, by_lot: int, name: str
) -> list[Part]:
    """Stretches of `length` frames that do not overlap: the worst first, then some by lot, in the
    order of time.

    The worst have the largest mean `doubt` (NaN: not known, as where no animal is), of equals the
    first. The lot depends on the `name` of the video only. A video that has no room for all of them
    is one part, whole, and a stretch that finds no room is left out.
    """
    frames = len(doubt)
    if frames <= length * (worst + by_lot):
        return [Part(0, frames)]
    mean = _mean_doubt(doubt, length)
    is_free = np.ones(len(mean), bool)
    first: list[int] = []
    for _ in range(worst):
        places = np.flatnonzero(is_free & np.isfinite(mean))
        if len(places):
            first.append(int(places[np.argmax(mean[places])]))
            _occupy(is_free, first[-1], length)
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    lot = np.random.default_rng(seed)
    others: list[int] = []
    for _ in range(by_lot):
        places = np.flatnonzero(is_free)
        if len(places):
            others.append(int(lot.choice(places)))
            _occupy(is_free, others[-1], length)
    return [*_titled(first, "worst", length), *_titled(sorted(others), "by lot", length)]


def _mean_doubt(doubt: Float[ndarray, "frame"], length: int) -> Float[ndarray, "start"]:
    """Mean of the known doubt from each frame on; NaN where too little of it is known."""
    is_known = np.isfinite(doubt)
    total, count = (
        np.concatenate([[0.0], np.cumsum(values)])
        for values in (np.where(is_known, doubt, 0.0), is_known.astype(float))
    )
    known = count[length:] - count[:-length]
    mean = (total[length:] - total[:-length]) / np.maximum(known, 1)
    return np.where(known >= LEAST_KNOWN * length, mean, np.nan)


def _occupy(is_free: Bool[ndarray, "start"], start: int, length: int) -> None:
    """No other stretch may begin where it would overlap with this one."""
    is_free[max(start - length + 1, 0) : start + length] = False


def _titled(starts: list[int], kind: str, length: int) -> list[Part]:
    return [
        Part(start, start + length, f"{kind} {number} of {len(starts)}")
        for number, start in enumerate(starts, 1)
    ]
