"""Intervals of gait quantities from whole trajectories that are as likely as the smoothed one.

The strides are measured on every draw, and the spread of the results over the draws is what the
expected error of the poses makes of them: false and missed footfalls included, errors that last
included, which no formula for a standard deviation does. What the smoother took from the motion is
given back to the draws, not to the measured strides: an interval that leaves the measured value out
says that smoothing has moved it.

Errors move some quantities to one side: a sway can only grow, and feet that take turns seem to be
down together. What was measured is off once by them, the draws twice. Their intervals are turned
around the measured value, to the side where the truth is (Efron's basic bootstrap).

What they leave out: the spread between strides (that is the `_sd` in gait.parquet), and what the
detection of footfalls itself has of bias: they are about what would be measured on poses without an
error.

Without a calibration there is no draw. Where the draws find more or fewer strides of a limb than
the smoothed trajectory, by more than half on average, or a stride in less than half of the
draws, no interval can be given; `no_interval_because` says which.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from numpy import ndarray

from superanimal_core.behavior.gait import StrideTable, measure_strides
from superanimal_core.behavior.gait_summary import GaitTable, circular_mean, known_median
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.behavior import StrideSettings

QUANTITIES = (
    "stride_time_s",
    "stance_time_s",
    "swing_time_s",
    "duty_factor",
    "stride_length_px",
    "speed_px_per_s",
    "swing_speed_px_per_s",
    "step_length_px",
    "step_width_px",
    "lateral_displacement_px",
    "double_support_fraction",
)
CIRCULAR = ("homologous_phase", "homolateral_phase", "diagonal_phase")
MEASURED = (*QUANTITIES, *CIRCULAR)
ONE_SIDED = ("lateral_displacement", "double_support", "support_")  # beginnings of names
LEVEL = 0.9
AGREEMENT = (
    0.5  # part by which the mean number of strides of the draws, which err twice, may differ
)
MIN_FOUND = 0.5  # part of the draws in which a stride or a bout must be found again
NO_DRAWS, OTHER_STRIDES, SELDOM_FOUND = "no draws", "other strides", "seldom found"

Columns = dict[str, Shaped[ndarray, "row"]]


def strides_of_draws(draws: Iterable[SmoothedPoses], settings: StrideSettings) -> list[StrideTable]:
    """The strides of every draw; `settings` as in `gait.measure_strides`."""
    return [measure_strides(draw, settings) for draw in draws]


def stride_intervals(strides: StrideTable, drawn: Sequence[StrideTable]) -> Columns:
    """Columns beside strides.parquet: standard deviation and 90 % interval of each quantity.

    A stride is found again in a draw as the stride of the same limb with the nearest strike, at
    most half a stride time away; `draws` counts the draws in which it was. Ends of a phase's
    interval may lie below 0 or above 1.
    """
    values = np.full((len(drawn), len(strides), len(MEASURED)), np.nan)
    why_not = np.full(len(strides), "" if drawn else NO_DRAWS, dtype=object)
    for individual, limb in _limbs(strides):
        mine = _rows(strides, individual, limb).nonzero()[0]
        others = [_rows(table, individual, limb).nonzero()[0] for table in drawn]
        for draw, (table, other) in enumerate(zip(drawn, others, strict=True)):
            if not len(other):
                continue
            nearest = other[_nearest(table.strike_s[other], strides.strike_s[mine])]
            apart_s = np.abs(table.strike_s[nearest] - strides.strike_s[mine])
            is_same = apart_s < strides.stride_time_s[mine] / 2
            values[draw, mine[is_same]] = _quantities(table, MEASURED)[nearest[is_same]]
        if drawn and not _agree(len(mine), float(np.mean([len(other) for other in others]))):
            why_not[mine] = OTHER_STRIDES
    found = np.isfinite(values[..., 0]).sum(axis=0)
    why_not[(why_not == "") & (found < MIN_FOUND * len(drawn))] = SELDOM_FOUND
    values = usable(values, _quantities(strides, MEASURED), MEASURED, why_not)
    return {
        "draws": found,
        "no_interval_because": why_not,
        **_standard_deviations(values, MEASURED),
        **ends(values, MEASURED),
    }


def gait_intervals(gait: GaitTable, drawn: Sequence[StrideTable]) -> Columns:
    """Columns beside gait.parquet: the ends of the 90 % interval of each limb's median.

    Of phases it is that of the circular mean. `draws` are those with a stride of the limb, and
    `strides_per_draw` their mean number of strides over all draws.
    """
    limbs = list(zip(gait.individual, gait.limb, strict=True))
    values = np.full((len(drawn), len(limbs), len(MEASURED)), np.nan)
    counts = np.zeros((len(drawn), len(limbs)), np.int64)
    for draw, table in enumerate(drawn):
        for row, (individual, limb) in enumerate(limbs):
            chosen = _rows(table, individual, limb)
            counts[draw, row] = chosen.sum()
            if counts[draw, row]:
                medians = [known_median(getattr(table, name)[chosen]) for name in QUANTITIES]
                means = [circular_mean(getattr(table, name)[chosen])[0] for name in CIRCULAR]
                values[draw, row] = [*medians, *means]
    per_draw = counts.mean(axis=0) if drawn else np.zeros(len(limbs))
    why_not = np.full(len(limbs), "" if drawn else NO_DRAWS, dtype=object)
    for row, (strides, mean) in enumerate(zip(gait.strides.tolist(), per_draw, strict=True)):
        if drawn and not _agree(strides, mean):
            why_not[row] = OTHER_STRIDES
    names = [*(f"{name}_median" for name in QUANTITIES), *(f"{name}_mean" for name in CIRCULAR)]
    values = usable(values, _quantities(gait, names), names, why_not)
    return {
        "draws": (counts > 0).sum(axis=0),
        "strides_per_draw": per_draw,
        "no_interval_because": why_not,
        **ends(values, names),
    }


def usable(
    values: Float[ndarray, "draw row quantity"],
    measured: Float[ndarray, "row quantity"],
    names: Sequence[str],
    why_not: Shaped[ndarray, "row"],
) -> Float[ndarray, "draw row quantity"]:
    """Values of the draws where an interval can be given, phases on the turn of the measured one.

    Those of quantities that errors move to one side lie around the measured one as far on the other
    side. None where the measured value is not known, or less than half of the draws know it.
    """
    turns = np.where([is_circular(name) for name in names], np.round(values - measured), 0.0)
    is_turned = [is_one_sided(name) for name in names]
    placed = np.where(is_turned, 2 * measured - values, values - turns)
    is_told = np.isfinite(placed).sum(axis=0) >= MIN_FOUND * max(len(placed), 1)
    is_told &= np.isfinite(measured) & (why_not == "")[:, None]
    return np.where(is_told, placed, np.nan)


def is_circular(name: str) -> bool:
    """Whether a quantity is a phase, 0 being the same as 1."""
    return name.removesuffix("_mean").endswith("phase")


def is_one_sided(name: str) -> bool:
    """Whether errors move a quantity to one side; none of these can be negative."""
    return name.startswith(ONE_SIDED)


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


def _quantities(table: object, names: Sequence[str]) -> Float[ndarray, "row quantity"]:
    return np.stack([getattr(table, name) for name in names], axis=1)


def _standard_deviations(
    values: Float[ndarray, "draw row quantity"], names: Sequence[str]
) -> Columns:
    """`<quantity>_sd`: of the known values over the draws; NaN where fewer than two are known."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    mean = np.where(known, values, 0.0).sum(axis=0) / np.maximum(count, 1)
    squared = np.where(known, np.square(values - mean), 0.0).sum(axis=0)
    sd = np.where(count > 1, np.sqrt(squared / np.maximum(count - 1, 1)), np.nan)
    return {f"{name}_sd": sd[:, number] for number, name in enumerate(names)}


