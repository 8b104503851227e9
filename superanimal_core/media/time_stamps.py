"""When each frame is shown, from time stamps as files have them: absent, doubled, wrong, reset.

Good stamps are returned as they are. All functions take seconds; NaN stands for no stamp.
"""

from bisect import bisect_left

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from superanimal_core.pose.frame_rate import frames_per_second

MAX_WRONG_RUN = 10  # more stamps in a row that run back are no slips: the clock was set anew
MAX_IRREGULAR = 0.1  # share of longer steps (or one) above which a camera's rate is variable
MAX_UNEQUAL = 0.1  # of a step
ROUNDED_S = 0.001  # stamps in whole milliseconds
SLACK = 1e-9  # rounding of floating-point numbers


def presentation_times(
    stamp_s: Float[ndarray, "frame"], packet: Int[ndarray, "frame"], rate_hz: float
) -> Float[ndarray, "frame"]:
    """Strictly increasing times of frames in the order in which they are shown.

    `packet` is the position of each frame's packet in the file. Some containers (AVI) know only
    when a packet is decoded; then stamps rise from packet to packet, but jump back and forth where
    frames are shown in another order (B frames). There the frame shown first has the first time,
    and so on. Otherwise a stamp that contradicts its neighbors, or is missing, lies between them;
    after a clock that was set anew, frames follow by one step. `rate_hz` serves where no two
    stamps tell a step.
    """
    if not np.isfinite(stamp_s).any():
        return np.arange(len(stamp_s)) / rate_hz
    shown = _one_clock(stamp_s, rate_hz)
    if np.isfinite(shown).all() and (np.diff(shown) > 0).all():
        return shown
    decoded = _one_clock(stamp_s[np.argsort(packet, kind="stable")], rate_hz)
    rises_when_shown, rises_when_decoded = _longest_rise(shown), _longest_rise(decoded)
    if rises_when_decoded.sum() > rises_when_shown.sum():
        return _between(decoded, rises_when_decoded, rate_hz)
    return _between(shown, rises_when_shown, rate_hz)


def frames_left_out(time_s: Float[ndarray, "frame"]) -> Int[ndarray, "step"]:
    """How many frames the time stamps leave out after each frame but the last.

    Zero everywhere where steps are not regular: a camera of variable rate leaves nothing out.
    """
    steps = np.diff(time_s)
    left_out = np.zeros(len(steps), dtype=int)
    if not len(steps):
        return left_out
    step_s = float(np.median(steps))
    is_longer = steps - step_s > max(MAX_UNEQUAL * step_s, ROUNDED_S) * (1 + SLACK)
    if is_longer.sum() > max(1, MAX_IRREGULAR * len(steps)):
        return left_out
    by_rate = np.rint(steps * frames_per_second(time_s)).astype(int) - 1
    left_out[is_longer] = np.maximum(by_rate, 0)[is_longer]
    return left_out


def _one_clock(stamp_s: Float[ndarray, "frame"], rate_hz: float) -> Float[ndarray, "frame"]:
    """Stamps with every reset of the clock undone: the frame after it follows by one step."""
    times = stamp_s.copy()
    known = np.flatnonzero(np.isfinite(stamp_s))
    for last in np.flatnonzero(np.diff(stamp_s[known]) <= 0):
        before = times[known[max(last - MAX_WRONG_RUN, 0) : last + 1]]
        after = times[known[last + 1 : last + 2 + MAX_WRONG_RUN]]
        ahead, behind = _run(before[::-1] >= after[0]), _run(after <= before[-1])
        if min(ahead, behind) > MAX_WRONG_RUN:
            times[known[last + 1] :] += before[-1] - after[0] + _step_s(before, rate_hz)
    return times


def _run(holds: Bool[ndarray, "frame"]) -> int:
    """How many values hold in a row, from the first on."""
    return len(holds) if holds.all() else int(np.argmin(holds))


def _longest_rise(stamp_s: Float[ndarray, "frame"]) -> Bool[ndarray, "frame"]:
    """The longest strictly increasing selection of the known stamps (patience sorting)."""
    ends: list[float] = []
    holder: list[int] = []
    before = np.full(len(stamp_s), -1)
    for i, stamp in enumerate(stamp_s.tolist()):
        if stamp != stamp:
            continue
        place = bisect_left(ends, stamp)
        if place < len(ends) and ends[place] == stamp:
            continue  # of two equal stamps the first counts
        before[i] = holder[place - 1] if place else -1
        ends[place : place + 1], holder[place : place + 1] = [stamp], [i]
    chosen = np.zeros(len(stamp_s), dtype=bool)
    i = holder[-1]
    while i >= 0:
        chosen[i] = True
        i = before[i]
    return chosen


def _between(
    stamp_s: Float[ndarray, "frame"], is_kept: Bool[ndarray, "frame"], rate_hz: float
) -> Float[ndarray, "frame"]:
    """Kept stamps; the others lie evenly between them, or follow them by equal steps."""
    kept, every = np.flatnonzero(is_kept), np.arange(len(stamp_s))
    times = np.interp(every, kept, stamp_s[kept])
    step_s = _step_s(stamp_s[kept], rate_hz)
    first, last = kept[0], kept[-1]
    times[:first] = times[first] - step_s * (first - every[:first])
    times[last + 1 :] = times[last] + step_s * (every[last + 1 :] - last)
    return times


def _step_s(stamp_s: Float[ndarray, "frame"], rate_hz: float) -> float:
    """The usual step between frames."""
    steps = np.diff(stamp_s)
    steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else 1 / rate_hz
