"""Gait: strides between the strikes of a limb, and their summary.

Terms as the field uses them (Hildebrand; Bellardita & Kiehn 2015): a stride runs from a strike to
the limb's next strike, stance until its lift-off, swing from there; duty factor is stance over
stride; phase is when a limb strikes within the stride of the reference limb, 0 to 1.
"""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from numpy import ndarray

from superanimal_core.behavior.footfalls import Walk, detect_footfalls
from superanimal_core.behavior.stride_measures import measures_of_limbs
from superanimal_core.behavior.travel import MAX_GAP, known_columns
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.behavior import StrideSettings

MOST_LASTING = 1.7  # times the animal's stride time, and its inverse: about a strike was missed
MOST_BESIDE_BODY = 2.2  # times the body's way, and its inverse; feet differ where a walk begins
STANCE_MARGIN = 0.15  # of a stance at its either end, in which a foot rolls on and off
MOST_SLIP = 0.4  # of the body's way meanwhile: a foot on the ground hardly moves
MIN_SLIP = 0.1  # of the stride's length: noise of a foot that rests


@dataclass(frozen=True)
class StrideTable:
    """One row per stride; the fields are the columns of strides.parquet.

    Times in seconds of the video, lengths over the ground. `_cm` columns are NaN without a scale.
    `phase` is NaN where the reference limb (the first of the limbs) has no stride around the
    strike. `is_resolved` says that the swing lasts enough frames for claims about phases,
    `exchanged_fraction` in how much of the stride the limb's track was the one of the limb beside
    it, and was put back. The others are explained in `stride_measures`.
    """

    individual: Shaped[ndarray, "stride"]
    limb: Shaped[ndarray, "stride"]
    strike_frame: Int[ndarray, "stride"]
    strike_s: Float[ndarray, "stride"]
    lift_s: Float[ndarray, "stride"]
    next_strike_s: Float[ndarray, "stride"]
    stride_time_s: Float[ndarray, "stride"]
    stance_time_s: Float[ndarray, "stride"]
    swing_time_s: Float[ndarray, "stride"]
    duty_factor: Float[ndarray, "stride"]
    stride_length_px: Float[ndarray, "stride"]
    stride_length_cm: Float[ndarray, "stride"]
    speed_px_per_s: Float[ndarray, "stride"]
    speed_cm_per_s: Float[ndarray, "stride"]
    phase: Float[ndarray, "stride"]
    is_resolved: Bool[ndarray, "stride"]
    exchanged_fraction: Float[ndarray, "stride"]
    walk: Int[ndarray, "stride"]
    is_end_of_walk: Bool[ndarray, "stride"]
    is_turning: Bool[ndarray, "stride"]
    is_steady: Bool[ndarray, "stride"]
    turn_rad: Float[ndarray, "stride"]
    speed_bl_per_s: Float[ndarray, "stride"]
    stride_length_bl: Float[ndarray, "stride"]
    froude: Float[ndarray, "stride"]
    swing_speed_px_per_s: Float[ndarray, "stride"]
    swing_speed_cm_per_s: Float[ndarray, "stride"]
    step_length_px: Float[ndarray, "stride"]
    step_length_cm: Float[ndarray, "stride"]
    step_width_px: Float[ndarray, "stride"]
    step_width_cm: Float[ndarray, "stride"]
    foothold_side_px: Float[ndarray, "stride"]
    foothold_side_cm: Float[ndarray, "stride"]
    lateral_displacement_px: Float[ndarray, "stride"]
    lateral_displacement_cm: Float[ndarray, "stride"]
    homologous_phase: Float[ndarray, "stride"]
    homolateral_phase: Float[ndarray, "stride"]
    diagonal_phase: Float[ndarray, "stride"]
    double_support_fraction: Float[ndarray, "stride"]
    support_0_fraction: Float[ndarray, "stride"]
    support_1_fraction: Float[ndarray, "stride"]
    support_2_fraction: Float[ndarray, "stride"]
    support_3_fraction: Float[ndarray, "stride"]
    support_4_fraction: Float[ndarray, "stride"]
    gait: Shaped[ndarray, "stride"]

    def __len__(self) -> int:
        return len(self.limb)


