"""90 % intervals of what is said of walks, from the strides of drawn trajectories.

As `gait_intervals`: without draws, or where they find half as many strides more or fewer, there is
none.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from superanimal_core.behavior.gait import StrideTable
from superanimal_core.behavior.gait_intervals import (
    AGREEMENT,
    NO_DRAWS,
    OTHER_STRIDES,
    Columns,
    ends,
    usable,
)
from superanimal_core.behavior.walk_table import VIDEO, WalkTable, summarize_walks

QUANTITIES = (
    "stride_frequency_hz",
    "stride_time_s",
    "stance_time_s",
    "swing_time_s",
    "duty_factor",
    "duty_factor_front",
    "duty_factor_hind",
    "stride_length_px",
    "speed_px_per_s",
    "swing_speed_px_per_s",
    "step_length_px",
    "step_width_front_px",
    "step_width_hind_px",
    "base_of_support_front_px",
    "base_of_support_hind_px",
    "lateral_displacement_px",
    "homologous_front_phase",
    "homologous_hind_phase",
    "homolateral_phase",
    "diagonal_phase",
    "double_support_front_fraction",
    "double_support_hind_fraction",
    *(f"support_{feet}_fraction" for feet in range(5)),
)


def walk_intervals(walks: WalkTable, drawn: Sequence[StrideTable]) -> Columns:
    """Columns beside walks.parquet: `draws`, why there is no interval, and the ends of each.

    In a draw, a walk is the one of the same animal that overlaps it longest; `draws` counts those
    that have one.
    """
    values = np.full((len(drawn), len(walks), len(QUANTITIES)), np.nan)
    strides = np.zeros((len(drawn), len(walks)))
    found = np.zeros(len(walks), np.int64)
    for draw, table in enumerate(drawn):
        others = summarize_walks(table)
        row = _same_walk(walks, others)
        is_there = row >= 0
        found += is_there
        every = np.stack([getattr(others, name) for name in QUANTITIES], axis=1)
        values[draw, is_there] = every[row[is_there]]
        strides[draw, is_there] = others.strides[row[is_there]]
    why_not = np.full(len(walks), "" if drawn else NO_DRAWS, dtype=object)
    if drawn:
        apart = np.abs(strides.mean(axis=0) - walks.strides)
        why_not[apart > AGREEMENT * walks.strides] = OTHER_STRIDES
    measured = np.stack([getattr(walks, name) for name in QUANTITIES], axis=1)
    values = usable(values, measured, QUANTITIES, why_not)
    return {"draws": found, "no_interval_because": why_not, **ends(values, QUANTITIES)}


def _same_walk(walks: WalkTable, others: WalkTable) -> Int[ndarray, "walk"]:
    """The row of each walk in another table; -1 where none overlaps it."""
    rows = np.full(len(walks), -1)
    for row in range(len(walks)):
        same = (others.individual == walks.individual[row]) & (others.scope == walks.scope[row])
        candidates = np.flatnonzero(same)
        overlap_s = np.minimum(others.stop_s[candidates], walks.stop_s[row]) - np.maximum(
            others.start_s[candidates], walks.start_s[row]
        )
        if len(candidates) and (walks.scope[row] == VIDEO or overlap_s.max() > 0):
            rows[row] = candidates[overlap_s.argmax()]
    return rows
