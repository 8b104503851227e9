"""Which swings there are: a limb that goes ahead of the body and falls back, once in a stride.

Beside its body a paw moves as a saw: back at the body's speed while it stands, ahead while it
swings. Its turns need no speed, so no frame rate and no noise makes more of them. The limbs of an
animal share one stride time, and no limb strikes twice within a part of it.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from superanimal_core.behavior.kinematics import runs_of

MIN_TURN = 0.3  # of the saw's height: smaller turns are no strike
FLANK = 0.1  # of the way beside the body, at both ends of a swing
ALIKE = (0.6, 1.6)  # heights of limbs lie within so many times the animal's median
MIN_STRIDE = 0.6  # of the animal's stride time, from one strike of a limb to its next
MIN_STRIDES = 3  # that say how long a limb's strides usually are
REGULAR = (
    0.15  # part of it; how much strides of a limb usually differ at most, if it keeps its time
)
ALONE = (
    0.72  # between all and half of the longest stride time: a limb below takes two paws by turns
)
AROUND = 9  # strides of all limbs that tell the stride time at a moment


@dataclass(frozen=True)
class Swings:
    """Swings of one limb, in order of time: frames soon after the lift and soon before the strike.

    They are where the paw has made a tenth of its way beside the body, and nine tenths; `run`
    numbers the uninterrupted walks.
    """

    lift: Int[ndarray, "swing"]
    strike: Int[ndarray, "swing"]
    run: Int[ndarray, "swing"]

    def without(self, is_dropped: Bool[ndarray, "swing"]) -> "Swings":
        """The others."""
        return Swings(self.lift[~is_dropped], self.strike[~is_dropped], self.run[~is_dropped])


def find_swings(
    beside_px: Float[ndarray, "limb frame"], is_walking: Bool[ndarray, "frame"]
) -> list[Swings]:
    """Swings of each limb from its way beside the body along the direction of travel.

    `beside_px` has no unknown frames while the animal walks, but for limbs that are never known.
    """
    heights = np.array([_saw_height(way[is_walking]) for way in beside_px])
    known = heights[np.isfinite(heights)]
    if not len(known):
        return [_swings([]) for _ in beside_px]
    heights = np.clip(heights, *(np.median(known) * np.array(ALIKE)))
    walks = runs_of(is_walking)
    return [
        _swings(
            [
                (start + lift, start + strike, number)
                for number, (start, stop) in enumerate(walks)
                for lift, strike in _turns(way[start:stop], MIN_TURN * height)
            ]
            if np.isfinite(height)
            else []
        )
        for way, height in zip(beside_px, heights, strict=True)
    ]


def stride_time_s(
    limbs: list[Swings], time_s: Float[ndarray, "frame"]
) -> tuple[Float[ndarray, "stride"], Float[ndarray, "stride"]]:
    """Middles of all strides of all limbs in order, and the animal's stride time around each (s).

    The median of the nearest strides, twice: strides that miss a strike are left out the second
    time. Limbs whose tracks go from paw to paw do not count (`_goes_from_paw_to_paw`).
    """
    middles, lasting = [], []
    for swings in limbs:
        when = time_s[swings.strike]
        same = swings.run[1:] == swings.run[:-1]
        middles.append(((when[1:] + when[:-1]) / 2)[same])
        lasting.append(np.diff(when)[same])
    told = [not is_lost for is_lost in _goes_from_paw_to_paw(lasting)]
    middle_s, each_s = (
        np.concatenate(
            [np.empty(0), *(part for part, is_told in zip(of, told, strict=True) if is_told)]
        )
        for of in (middles, lasting)
    )
    order = np.argsort(middle_s, kind="stable")
    middle_s, each_s = middle_s[order], each_s[order]
    typical = _running_median(each_s)
    plausible = (each_s > MIN_STRIDE * typical) & (each_s < typical / MIN_STRIDE)
    if plausible.sum() >= 1:
        middle_s, each_s = middle_s[plausible], each_s[plausible]
        typical = _running_median(each_s)
    return middle_s, typical


def _goes_from_paw_to_paw(lasting_s: list[Float[ndarray, "_stride"]]) -> list[bool]:
    """For each limb whether its track takes both paws by turns, and so strikes twice as often.

    Judged by the longest stride time among the limbs that keep theirs: one that misses strikes does
    not, one that takes both paws does, but in half the time.
    """
    medians = [float(np.median(each)) if len(each) >= MIN_STRIDES else np.nan for each in lasting_s]
    regular = [
        median
        for median, each in zip(medians, lasting_s, strict=True)
        if np.isfinite(median) and np.median(np.abs(each - median)) < REGULAR * median
    ]
    longest = max(regular, default=0.0)
    return [bool(np.isfinite(median) and median < ALONE * longest) for median in medians]


def drop_double_strikes(
    swings: Swings,
    rise_px: Float[ndarray, "swing"],
    time_s: Float[ndarray, "frame"],
    period_s: Float[ndarray, "swing"],
) -> Bool[ndarray, "swing"]:
    """True for swings that end too early after, or before, a larger one of the same walk."""
    is_dropped = np.zeros(len(rise_px), bool)
    when = time_s[swings.strike]
    left = np.arange(len(rise_px))
    while len(left) > 1:
        same = swings.run[left[1:]] == swings.run[left[:-1]]
        close = same & (np.diff(when[left]) < MIN_STRIDE * period_s[left[1:]])
        if not close.any():
            break
        first = int(np.argmax(close))
        pair = left[first : first + 2]
        is_dropped[pair[int(np.argmin(rise_px[pair]))]] = True
        left = np.flatnonzero(~is_dropped)
    return is_dropped


def _saw_height(way_px: Float[ndarray, "frame"]) -> float:
    """Height of a saw with as much spread around its middle; NaN when nothing is known."""
    known = way_px[np.isfinite(way_px)]
    if not len(known):
        return float("nan")
    return 4 * float(np.median(np.abs(known - np.median(known))))


def _turns(way_px: Float[ndarray, "frame"], least_px: float) -> list[tuple[int, int]]:
    """(rear, front) turns of a way, of at least that height; the last need not fall back."""
    if len(way_px) < 3 or not np.isfinite(way_px).all() or least_px <= 0:
        return []
    from scipy.signal import find_peaks  # here: rules that look for no strides import this, too

    fronts, _ = find_peaks(way_px, prominence=least_px)
    last = int(fronts[-1]) if len(fronts) else 0
    rear = last + int(way_px[last:].argmin())
    ends = [*fronts.tolist(), rear + int(way_px[rear:].argmax())]
    pairs = []
    for begin, front in pairwise([0, *ends]):
        rear = begin + int(way_px[begin : front + 1].argmin())
        if way_px[front] - way_px[rear] >= least_px:
            pairs.append(_flanks(way_px, rear, front))
    return pairs


def _flanks(way_px: Float[ndarray, "frame"], rear: int, front: int) -> tuple[int, int]:
    """Where most of the way from a rear to a front turn begins and ends.

    Turns of a paw that rests before or after lie anywhere in the rest.
    """
    part = (way_px[rear : front + 1] - way_px[rear]) / (way_px[front] - way_px[rear])
    middle = int((part >= 0.5).argmax())
    start = int((part[: middle + 1] <= FLANK).nonzero()[0][-1])
    stop = middle + int((part[middle:] >= 1 - FLANK).argmax())
    return rear + start, rear + stop


def _running_median(values: ndarray) -> ndarray:
    """Median of the `AROUND` nearest values in order."""
    if not len(values):
        return values
    reach = min(AROUND, len(values))
    windows = np.lib.stride_tricks.sliding_window_view(values, reach)
    medians = np.median(windows, axis=1)
    at = np.clip(np.arange(len(values)) - reach // 2, 0, len(medians) - 1)
    return medians[at]


def _swings(rows: list[tuple[int, int, int]]) -> Swings:
    lift, strike, run = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return Swings(lift, strike, run)
