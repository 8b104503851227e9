"""Gait of each walk of an animal, and of all its walks together, in one row each.

A walk is a stretch between two pauses. Measures are medians over its steady strides (neither a
limb's first nor last of the walk, not turning, of a track of its own: `stride_measures`), phases
are circular means; with no steady stride they are NaN.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from numpy import ndarray

from superanimal_core.behavior.coordination import (
    ALTERNATE,
    Steps,
    classify_gait,
    regularity_index,
)
from superanimal_core.behavior.gait import StrideTable
from superanimal_core.behavior.gait_summary import (
    COUNTS,
    circular_mean,
    columns_of,
    known_mean,
    known_median,
    variation,
)
from superanimal_core.behavior.limb_pairs import girdle_of, side_of

VIDEO, WALK = "video", "walk"  # scopes
ALL_WALKS = -1
MIN_RESULTANT = 0.7  # below, phases wander, and so many strides are of no one gait
MIXED = "mixed"
MEDIANS = (
    "stride_time_s",
    "stance_time_s",
    "swing_time_s",
    "duty_factor",
    "stride_length_px",
    "stride_length_cm",
    "stride_length_bl",
    "speed_px_per_s",
    "speed_cm_per_s",
    "speed_bl_per_s",
    "froude",
    "swing_speed_px_per_s",
    "swing_speed_cm_per_s",
    "step_length_px",
    "step_length_cm",
    "lateral_displacement_px",
    "lateral_displacement_cm",
    *(f"support_{feet}_fraction" for feet in range(5)),
)
OF_GIRDLES = (
    "duty_factor",
    "step_width_px",
    "step_width_cm",
    "double_support_fraction",
)


@dataclass(frozen=True)
class WalkTable:
    """One row per walk of an individual (scope walk), and one over all of them (scope video).

    `walk` counts from 0, -1 for all. `start_s` is the first strike of the walk's strides, `stop_s`
    the last. `homologous_<girdle>_phase` is when the right limb of a girdle strikes within the left
    one's stride, `homolateral_phase` and `diagonal_phase` when the forelimb of the same and of the
    other side strikes within a hind limb's stride. Base of support: distance across the direction
    of travel between left and right footholds of a girdle. `temporal_symmetry_<girdle>` is (L - R)
    / (L + R) of the duty factors (Sheppard et al. 2022), `step_length_asymmetry` 100 |L - R| /
    ((L + R) / 2), from above only, since from the side far footholds look shifted. `_cv` is the
    standard deviation of a limb's steady strides over their mean, mean over the limbs; it holds
    what errors of the poses add.
    """

    individual: Shaped[ndarray, "walk"]
    scope: Shaped[ndarray, "walk"]
    walk: Int[ndarray, "walk"]
    start_s: Float[ndarray, "walk"]
    stop_s: Float[ndarray, "walk"]
    strides: Int[ndarray, "walk"]
    steady_strides: Int[ndarray, "walk"]
    gait: Shaped[ndarray, "walk"]
    stride_frequency_hz: Float[ndarray, "walk"]
    stride_time_s: Float[ndarray, "walk"]
    stride_time_cv: Float[ndarray, "walk"]
    stance_time_s: Float[ndarray, "walk"]
    swing_time_s: Float[ndarray, "walk"]
    duty_factor: Float[ndarray, "walk"]
    duty_factor_front: Float[ndarray, "walk"]
    duty_factor_hind: Float[ndarray, "walk"]
    temporal_symmetry_front: Float[ndarray, "walk"]
    temporal_symmetry_hind: Float[ndarray, "walk"]
    stride_length_px: Float[ndarray, "walk"]
    stride_length_cm: Float[ndarray, "walk"]
    stride_length_bl: Float[ndarray, "walk"]
    stride_length_cv: Float[ndarray, "walk"]
    speed_px_per_s: Float[ndarray, "walk"]
    speed_cm_per_s: Float[ndarray, "walk"]
    speed_bl_per_s: Float[ndarray, "walk"]
    froude: Float[ndarray, "walk"]
    swing_speed_px_per_s: Float[ndarray, "walk"]
    swing_speed_cm_per_s: Float[ndarray, "walk"]
    step_length_px: Float[ndarray, "walk"]
    step_length_cm: Float[ndarray, "walk"]
    step_length_asymmetry: Float[ndarray, "walk"]
    step_width_front_px: Float[ndarray, "walk"]
    step_width_front_cm: Float[ndarray, "walk"]
    step_width_hind_px: Float[ndarray, "walk"]
    step_width_hind_cm: Float[ndarray, "walk"]
    base_of_support_front_px: Float[ndarray, "walk"]
    base_of_support_front_cm: Float[ndarray, "walk"]
    base_of_support_hind_px: Float[ndarray, "walk"]
    base_of_support_hind_cm: Float[ndarray, "walk"]
    lateral_displacement_px: Float[ndarray, "walk"]
    lateral_displacement_cm: Float[ndarray, "walk"]
    homologous_front_phase: Float[ndarray, "walk"]
    homologous_front_phase_resultant: Float[ndarray, "walk"]
    homologous_hind_phase: Float[ndarray, "walk"]
    homologous_hind_phase_resultant: Float[ndarray, "walk"]
    homolateral_phase: Float[ndarray, "walk"]
    homolateral_phase_resultant: Float[ndarray, "walk"]
    diagonal_phase: Float[ndarray, "walk"]
    diagonal_phase_resultant: Float[ndarray, "walk"]
    double_support_front_fraction: Float[ndarray, "walk"]
    double_support_hind_fraction: Float[ndarray, "walk"]
    support_0_fraction: Float[ndarray, "walk"]
    support_1_fraction: Float[ndarray, "walk"]
    support_2_fraction: Float[ndarray, "walk"]
    support_3_fraction: Float[ndarray, "walk"]
    support_4_fraction: Float[ndarray, "walk"]
    regularity_index: Float[ndarray, "walk"]

    def __len__(self) -> int:
        return len(self.walk)


def summarize_walks(strides: StrideTable) -> WalkTable:
    """One row per individual that has strides, over all its walks, and one per walk of it."""
    sides, girdles = (
        np.array([of(str(limb)) for limb in strides.limb], dtype=object)
        for of in (side_of, girdle_of)
    )
    columns = {**vars(strides), "side": sides, "girdle": girdles}
    rows = []
    for individual in dict.fromkeys(strides.individual):
        own = _chosen(columns, strides.individual == individual)
        rows.append({"individual": individual, "scope": VIDEO, "walk": ALL_WALKS, **_row(own)})
        for walk in np.unique(own["walk"]).tolist():
            row = _row(_chosen(own, own["walk"] == walk))
            rows.append({"individual": individual, "scope": WALK, "walk": walk, **row})
    words = dict.fromkeys(("individual", "scope", "gait"), object)
    return WalkTable(**columns_of(WalkTable, rows, {**words, "walk": np.int64, **COUNTS}))


def _chosen(columns: Mapping[str, ndarray], which: Bool[ndarray, "stride"]) -> dict[str, ndarray]:
    return {name: values[which] for name, values in columns.items()}


def _row(strides: Mapping[str, ndarray]) -> dict[str, object]:
    """Measures of these strides of one animal."""
    steady = _chosen(strides, strides["is_steady"])
    phases = _phases(steady)
    from_above = _chosen(steady, np.isfinite(steady["step_width_px"]))
    row: dict[str, object] = {
        "start_s": float(strides["strike_s"].min()),
        "stop_s": float(strides["next_strike_s"].max()),
        "strides": len(strides["limb"]),
        "steady_strides": len(steady["limb"]),
        **{name: known_median(steady[name]) for name in MEDIANS},
        **_of_girdles(steady),
        **phases,
        "step_length_asymmetry": _asymmetry(_of_sides(from_above, "step_length_px")),
        "regularity_index": _regularity(strides),
    }
    for name in ("stride_time", "stride_length"):
        values = steady[{"stride_time": "stride_time_s", "stride_length": "stride_length_px"}[name]]
        each = [variation(values[steady["limb"] == limb]) for limb in np.unique(steady["limb"])]
        row[f"{name}_cv"] = known_mean(np.array(each, dtype=np.float64))
    row["stride_frequency_hz"] = 1 / known_median(steady["stride_time_s"])
    row["gait"] = _gait(phases, known_median(steady["duty_factor"]))
    return row


def _of_girdles(steady: Mapping[str, ndarray]) -> dict[str, float]:
    """What differs between fore and hind limbs."""
    found = {}
    for girdle in ("front", "hind"):
        own = _chosen(steady, steady["girdle"] == girdle)
        for name in OF_GIRDLES:
            stem, unit = name, ""
            for ending in ("_px", "_cm", "_fraction"):
                if name.endswith(ending):
                    stem, unit = name.removesuffix(ending), ending
            found[f"{stem}_{girdle}{unit}"] = known_median(own[name])
        left, right = _of_sides(own, "duty_factor")
        found[f"temporal_symmetry_{girdle}"] = (left - right) / (left + right)
        for unit in ("px", "cm"):
            left, right = _of_sides(own, f"foothold_side_{unit}")
            found[f"base_of_support_{girdle}_{unit}"] = abs(left - right)  # from below it is < 0
    return found


def _of_sides(strides: Mapping[str, ndarray], name: str) -> tuple[float, float]:
    left, right = (
        known_median(strides[name][strides["side"] == side]) for side in ("left", "right")
    )
    return left, right


def _asymmetry(sides: tuple[float, float]) -> float:
    left, right = sides
    return 200 * abs(left - right) / (left + right)


def _phases(steady: Mapping[str, ndarray]) -> dict[str, float]:
    """Circular means of phases, each seen from one limb of the pair, and resultant lengths."""
    is_hind = steady["girdle"] == "hind"
    is_left = steady["side"] == "left"
    chosen = {
        "homologous_front_phase": ("homologous_phase", is_left & (steady["girdle"] == "front")),
        "homologous_hind_phase": ("homologous_phase", is_left & is_hind),
        "homolateral_phase": ("homolateral_phase", is_hind),
        "diagonal_phase": ("diagonal_phase", is_hind),
    }
    found = {}
    for name, (column, which) in chosen.items():
        found[name], found[f"{name}_resultant"] = circular_mean(steady[column][which])
    return found


def _gait(phases: Mapping[str, float], duty_factor: float) -> str:
    """The gait of mean phases, those of the hind limbs; `mixed` where phases wander.

    Of an asymmetrical gait the hind limbs' phase alone says so: in a canter and in most gallops the
    forelimbs strike at other phases of the left hind limb's stride than of the right one's.
    """
    names = ("homologous_hind_phase", "homolateral_phase", "diagonal_phase")
    apart = min(phases[names[0]], 1 - phases[names[0]])
    telling = names[:1] if apart < ALTERNATE else names
    if any(phases[f"{name}_resultant"] < MIN_RESULTANT for name in telling):
        return MIXED
    homologous, homolateral, diagonal = (np.array([phases[name]]) for name in names)
    [gait] = classify_gait(
        homologous=homologous,
        homolateral=homolateral,
        diagonal=diagonal,
        duty_factor=np.array([duty_factor]),
    )
    return str(gait)


def _regularity(strides: Mapping[str, ndarray]) -> float:
    limbs = np.unique(strides["limb"])
    each = [strides["limb"] == limb for limb in limbs]
    names = ("strike_s", "lift_s", "next_strike_s")
    return regularity_index([Steps(*(strides[name][which] for name in names)) for which in each])
