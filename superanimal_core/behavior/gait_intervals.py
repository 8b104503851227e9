"""Intervals of gait quantities from whole trajectories drawn from the smoother's posterior.

The strides are measured on every draw, and the spread of the results over the draws is what the
uncertainty of the poses makes of them: false and missed footfalls included, correlations between
frames included, which no formula for a standard deviation does.

What they leave out: the spread between strides (that is the `_sd` in gait.parquet), and what the
detection of footfalls itself has of bias. On walking stick figures
with up to 1 px of error the intervals of stride time and length hold the truth; with 3 px at 60
frames per second they miss it by up to 1 %; those of the duty factor lie up to 0.02 too high, as
its median does.

The draws are as rough as the smoother's model, a random walk with independent noise, and a real paw
is not: at low frame rates they find footfalls that never were, or lose some. The intervals of a
limb are therefore given only where the draws agree with the smoothed trajectory about how many
strides there are, within a fifth on average; else they are NaN and `strides_per_draw` says why.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from numpy import ndarray

from superanimal_core.behavior.gait import StrideTable, measure_strides
from superanimal_core.behavior.gait_summary import GaitTable
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.behavior import StrideSettings

QUANTITIES = ("stride_time_s", "stance_time_s", "swing_time_s", "duty_factor", "stride_length_px")
LEVEL = 0.9
AGREEMENT = 0.2  # part by which the mean number of strides of the draws may differ

Columns = dict[str, Shaped[ndarray, "row"]]


def strides_of_draws(draws: Iterable[SmoothedPoses], settings: StrideSettings) -> list[StrideTable]:
    """The strides of every draw; `settings` as in `gait.measure_strides`."""
    return [measure_strides(draw, settings) for draw in draws]


def stride_intervals(strides: StrideTable, drawn: Sequence[StrideTable]) -> Columns:
    """Columns beside strides.parquet: the ends of the 90 % interval of each quantity of a stride.

    A stride is found again in a draw as the stride of the same limb with the nearest strike, at
    most half a stride time away; `draws` counts the draws in which it was. NaN where it is none,
    and where the draws find other strides of the limb (see above).
    """
    values = np.full((len(drawn), len(strides), len(QUANTITIES)), np.nan)
    found_again = np.zeros(values.shape[:2], bool)
    for individual, limb in _limbs(strides):
        mine = _rows(strides, individual, limb).nonzero()[0]
        others = [_rows(table, individual, limb).nonzero()[0] for table in drawn]
        agrees = _agree(len(mine), _mean(np.array([len(other) for other in others], np.int64)))
        for draw, (table, other) in enumerate(zip(drawn, others, strict=True)):
            if not len(other):
                continue
            nearest = other[_nearest(table.strike_s[other], strides.strike_s[mine])]
            apart_s = np.abs(table.strike_s[nearest] - strides.strike_s[mine])
            is_same = apart_s < strides.stride_time_s[mine] / 2
            found_again[draw, mine] = is_same
            if agrees:
                values[draw, mine[is_same]] = _quantities(table)[nearest[is_same]]
    return {"draws": found_again.sum(axis=0), **_ends(values, "")}


def gait_intervals(gait: GaitTable, drawn: Sequence[StrideTable]) -> Columns:
    """Columns beside gait.parquet: the ends of the 90 % interval of each limb's median.

    `draws` are those with a stride of the limb, and `strides_per_draw` their mean number of strides
    over all draws. NaN without a draw, and where the draws find other strides (see above).
    """
    limbs = list(zip(gait.individual, gait.limb, strict=True))
    values = np.full((len(drawn), len(limbs), len(QUANTITIES)), np.nan)
    counts = np.zeros((len(drawn), len(limbs)), np.int64)
    for draw, table in enumerate(drawn):
        for row, (individual, limb) in enumerate(limbs):
            chosen = _rows(table, individual, limb)
            counts[draw, row] = chosen.sum()
            if counts[draw, row]:
                values[draw, row] = np.median(_quantities(table)[chosen], axis=0)
    mean = [_mean(of_limb) for of_limb in counts.T]
    for row, (strides, per_draw) in enumerate(zip(gait.strides.tolist(), mean, strict=True)):
        if not _agree(strides, per_draw):
            values[:, row] = np.nan
    return {
        "draws": (counts > 0).sum(axis=0),
        "strides_per_draw": np.array(mean, np.float64),
        **_ends(values, "_median"),
    }


def _mean(counts: Int[ndarray, "draw"]) -> float:
    return float(np.mean(counts)) if len(counts) else 0.0


def _agree(strides: int, strides_per_draw: float) -> bool:
    return bool(abs(strides_per_draw - strides) <= AGREEMENT * strides)


def _nearest(sorted_s: ndarray, when_s: ndarray) -> Int[ndarray, "when"]:
    """Index of the time nearest to each; the earlier one of equals."""
    after = np.clip(np.searchsorted(sorted_s, when_s), 1, max(len(sorted_s) - 1, 1))
    before_s, after_s = sorted_s[after - 1], sorted_s[np.minimum(after, len(sorted_s) - 1)]
    return np.where(np.abs(when_s - before_s) <= np.abs(after_s - when_s), after - 1, after)


def _limbs(strides: StrideTable) -> list[tuple[str, str]]:
    return list(dict.fromkeys(zip(strides.individual, strides.limb, strict=True)))


def _rows(strides: StrideTable, individual: str, limb: str) -> Bool[ndarray, "stride"]:
    return (strides.individual == individual) & (strides.limb == limb)


def _quantities(strides: StrideTable) -> Float[ndarray, "stride quantity"]:
    return np.stack([getattr(strides, name) for name in QUANTITIES], axis=1)


def _ends(values: Float[ndarray, "draw row quantity"], what: str) -> Columns:
    """`<quantity><what>_low` and `_high`: quantiles of the known values over the draws."""
    ends = np.full((2, *values.shape[1:]), np.nan)
    for row, quantity in np.ndindex(values.shape[1:]):
        known = values[np.isfinite(values[:, row, quantity]), row, quantity]
        if len(known):
            ends[:, row, quantity] = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {
        f"{name}{what}_{end}": ends[side, :, number]
        for number, name in enumerate(QUANTITIES)
        for side, end in enumerate(("low", "high"))
    }
