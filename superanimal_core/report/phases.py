"""Phases of a stride side by side: they go around, so that 0.98 and 0.02 are neighbors."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.behavior.gait_summary import circular_mean
from superanimal_core.behavior.walk_table import MIN_RESULTANT
from superanimal_core.report.cells import number

MIDDLE = 0.5  # of the first turn


def mean_phase(phases: Sequence[float]) -> float:
    """The circular mean, 0 to 1; NaN where none is known, or they have no direction in common.

    Of phases that lie opposite to each other, or all around, a mean is made by rounding alone.
    """
    mean, resultant = circular_mean(np.array(phases, dtype=float))
    return mean if resultant >= MIN_RESULTANT else float("nan")


def have_direction(phases: Sequence[float]) -> bool:
    """Whether phases have a direction in common, and so a median and a range."""
    return bool(np.isfinite(mean_phase(phases)))


def unwound(phases: Sequence[float]) -> Float[ndarray, "phase"]:
    """Phases on the turns on which each is within half a turn of their circular mean.

    Those without a direction in common are within the first turn, 0 to 1.
    """
    values = np.array(phases, dtype=float)
    return values - np.round(values - _center(phases))


def side_by_side(found: Mapping[str, Sequence[float]]) -> dict[str, Sequence[float]]:
    """The phases of groups for one axis: none is torn, and each is as near to all as it can be.

    The lowest one is in the first turn, 0 to 1.
    """
    middle = _center([phase for own in found.values() for phase in own])
    turned = {g: unwound(own) - np.round(_center(own) - middle) for g, own in found.items()}
    lowest = min((min(own) for own in turned.values() if len(own)), default=0.0)
    return {group: [*(own - np.floor(lowest))] for group, own in turned.items()}


def _center(phases: Sequence[float]) -> float:
    return mean_phase(phases) if have_direction(phases) else MIDDLE


def told_phases(low: float, middle: float, high: float, digits: int) -> str:
    """Median and range as text; a range across the strike goes on above 1: 0.00 (0.97 to 1.03)."""
    first = round(low, digits) % 1
    last = round(high, digits) + round(first - round(low, digits))
    return (
        f"{number(round(middle, digits) % 1, digits)} "
        f"({number(first, digits)} to {number(last, digits)})"
    )
