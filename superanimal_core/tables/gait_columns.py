"""Every column of the tables of gait (strides, walks, gait), with its meaning.

Standard library only, as video_columns, where units and endings are explained.
"""

from superanimal_core.tables.video_columns import DRAWS, INDIVIDUAL, NO_INTERVAL, OTHER, SELDOM

STRIDE = {
    "stride_time_s": "from strike to next strike",
    "stance_time_s": "from strike to lift",
    "swing_time_s": "from lift to next strike",
    "duty_factor": "stance over stride",
    "stride_length_px": "way of the paw from strike to next strike, the belt's added",
    "stride_length_cm": "the same; NaN without cm_per_px",
    "speed_px_per_s": "mean speed of the body over the ground in the stride",
    "speed_cm_per_s": "the same; NaN without cm_per_px",
    "swing_speed_px_per_s": "stride length over swing time",
    "swing_speed_cm_per_s": "the same in cm",
    "step_length_px": "along the line of travel, from the foothold of the girdle's other limb to "
    "the next own one; of far limbs from the side, shifted by the perspective",
    "step_length_cm": "the same in cm",
    "step_width_px": "the same across that line; only of a space in gait.seen_from_above",
    "step_width_cm": "the same in cm",
    "lateral_displacement_px": "how far the middle of the body sways across its way in a stride "
    "(largest less smallest; two harmonics of the stride); only from above",
    "lateral_displacement_cm": "the same in cm",
    "double_support_fraction": "of the stride, in which both limbs of the girdle stand; NaN where "
    "one of them is not known throughout",
}
PARTNERS = {
    "homologous_phase": "strike of the girdle's other limb within the own stride, 0 to 1: 0 is "
    "together, 0.5 by turns",
    "homolateral_phase": "the same of the limb on the same side",
    "diagonal_phase": "the same of the diagonal limb",
}
SUPPORT = {
    f"support_{feet}_fraction": f"of the time, in which just {feet} feet stand; NaN where a limb "
    "is not known throughout"
    for feet in range(5)
}
STRIDES = (
    INDIVIDUAL
    | {
        "limb": "the paw's keypoint",
        "strike_frame": "first frame of the stance",
        "strike_s": "when the paw meets the ground, between frames",
        "lift_s": "when it leaves it",
        "next_strike_s": "when it meets it again",
    }
    | STRIDE
    | PARTNERS
    | SUPPORT
    | {
        "phase": "strike within the stride of the first limb, 0 to 1",
        "walk": "number of the walk, from 0: a pause ends it (gait.min_body_speed_bl_per_s)",
        "is_end_of_walk": "the limb's first or last stride of the walk",
        "is_turning": "the direction of travel changes by more than 20 degrees",
        "is_steady": "neither, and exchanged_fraction is 0: what walks.parquet is about",
        "turn_rad": "change of the direction of travel, counterclockwise as seen",
        "speed_bl_per_s": "speed in body lengths, of the animal's median",
        "stride_length_bl": "the same of the stride length",
        "froude": "speed squared over gravity and the height of the hip (leg_length_cm of the "
        "sheet); NaN without it or cm_per_px",
        "foothold_side_px": "how far to the left of the body's way (mean over a stride) the foot "
        "stands, as one travels; only from above",
        "foothold_side_cm": "the same in cm",
        "gait": "walk, amble, trot, pace, canter or gallop, bound, by phases and duty factor of "
        "the stride; empty: not known",
        "is_resolved": "false where the swing has too few frames (gait.min_swing_frames)",
        "exchanged_fraction": "of the stride, where the limb's track was that of the limb beside "
        "it, and was put back",
        "draws": f"{DRAWS} this stride was found",
        "no_interval_because": f"empty, or {NO_INTERVAL}, {OTHER}, {SELDOM}",
    }
)
GAIT = (
    INDIVIDUAL
    | {
        "limb": "the paw's keypoint",
        "strides": "how many were measured",
        "steady_strides": "of them: neither at an end of a walk, nor turning, nor put back",
        "resolved_fraction": "of the strides",
        "stride_frequency_hz": "1 over the mean stride time",
    }
    | STRIDE
    | {
        "stride_time_cv": "standard deviation over mean of the strides; errors add to it",
        "stride_length_cv": "the same of the stride length",
        "phase_mean": "circular mean of the phase",
        "phase_resultant": "0 to 1: how alike the phases are",
    }
    | PARTNERS
    | {
        **{
            f"{name}_resultant": "resultant length: 1 where all phases are alike, 0 for any"
            for name in PARTNERS
        },
        "time_resolution_ms": "standard deviation of rounding to a frame: a frame over √12",
        "draws": f"{DRAWS} the limb has a stride",
        "strides_per_draw": "their mean number; far from `strides`: do not trust the limb",
        "no_interval_because": f"empty, or {NO_INTERVAL}, {OTHER}",
    }
)
_OF_GIRDLES = {
    f"{name}_{girdle}{unit}": f"{what} of the {limbs}"
    for girdle, limbs in (("front", "forelimbs"), ("hind", "hind limbs"))
    for name, unit, what in (
        ("duty_factor", "", "stance over stride"),
        ("temporal_symmetry", "", "duty factors, (left - right) / (left + right),"),
        ("step_width", "_px", "distance of a foothold from the line through the other limb's two,"),
        ("step_width", "_cm", "the same in cm,"),
        ("base_of_support", "_px", "distance of left and right footholds across the way,"),
        ("base_of_support", "_cm", "the same in cm,"),
        ("double_support", "_fraction", "part of the stride with both feet on the ground,"),
    )
}
_PHASES = {
    "homologous_front_phase": "when the right forelimb strikes in the left one's stride, 0 to 1",
    "homologous_hind_phase": "the same of the hind limbs",
    "homolateral_phase": "when the forelimb of the same side strikes in a hind limb's stride",
    "diagonal_phase": "the same of the forelimb of the other side",
}
_ACROSS = {"step_width_px", "step_width_cm", "double_support_fraction"}
WALKS = (
    INDIVIDUAL
    | {
        "scope": "walk, or video: all its walks together",
        "walk": "number of the walk as in strides.parquet; -1 for all",
        "start_s": "first strike",
        "stop_s": "last strike",
        "strides": "of all limbs",
        "steady_strides": "of them; the measures are their medians, phases circular means",
        "gait": "by the mean phases and duty factor; mixed: phases wander; empty: not known",
        "stride_frequency_hz": "1 over the stride time",
    }
    | {name: what for name, what in STRIDE.items() if name not in _ACROSS}
    | _OF_GIRDLES
    | {
        "stride_time_cv": "standard deviation over mean, of each limb, then the limbs' mean",
        "stride_length_cv": "the same of the stride length",
        "stride_length_bl": "in body lengths",
        "speed_bl_per_s": "in body lengths",
        "froude": "as in strides.parquet",
        "step_length_asymmetry": "100 |left - right| over the mean of both; only from above",
    }
    | _PHASES
    | {f"{name}_resultant": "resultant length: 1 where all are alike" for name in _PHASES}
    | SUPPORT
    | {
        "regularity_index": "percentage of paw placements in normal step sequences (Hamers 2001)",
        "draws": f"{DRAWS} the walk was found",
        "no_interval_because": f"empty, or {NO_INTERVAL}, {OTHER}",
    }
)
