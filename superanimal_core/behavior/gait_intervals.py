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
`strides_mean` is below `strides`; intervals from much fewer strides are not to be used.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Shaped
from numpy import ndarray

from superanimal_core.behavior.gait import StrideTable
from superanimal_core.pose.poses import SmoothedPoses

QUANTITIES = ("stride_time_s", "stance_time_s", "swing_time_s", "duty_factor", "stride_length_px")


@dataclass(frozen=True)
class GaitIntervals:
    """One row per individual, limb and quantity.

    `median` is the median over the strides of the smoothed trajectory, `low` and `high` the ends of
    the interval of that median over the draws. `strides` were found on the smoothed trajectory,
    `strides_mean` on a draw on average, `draws` are those with at least one stride. NaN where there
    is none.
    """

    individual: Shaped[ndarray, "row"]
    limb: Shaped[ndarray, "row"]
    quantity: Shaped[ndarray, "row"]
    median: Float[ndarray, "row"]
    low: Float[ndarray, "row"]
    high: Float[ndarray, "row"]
    strides: Int[ndarray, "row"]
    strides_mean: Float[ndarray, "row"]
    draws: Int[ndarray, "row"]

    def __len__(self) -> int:
        return len(self.limb)


def measure_gait_intervals(
    smoothed: SmoothedPoses,
    draws: Iterable[SmoothedPoses],
    measure: Callable[[SmoothedPoses], StrideTable],
    *,
    level: float,
) -> GaitIntervals:
    """Intervals that hold `level` (0-1) of the draws' medians, per individual and limb.

    `measure` finds strides, such as `functools.partial(measure_strides, limbs=…, …)`; `draws` come
    from `smoothing.sampling.sample_poses`, one after the other. Limbs without a stride on the
    smoothed trajectory have no row.
    """
    center = measure(smoothed)
    limbs = list(dict.fromkeys(zip(center.individual, center.limb, strict=True)))
    drawn = [_medians(measure(draw), limbs) for draw in draws]
    counts, values = _medians(center, limbs)
    draw_counts = np.array([count for count, _ in drawn]).reshape(len(drawn), len(limbs))
    draw_values = np.array([value for _, value in drawn]).reshape(
        len(drawn), len(limbs), len(QUANTITIES)
    )
    low, high = _interval(draw_values, level)
    rows = len(limbs) * len(QUANTITIES)
    repeated = np.repeat(np.arange(len(limbs)), len(QUANTITIES))
    return GaitIntervals(
        individual=np.array([limbs[i][0] for i in repeated], dtype=object),
        limb=np.array([limbs[i][1] for i in repeated], dtype=object),
        quantity=np.array([*QUANTITIES] * len(limbs), dtype=object),
        median=values.reshape(rows),
        low=low.reshape(rows),
        high=high.reshape(rows),
        strides=counts[repeated],
        strides_mean=(draw_counts.sum(axis=0) / max(len(draw_counts), 1))[repeated],
        draws=(draw_counts > 0).sum(axis=0)[repeated],
    )


def _medians(
    strides: StrideTable, limbs: Sequence[tuple[str, str]]
) -> tuple[Int[ndarray, "limb"], Float[ndarray, "limb quantity"]]:
    """Number of strides of each limb, and the median of every quantity; NaN without a stride."""
    counts = np.zeros(len(limbs), np.int64)
    values = np.full((len(limbs), len(QUANTITIES)), np.nan)
    for row, (individual, limb) in enumerate(limbs):
        chosen = (strides.individual == individual) & (strides.limb == limb)
        counts[row] = chosen.sum()
        if counts[row]:
            values[row] = [np.median(getattr(strides, name)[chosen]) for name in QUANTITIES]
    return counts, values


def _interval(values: Float[ndarray, "draw *row"], level: float) -> tuple[ndarray, ndarray]:
    """The quantiles around the middle `level` of the known values over the draws."""
    ends = np.full((2, *values.shape[1:]), np.nan)
    for place in np.ndindex(values.shape[1:]):
        of_draws = values[(slice(None), *place)]
        known = of_draws[np.isfinite(of_draws)]
        if len(known):
            ends[(slice(None), *place)] = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return ends[0], ends[1]