def measure_strides(poses: SmoothedPoses, settings: StrideSettings) -> StrideTable:
    """Strides of every individual and limb, in order of individual, limb and time.

    `limbs` are paw keypoints, the first is the phase reference; limbs that the space lacks are left
    out. `body` are keypoints of the trunk from front to rear. The rest is explained in
    `footfalls.detect_footfalls` and `travel.measure_travel`. There are no strides while the animal
    pauses, and none that the body contradicts (`_is_stride`).
    """
    parts = []
    for i in range(len(poses.poses.individuals)):
        walk = detect_footfalls(poses, i, settings)
        reference: dict[str, ndarray] | None = None
        limbs = known_columns(settings.limbs, poses.poses.space.keypoints)
        own = []
        for number, k in enumerate(limbs):
            names = poses.poses.individuals[i], poses.poses.space.keypoints[k]
            columns = _strides_of_limb(walk, number, poses.poses.time_s, settings.min_swing_frames)
            count = len(columns["strike_s"])
            columns |= {
                what: np.full(count, name, dtype=object)
                for what, name in zip(("individual", "limb"), names, strict=True)
            }
            reference = columns if reference is None else reference
            columns["phase"] = _phase(columns["strike_s"], reference)
            own.append(columns)
        named = [poses.poses.space.keypoints[k] for k in limbs]
        others = measures_of_limbs(walk, poses.poses.time_s, named, own, settings)
        parts += [columns | more for columns, more in zip(own, others, strict=True)]
    return _table(parts, float("nan") if settings.cm_per_px is None else settings.cm_per_px)


def _strides_of_limb(
    walk: Walk, number: int, time_s: Float[ndarray, "frame"], min_swing_frames: int
) -> dict[str, ndarray]:
    """Columns of one limb's strides, in px."""
    falls, travel = walk.footfalls[number], walk.travel
    strike, lift, following = falls.strike_s[:-1], falls.lift_s[1:], falls.strike_s[1:]
    length, period = falls.way_px[1:], falls.period_s[1:]
    whole = (falls.run[:-1] == falls.run[1:]) & (strike < lift) & (lift < following)
    margin = MAX_GAP * period
    whole &= ~walk.animals.lie_within(strike - margin, following + margin, time_s)
    whole &= _is_stride(walk, number, time_s, strike, lift, following, length, period)
    strike, lift, following, length = (t[whole] for t in (strike, lift, following, length))
    swing_frames = np.searchsorted(time_s, following) - np.searchsorted(time_s, lift)
    return {
        "strike_frame": _nearest_frame(time_s, strike),
        "strike_s": strike,
        "lift_s": lift,
        "next_strike_s": following,
        "stride_time_s": following - strike,
        "stance_time_s": lift - strike,
        "swing_time_s": following - lift,
        "duty_factor": (lift - strike) / (following - strike),
        "stride_length_px": length,
        "speed_px_per_s": _mean_between(travel.speed_px_per_s, time_s, strike, following),
        "is_resolved": swing_frames >= min_swing_frames,
        "exchanged_fraction": _mean_between(
            walk.is_exchanged[number].astype(np.float64), time_s, strike, following
        ),
    }


