"""Moments of the known values in a window around every frame, each from its own window alone.

Windows overlap, so their sums look like differences of running sums over the whole video. They must
not be: after hours a running sum is so large that what a window adds drowns in its rounding. Here a
window is put together from blocks of 1, 2, 4, … frames, and two neighboring blocks are joined by
their means and central moments (Chan, Golub and LeVeque 1979), so that an error depends on what
lies in the window and not on the length of the video.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

BLOCK_VALUES = 2**18  # looked at together: a few arrays of this size stay in the processor's cache
MOST_STRETCHES = 100  # that are looked at one after the other

Rows = slice | Int[ndarray, "_row"]


class Moments(NamedTuple):
    """Count and means of time and value, and their central second moments: tt is sum (t - mean)^2.

    Only known values count; without any, the count is 0 and the others say nothing.
    """

    count: Float[ndarray, "frame column"]
    time_s: Float[ndarray, "frame column"]
    value: Float[ndarray, "frame column"]
    tt: Float[ndarray, "frame column"]
    tx: Float[ndarray, "frame column"]


def window_moments(
    values: Float[ndarray, "frame column"],
    time_s: Float[ndarray, "frame"],
    first: Int[ndarray, "frame"],
    stop: Int[ndarray, "frame"],
) -> Moments:
    """Moments of the known values in frames `first[i]` up to, not including, `stop[i]`, for each i.

    Times and their means are counted from some frame near the window: only differences say
    something. The work grows with the logarithm of the longest window.
    """
    whole = Moments(*(np.zeros(values.shape) for _ in Moments._fields))
    longest = int((stop - first).max(initial=1))
    rows = max(BLOCK_VALUES // max(values.shape[1], 1), longest)
    for start in range(0, len(values), rows):
        part = slice(start, start + rows)
        low, high = int(first[part].min()), int(stop[part].max())
        some = _of_block(values[low:high], time_s[low:high], first[part] - low, stop[part] - low)
        for total, moment in zip(whole, some, strict=True):
            total[part] = moment
    return whole


def _of_block(values: ndarray, time_s: ndarray, first: ndarray, stop: ndarray) -> Moments:
    """The moments of windows that lie in a part of the video."""
    known = np.isfinite(values)
    at = np.broadcast_to((time_s - time_s[0])[:, None], values.shape)
    nothing = np.zeros(values.shape)
    block = Moments(known.astype(np.float64), at, np.where(known, values, 0.0), nothing, nothing)
    total = Moments(*(np.zeros((len(first), values.shape[1])) for _ in Moments._fields))
    place, length = first.copy(), stop - first
    for bit in range(int(length.max()).bit_length()):
        if bit:
            half = 2 ** (bit - 1)
            left = Moments(*(moment[:-half] for moment in block))
            block = _joined(left, Moments(*(moment[half:] for moment in block)))
        longer = np.flatnonzero(length >> bit & 1)
        for rows, places in _in_stretches(longer, place[longer]):
            mine = Moments(*(moment[rows] for moment in total))
            joined = _joined(mine, Moments(*(moment[places] for moment in block)))
            for moment, new in zip(total, joined, strict=True):
                moment[rows] = new
        place[longer] += 2**bit
    return total


def _in_stretches(rows: ndarray, places: ndarray) -> Iterator[tuple[Rows, Rows]]:
    """The pairs of a row and a place, those that go on by one together as two slices.

    A slice is read many times as fast as a list of places. Where frames come at even times there
    are few; where there are many, all pairs stay lists.
    """
    ends = np.flatnonzero((np.diff(rows) != 1) | (np.diff(places) != 1)) + 1
    if len(ends) >= MOST_STRETCHES:
        yield rows, places
        return
    for start, stop in pairwise([0, *ends.tolist(), len(rows)]):
        if start < stop:
            length, row, place = stop - start, int(rows[start]), int(places[start])
            yield slice(row, row + length), slice(place, place + length)


def _joined(one: Moments, other: Moments) -> Moments:
    """The moments of two sets of values together."""
    count = one.count + other.count
    share = other.count / np.maximum(count, 1)
    apart_s, apart = other.time_s - one.time_s, other.value - one.value
    weight = one.count * share
    return Moments(
        count,
        one.time_s + share * apart_s,
        one.value + share * apart,
        one.tt + other.tt + weight * apart_s**2,
        one.tx + other.tx + weight * apart_s * apart,
    )