def ends(values: Float[ndarray, "draw row quantity"], names: Sequence[str]) -> Columns:
    """`<quantity>_low` and `_high`: quantiles of the known values over the draws.

    Of n draws the k-th smallest is the quantile k / (n + 1), so that few draws promise no less
    (Weibull).
    """
    if not len(values):
        unknown = np.full((2, *values.shape[1:]), np.nan)
        return _named_ends(unknown, names)
    ranked = np.sort(values, axis=0)  # unknown ones last
    known = np.isfinite(ranked).sum(axis=0)
    found = []
    for level in ((1 - LEVEL) / 2, (1 + LEVEL) / 2):
        rank = np.clip(level * (known + 1), 1, np.maximum(known, 1)) - 1
        below = np.floor(rank).astype(int)
        above = np.minimum(below + 1, np.maximum(known - 1, 0))
        low, high = (np.take_along_axis(ranked, at[None], axis=0)[0] for at in (below, above))
        found.append(low + (rank - below) * (high - low))
    is_positive = [is_one_sided(name) for name in names]
    return _named_ends(np.where(is_positive, np.maximum(found, 0.0), found), names)


def _named_ends(both: Float[ndarray, "2 row quantity"], names: Sequence[str]) -> Columns:
    return {
        f"{name}_{end}": both[side, :, number]
        for number, name in enumerate(names)
        for side, end in enumerate(("low", "high"))
    }