def _is_stride(
    walk: Walk,
    number: int,
    time_s: Float[ndarray, "frame"],
    strike_s: Float[ndarray, "stride"],
    lift_s: Float[ndarray, "stride"],
    following_s: Float[ndarray, "stride"],
    length_px: Float[ndarray, "stride"],
    period_s: Float[ndarray, "stride"],
) -> Bool[ndarray, "stride"]:
    """Whether the body and the animal's other strides agree that this is a stride.

    It lasts about the animal's stride time, carries the foot as far as the body comes meanwhile,
    within a factor, and the foot rests on the ground in stance.
    """
    travel = walk.travel
    body = travel.center_px + travel.ground_shift_px
    paw = walk.xy_px[number] + travel.ground_shift_px
    rest_s = (lift_s - strike_s) * STANCE_MARGIN
    advance = _displacement_px(body, time_s, strike_s, following_s)
    in_stance = _displacement_px(body, time_s, strike_s + rest_s, lift_s - rest_s)
    slip = _displacement_px(paw, time_s, strike_s + rest_s, lift_s - rest_s)
    with np.errstate(invalid="ignore", divide="ignore"):
        lasting = (following_s - strike_s) / period_s
        agrees = np.abs(np.log(length_px / advance)) < np.log(MOST_BESIDE_BODY)
    return (
        agrees
        & (lasting < MOST_LASTING)
        & (lasting > 1 / MOST_LASTING)
        & (slip <= np.maximum(MOST_SLIP * in_stance, MIN_SLIP * length_px))
    )


def _displacement_px(
    ground_px: ndarray, time_s: ndarray, start_s: ndarray, stop_s: ndarray
) -> ndarray:
    """Distance over the ground between two times; NaN where nothing is known."""
    known = np.isfinite(ground_px).all(axis=1)
    if not known.any():
        return np.full(len(start_s), np.nan)
    apart = [
        np.interp(stop_s, time_s[known], ground_px[known, axis])
        - np.interp(start_s, time_s[known], ground_px[known, axis])
        for axis in (0, 1)
    ]
    return np.hypot(*apart)


def _nearest_frame(time_s: ndarray, when_s: ndarray) -> ndarray:
    """Index of the frame nearest to each time."""
    after = np.clip(np.searchsorted(time_s, when_s), 1, max(len(time_s) - 1, 1))
    return np.where(when_s - time_s[after - 1] < time_s[after] - when_s, after - 1, after)


def _mean_between(values: ndarray, time_s: ndarray, start_s: ndarray, stop_s: ndarray) -> ndarray:
    """Mean of the values of the frames from start to stop, each from its own frames alone."""
    first, last = np.searchsorted(time_s, start_s), np.searchsorted(time_s, stop_s)
    ends = np.stack([first, np.maximum(last, first + 1)], axis=1)
    total = np.add.reduceat(np.append(np.nan_to_num(values), 0.0), ends.ravel())[::2]
    return total / np.maximum(last - first, 1)


def _phase(strike_s: ndarray, reference: dict[str, ndarray]) -> ndarray:
    """When each strike falls within the reference limb's stride around it, 0 to 1; else NaN."""
    starts, stops = reference["strike_s"], reference["next_strike_s"]
    if not len(starts):
        return np.full(len(strike_s), np.nan)
    stride = np.maximum(np.searchsorted(starts, strike_s, side="right") - 1, 0)
    part = (strike_s - starts[stride]) / (stops[stride] - starts[stride])
    return np.where((part >= 0) & (part < 1), part, np.nan)


def _table(parts: list[dict[str, ndarray]], cm_per_px: float) -> StrideTable:
    """All strides in one table, lengths in cm beside those in px."""
    in_cm = [f.name for f in fields(StrideTable) if "_cm" in f.name]
    for part in parts:
        part |= {name: part[name.replace("_cm", "_px")] * cm_per_px for name in in_cm}
    if not parts:
        return _no_strides()
    return StrideTable(
        **{f.name: np.concatenate([p[f.name] for p in parts]) for f in fields(StrideTable)}
    )


def _no_strides() -> StrideTable:
    """The table without a row."""
    kinds = {"individual": object, "limb": object, "gait": object}
    kinds |= {"strike_frame": np.int64, "walk": np.int64}
    kinds |= {f.name: bool for f in fields(StrideTable) if f.name.startswith("is_")}
    return StrideTable(
        **{f.name: np.empty(0, kinds.get(f.name, np.float64)) for f in fields(StrideTable)}
    )
