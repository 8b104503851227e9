"""Intervals of gait quantities from whole trajectories drawn from the smoother's posterior.

The strides are measured on every draw, and the spread of the results over the draws is what the
uncertainty of the poses makes of them: false and missed footfalls included, correlations between
frames included, which no formula for a standard deviation does.

What they leave out: the spread between strides (that is the `_sd` in gait.parquet), and what the
detection of footfalls itself has of bias. On walking stick figures
with up to 1 px of error the intervals of stride time and length hold the truth; with 3 px at 60
frames per second they miss it by up to 1 %; those of the duty factor lie up to 0.02 too high, as
its median does.

The draws are as rough as the smoother's model, a random walk, and a real paw is not: speeds over
windows much shorter than the smoother's memory are exaggerated. Where footfalls get lost by that,
`strides_per_draw` is below `strides`; intervals from much fewer strides are not to be used.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Shaped
from numpy import ndarray

from superanimal_core.behavior.gait import StrideTable, measure_strides
from superanimal_core.behavior.gait_summary import GaitTable
from superanimal_core.pose.poses import SmoothedPoses

QUANTITIES = ("stride_time_s", "stance_time_s", "swing_time_s", "duty_factor", "stride_length_px")
LEVEL = 0.9

Columns = dict[str, Shaped[ndarray, "row"]]


def strides_of_draws(draws: Iterable[SmoothedPoses], **settings: Any) -> list[StrideTable]:
    """The strides of every draw; `settings` as in `gait.measure_strides`."""
    return [measure_strides(draw, **settings) for draw in draws]


def stride_intervals(strides: StrideTable, drawn: Sequence[StrideTable]) -> Columns:
    """Columns beside strides.parquet: the ends of the 90 % interval of each quantity of a stride.

    A stride is found again in a draw as the stride of the same limb with the nearest strike, at
    most half a stride time away; `draws` counts the draws in which it was. NaN where it is none.
    """
    values = np.full((len(drawn), len(strides), len(QUANTITIES)), np.nan)
    for of_draw, table in zip(values, drawn, strict=True):
        for individual, limb in _limbs(strides):
            mine, other = (_rows(t, individual, limb).nonzero()[0] for t in (strides, table))
            if len(other):
                apart = np.abs(strides.strike_s[mine, None] - table.strike_s[other])
                nearest = apart.argmin(axis=1)
                is_same = apart.min(axis=1) < strides.stride_time_s[mine] / 2
                found = other[nearest[is_same]]
                of_draw[mine[is_same]] = _quantities(table)[found]
    return {"draws": np.isfinite(values[..., 0]).sum(axis=0), **_ends(values, "")}


def gait_intervals(gait: GaitTable, drawn: Sequence[StrideTable]) -> Columns:
    """Columns beside gait.parquet: the ends of the 90 % interval of each limb's median.

    `draws` are those with a stride of the limb, and `strides_per_draw` their mean number of strides
    over all draws. NaN without a draw.
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
    return {
        "draws": (counts > 0).sum(axis=0),
        "strides_per_draw": counts.sum(axis=0) / max(len(drawn), 1),
        **_ends(values, "_median"),
    }


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
