"""Gait: strides between the strikes of a limb, and their summary.

Terms as the field uses them (Hildebrand; Bellardita & Kiehn 2015): a stride runs from a strike to
the limb's next strike, stance until its lift-off, swing from there; duty factor is stance over
stride; phase is when a limb strikes within the stride of the reference limb, 0 to 1.
"""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from numpy import ndarray

from superanimal_core.behavior.footfalls import (
    Footfalls,
    Travel,
    columns_of,
    detect_footfalls,
    measure_travel,
)
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.behavior import StrideSettings


@dataclass(frozen=True)
class StrideTable:
    """One row per stride; the fields are the columns of strides.parquet.

    Times in seconds of the video, lengths over the ground. `_cm` columns are NaN without a scale.
    `phase` is NaN where the reference limb (the first of the limbs) has no stride around the
    strike. `is_resolved` says that the swing lasts enough frames for claims about phases.
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

    def __len__(self) -> int:
        return len(self.limb)


def measure_strides(poses: SmoothedPoses, settings: StrideSettings) -> StrideTable:
    """Strides of every individual and limb, in order of individual, limb and time.

    `limbs` are paw keypoints, the first is the phase reference; limbs that the space lacks are left
    out. `body` are keypoints of the trunk from front to rear. The rest is explained in
    `footfalls.detect_footfalls` and `footfalls.measure_travel`. There are no strides while the
    animal pauses, and none across a gap in the paw's track.
    """
    parts = []
    for i in range(len(poses.poses.individuals)):
        travel = measure_travel(poses, i, settings)
        reference: dict[str, ndarray] | None = None
        for k in columns_of(poses, settings.limbs):
            footfalls = detect_footfalls(
                poses.poses.xy_px[:, i, k], poses.poses.time_s, travel, settings
            )
            columns = _strides_of_limb(poses, i, k, footfalls, travel, settings.min_swing_frames)
            reference = columns if reference is None else reference
            columns["phase"] = _phase(columns["strike_s"], reference)
            parts.append(columns)
    return _table(parts, float("nan") if settings.cm_per_px is None else settings.cm_per_px)


def _strides_of_limb(
    poses: SmoothedPoses,
    individual: int,
    limb: int,
    footfalls: Footfalls,
    travel: Travel,
    min_swing_frames: int,
) -> dict[str, ndarray]:
    """Columns of one limb's strides, in px."""
    time_s = poses.poses.time_s
    same_walk = footfalls.run[:-1] == footfalls.run[1:]
    strike, lift, following = footfalls.strike_s[:-1], footfalls.lift_s[1:], footfalls.strike_s[1:]
    whole = same_walk & np.isfinite(strike) & np.isfinite(lift) & np.isfinite(following)
    strike, lift, following = strike[whole], lift[whole], following[whole]
    ground = poses.poses.xy_px[:, individual, limb] + travel.ground_shift_px
    count = len(strike)
    names = poses.poses.individuals[individual], poses.poses.space.keypoints[limb]
    swing_frames = np.searchsorted(time_s, following) - np.searchsorted(time_s, lift)
    return {
        "individual": np.full(count, names[0], dtype=object),
        "limb": np.full(count, names[1], dtype=object),
        "strike_frame": _nearest_frame(time_s, strike),
        "strike_s": strike,
        "lift_s": lift,
        "next_strike_s": following,
        "stride_time_s": following - strike,
        "stance_time_s": lift - strike,
        "swing_time_s": following - lift,
        "duty_factor": (lift - strike) / (following - strike),
        "stride_length_px": _displacement_px(ground, time_s, strike, following),
        "speed_px_per_s": _mean_between(travel.speed_px_per_s, time_s, strike, following),
        "is_resolved": swing_frames >= min_swing_frames,
    }


def _displacement_px(
    ground_px: ndarray, time_s: ndarray, start_s: ndarray, stop_s: ndarray
) -> ndarray:
    """Distance over the ground between two times."""
    known = np.isfinite(ground_px).all(axis=1)
    if not known.any():
        return np.empty(0)
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
    for part in parts:
        part["stride_length_cm"] = part["stride_length_px"] * cm_per_px
        part["speed_cm_per_s"] = part["speed_px_per_s"] * cm_per_px
    if not parts:
        return _no_strides()
    return StrideTable(
        **{f.name: np.concatenate([p[f.name] for p in parts]) for f in fields(StrideTable)}
    )


def _no_strides() -> StrideTable:
    """The table without a row."""
    kinds = {"individual": object, "limb": object, "strike_frame": np.int64, "is_resolved": bool}
    return StrideTable(
        **{f.name: np.empty(0, kinds.get(f.name, np.float64)) for f in fields(StrideTable)}
    )
