"""What the strides of an animal's limbs are beside their times: places, partners, kinds.

* A walk is a stretch in which the body is fast enough (`travel.measure_travel`); a pause ends it.
* A stride is at an end of its walk where it is the limb's first or last in it.
* It turns where the direction of travel changes by more than 20 degrees from strike to strike.
* It is steady where it is neither, and no part of it was put back from another limb's track:
  `walk_table` summarizes steady strides.
* Speed in body lengths of the animal's median; Froude number v^2 / (g h), h the height of the hip.
* Phases between limbs, feet on the ground and gait: `coordination`; footholds and sway:
  `footholds`. `double_support_fraction` is the part of the stride in which both limbs of its girdle
  stand, `support_<n>_fraction` that in which just n of all limbs do.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from superanimal_core.behavior.coordination import FEET, Feet, Steps, classify_gait, phase_of
from superanimal_core.behavior.footfalls import Walk
from superanimal_core.behavior.footholds import (
    Footholds,
    find_footholds,
    foothold_side_px,
    lateral_displacement_px,
    step_length_and_width_px,
)
from superanimal_core.behavior.kinematics import runs_of
from superanimal_core.behavior.limb_pairs import partners_of
from superanimal_core.settings.behavior import StrideSettings

TURNS_RAD = np.deg2rad(20.0)  # from strike to strike
GRAVITY_M_PER_S2 = 9.81

Columns = dict[str, ndarray]


def measures_of_limbs(
    walk: Walk,
    time_s: Float[ndarray, "frame"],
    limbs: Sequence[str],
    strides: Sequence[Mapping[str, ndarray]],
    settings: StrideSettings,
) -> list[Columns]:
    """Further columns of the strides of each limb of one animal; lengths in pixels.

    `strides` hold, limb by limb, what was measured on each limb alone. Widths and sway are NaN
    unless the animal is seen from above.
    """
    steps = [Steps(s["strike_s"], s["lift_s"], s["next_strike_s"]) for s in strides]
    ground = walk.xy_px + walk.travel.ground_shift_px
    footholds = [
        find_footholds(paw, time_s, s["strike_s"], s["stance_time_s"], s["next_strike_s"])
        for paw, s in zip(ground, strides, strict=True)
    ]
    found = []
    for number, columns in enumerate(strides):
        own = _by_travel(walk, time_s, columns, settings)
        own |= _by_partners(number, limbs, steps, columns)
        own |= _by_footholds(number, limbs, footholds, walk, time_s, columns)
        if not settings.is_from_above:
            across = ("step_width_px", "foothold_side_px", "lateral_displacement_px")
            own |= {name: np.full(len(columns["strike_s"]), np.nan) for name in across}
        found.append(own)
    return found


def _by_travel(
    walk: Walk, time_s: ndarray, columns: Mapping[str, ndarray], settings: StrideSettings
) -> Columns:
    """Which walk, whether steady, and speed in units of the animal."""
    start, stop = columns["strike_s"], columns["next_strike_s"]
    number = _walk_of(walk.travel.is_walking, time_s, (start + stop) / 2)
    is_end = _is_end(number)
    turn = _turn_rad(walk.travel.direction, time_s, start, stop)
    is_turning = np.abs(turn) > TURNS_RAD
    length_px = walk.travel.body_length_px
    scale = settings.cm_per_px or np.nan
    leg_cm = settings.leg_length_cm or np.nan
    speed_m_per_s = columns["speed_px_per_s"] * scale / 100
    swing_s = columns["swing_time_s"]
    return {
        "walk": number,
        "is_end_of_walk": is_end,
        "is_turning": is_turning,
        "is_steady": ~is_end & ~is_turning & (columns["exchanged_fraction"] == 0),
        "turn_rad": turn,
        "speed_bl_per_s": columns["speed_px_per_s"] / length_px,
        "stride_length_bl": columns["stride_length_px"] / length_px,
        "froude": speed_m_per_s**2 / (GRAVITY_M_PER_S2 * leg_cm / 100),
        "swing_speed_px_per_s": columns["stride_length_px"] / swing_s,
        "lateral_displacement_px": lateral_displacement_px(
            walk.travel.center_px + walk.travel.ground_shift_px, time_s, start, stop
        ),
    }


def _walk_of(is_walking: Bool[ndarray, "frame"], time_s: ndarray, when_s: ndarray) -> ndarray:
    """Number of the walk that is under way at each time, or that began last before it."""
    starts = np.array([time_s[start] for start, _ in runs_of(is_walking)])
    return np.maximum(np.searchsorted(starts, when_s, side="right") - 1, 0)


def _is_end(walk: Int[ndarray, "stride"]) -> Bool[ndarray, "stride"]:
    """The first and the last stride of one limb in each walk."""
    changes = np.concatenate([[True], walk[1:] != walk[:-1], [True]])
    return changes[:-1] | changes[1:] if len(walk) else np.empty(0, bool)


def _turn_rad(
    direction: Float[ndarray, "frame 2"], time_s: ndarray, start_s: ndarray, stop_s: ndarray
) -> ndarray:
    """Change of the direction of travel, counterclockwise on the screen, -pi to pi."""
    last = len(time_s) - 1
    before = direction[np.minimum(np.searchsorted(time_s, start_s), last)]
    after = direction[np.minimum(np.searchsorted(time_s, stop_s), last)]
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    return -np.arctan2(cross, (before * after).sum(axis=1))


def _by_partners(
    number: int, limbs: Sequence[str], steps: Sequence[Steps], columns: Mapping[str, ndarray]
) -> Columns:
    """Phases of the partners, feet on the ground, gait."""
    partners, own = partners_of(limbs)[number], steps[number]
    phases = {
        f"{name}_phase": phase_of(None if place is None else steps[place], own)
        for name, place in vars(partners).items()
    }
    everyone = Feet(steps)
    pair = [own] if partners.homologous is None else [own, steps[partners.homologous]]
    unknown = np.full(len(own.strike_s), np.nan)
    both = Feet(pair).part(2, own.strike_s, own.next_strike_s)
    return {
        **phases,
        "double_support_fraction": both if len(pair) == 2 else unknown,
        **{
            f"support_{feet}_fraction": everyone.part(feet, own.strike_s, own.next_strike_s)
            for feet in FEET
        },
        "gait": classify_gait(
            homologous=phases["homologous_phase"],
            homolateral=phases["homolateral_phase"],
            diagonal=phases["diagonal_phase"],
            duty_factor=columns["duty_factor"],
        ),
    }


def _by_footholds(
    number: int,
    limbs: Sequence[str],
    footholds: Sequence[Footholds],
    walk: Walk,
    time_s: ndarray,
    columns: Mapping[str, ndarray],
) -> Columns:
    """Step length and width, and on which side of the body the foot stands."""
    start, stop = columns["strike_s"], columns["next_strike_s"]
    place = partners_of(limbs)[number].homologous
    other = None if place is None else footholds[place]
    length, width = step_length_and_width_px(footholds[number], other, start, stop)
    center = walk.travel.center_px + walk.travel.ground_shift_px
    lasting = columns["stance_time_s"], columns["stride_time_s"]
    side = foothold_side_px(
        footholds[number], center, walk.travel.direction, time_s, start, *lasting
    )
    return {"step_length_px": length, "step_width_px": width, "foothold_side_px": side}
