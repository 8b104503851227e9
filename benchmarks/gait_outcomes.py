"""What became of intervals: whether each holds what is true, or why there is none."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy import ndarray

from superanimal_core.behavior.gait import StrideTable
from superanimal_core.behavior.gait_intervals import CIRCULAR, MEASURED, QUANTITIES, is_circular
from superanimal_core.behavior.gait_summary import GaitTable
from superanimal_core.behavior.walk_intervals import QUANTITIES as OF_WALKS
from superanimal_core.behavior.walk_table import WalkTable

HELD, BELOW, ABOVE = "held", "truth below", "truth above"
KNOWN = (HELD, BELOW, ABOVE)
LEAST, MOST = 0.85, 0.95  # of intervals that promise 0.9; others are marked with a star
MISSED, UNMEASURED, SELDOM_KNOWN = "not found", "not measured", "seldom known"
WITH_INTERVALS = {
    "strides": MEASURED,
    "limbs": (*(f"{name}_median" for name in QUANTITIES), *(f"{name}_mean" for name in CIRCULAR)),
    "walks": OF_WALKS,
}

Outcomes = Counter[tuple[str, str, str]]  # table, quantity, outcome


def told_of(
    quantity: str,
    measured: StrideTable | GaitTable | WalkTable,
    true: StrideTable | GaitTable | WalkTable,
    columns: Mapping[str, ndarray],
    pairs: Sequence[tuple[int, int]],
) -> Iterator[str]:
    """The outcome for each true row that knows the quantity; `pairs` are (true, measured) rows."""
    row_of = dict(pairs)
    values, real = getattr(measured, quantity), getattr(true, quantity)
    for same in np.flatnonzero(np.isfinite(real)).tolist():
        row = row_of.get(same)
        if row is None:
            yield MISSED
            continue
        low, high = (columns[f"{quantity}_{end}"][row] for end in ("low", "high"))
        turns = np.round(real[same] - values[row]) if is_circular(quantity) else 0.0
        wanted = real[same] - turns
        if not np.isfinite(values[row]):
            yield UNMEASURED
        elif not np.isfinite(low):
            yield columns["no_interval_because"][row] or SELDOM_KNOWN
        else:
            yield BELOW if wanted < low else ABOVE if wanted > high else HELD


def pairs_of_limbs(limbs: GaitTable, true: GaitTable) -> list[tuple[int, int]]:
    """Rows (true, measured) of the same limb."""
    names = limbs.limb.tolist()
    return [(k, names.index(limb)) for k, limb in enumerate(true.limb) if limb in names]


def pairs_of_walks(walks: WalkTable, true: WalkTable) -> list[tuple[int, int]]:
    """Rows (true, measured) of the same scope that overlap longest."""
    pairs = []
    for k in range(len(true)):
        stop_s = np.minimum(walks.stop_s, true.stop_s[k])
        overlap_s = stop_s - np.maximum(walks.start_s, true.start_s[k])
        overlap_s = np.where(walks.scope == true.scope[k], overlap_s, 0.0)
        if len(walks) and overlap_s.max() > 0:
            pairs.append((k, int(overlap_s.argmax())))
    return pairs


def held(found: Outcomes, table: str, quantity: str) -> float:
    """Part of the intervals that hold what is true; NaN where there is none."""
    counts = [found[table, quantity, outcome] for outcome in KNOWN]
    return counts[0] / sum(counts) if any(counts) else float("nan")


def without(found: Outcomes, table: str) -> dict[str, float]:
    """Part of the true values of a table that have no interval, by reason."""
    every: Counter[str] = Counter()
    for (name, _, outcome), count in found.items():
        every[outcome] += count if name == table else 0
    total = max(sum(every.values()), 1)
    return {why: every[why] / total for why in sorted(every) if every[why] and why not in KNOWN}


def line_of(found: Outcomes, table: str) -> str:
    """What the intervals of each quantity hold, and how many there are not."""
    told = []
    for quantity in WITH_INTERVALS[table]:
        part = held(found, table, quantity)
        if part == part:
            told.append(f"{quantity} {part:.2f}{'' if LEAST <= part <= MOST else '*'}")
    none = without(found, table).items()
    why = ", ".join(f"{reason} {part:.3f}" for reason, part in none) or "none"
    return f"{table}: {', '.join(told)}; without an interval: {why}"
