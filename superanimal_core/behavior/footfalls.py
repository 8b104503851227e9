"""Footfalls: when each foot lifts and strikes.

A foot on the ground does not move over the ground; a foot in swing overtakes the body. So a limb's
phase is read from the speed of its paw along the direction of travel, in the ground frame, relative
to the animal's own speed: no threshold in cm/s, and the same code for a mouse, a horse and either
direction. Terms: Hildebrand; Bellardita & Kiehn 2015.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from superanimal_core.behavior.kinematics import (
    moving_mean,
    runs_of,
    velocity_px_per_s,
)
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.behavior import FootfallSettings, StrideSettings

BODY_WINDOW_PHASES = 6  # the body's speed is averaged over this many `min_phase_s`: about a stride


@dataclass(frozen=True)
class Travel:
    """How one animal moves over the ground.

    `ground_shift_px` turns image positions into the ground frame (a treadmill's belt carries the
    ground along). `direction` is the unit vector of travel, `speed_px_per_s` the body's speed over
    the ground, `is_walking` where it is fast enough for strides.
    """

    ground_shift_px: Float[ndarray, "frame 2"]
    direction: Float[ndarray, "frame 2"]
    speed_px_per_s: Float[ndarray, "frame"]
    is_walking: Bool[ndarray, "frame"]


@dataclass(frozen=True)
class Footfalls:
    """Swings of one limb in order of time: lift-off and the strike that ends it.

    Times lie between frames, where the paw's speed crosses the stance threshold. `run` numbers
    the uninterrupted walks: two swings belong to the same stride only within one.
    NaN where a walk begins in swing (lift) or ends in it (strike).
    """

    lift_s: Float[ndarray, "swing"]
    strike_s: Float[ndarray, "swing"]
    run: Int[ndarray, "swing"]


def measure_travel(
    poses: SmoothedPoses,
    individual: int,
    settings: StrideSettings,
) -> Travel:
    """Direction and speed of an animal's body over the ground.

    The body's velocity is the mean velocity of the `body` keypoints that the space has and that are
    known, over about a stride. `belt_speed_px_per_s` is the animal's speed over a treadmill along
    image x, positive when it walks to the right (the belt runs left); 0 overground. Body length is
    the median distance between the first and the last of `body`.
    """
    time_s = poses.poses.time_s
    xy = poses.poses.xy_px[:, individual, columns_of(poses, settings.body)]
    shift = np.stack([settings.belt_speed_px_per_s * time_s, np.zeros_like(time_s)], axis=1)
    window_s = BODY_WINDOW_PHASES * settings.min_phase_s
    velocity = _nanmean(velocity_px_per_s(xy + shift[:, None], time_s, window_s), axis=1)
    velocity = moving_mean(velocity, time_s, window_s)
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    length = body_length_px(xy)
    with np.errstate(invalid="ignore", divide="ignore"):
        direction = velocity / speed[:, None]
        is_walking = (speed > 0) & (speed >= settings.min_body_speed_bl_per_s * length)
    return Travel(shift, direction, speed, is_walking)


def body_length_px(body_xy_px: Float[ndarray, "frame keypoint 2"]) -> float:
    """Median distance between the first and the last keypoint of the body; NaN if never known."""
    if body_xy_px.shape[1] < 2:
        return float("nan")
    difference = body_xy_px[:, -1] - body_xy_px[:, 0]
    distance = np.hypot(difference[:, 0], difference[:, 1])
    known = distance[np.isfinite(distance)]
    return float(np.median(known)) if len(known) else float("nan")


def detect_footfalls(
    xy_px: Float[ndarray, "frame 2"],
    time_s: Float[ndarray, "frame"],
    travel: Travel,
    settings: FootfallSettings,
) -> Footfalls:
    """Lift-offs and strikes of one limb.

    The paw's speed over the ground along the direction of travel (a line over +-`min_phase_s`/2) is
    divided by the body's speed, and by the limb's own typical swing ratio (the median of that
    quotient where the paw overtakes the body). A swing is where the result stays above
    `stance_speed_fraction` and somewhere exceeds `swing_speed_fraction`: hysteresis, but both ends
    are crossings of the same level, so neither is late. Swings and stances shorter than
    `min_phase_s` are noise and are merged away, swings first.
    """
    min_phase_s = settings.min_phase_s
    over_ground = xy_px + travel.ground_shift_px
    paw = (velocity_px_per_s(over_ground, time_s, min_phase_s) * travel.direction).sum(axis=1)
    usable = travel.is_walking & np.isfinite(paw)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(usable, paw / travel.speed_px_per_s, np.nan)
        overtaking = ratio[ratio > 1]
    if not len(overtaking):
        return _footfalls([])
    typical = float(np.median(overtaking))
    found = [
        swing
        for number, (start, stop) in enumerate(runs_of(usable))
        for swing in _swings_of_walk(
            ratio[start:stop] / typical, time_s[start:stop], settings, number
        )
    ]
    return _footfalls(found)


def _footfalls(swings: list[tuple[float, float, int]]) -> Footfalls:
    """Rows (lift, strike, run) as columns."""
    lift, strike, run = np.array(swings, dtype=np.float64).reshape(-1, 3).T
    return Footfalls(lift, strike, run.astype(int))


def _swings_of_walk(
    speed: ndarray, time_s: ndarray, settings: FootfallSettings, run: int
) -> list[tuple[float, float, int]]:
    """(lift, strike, run) of the swings in one uninterrupted walk."""
    low, high = settings.stance_speed_fraction, settings.swing_speed_fraction
    swings = [(a, b) for a, b in runs_of(speed > low) if (speed[a:b] > high).any()]
    edges = [
        (_crossing(speed, time_s, a, low), _crossing(speed, time_s, b, low)) for a, b in swings
    ]
    return [(lift, strike, run) for lift, strike in _without_short(edges, settings.min_phase_s)]


def _without_short(
    edges: list[tuple[float, float]], min_phase_s: float
) -> list[tuple[float, float]]:
    """Swings of at least `min_phase_s`, joined where the stance between them is shorter."""
    kept: list[tuple[float, float]] = []
    for lift, strike in edges:
        if strike - lift < min_phase_s:  # false for NaN: a swing cut by the walk's end stays
            continue
        if kept and lift - kept[-1][1] < min_phase_s:
            kept[-1] = (kept[-1][0], strike)
        else:
            kept.append((lift, strike))
    return kept


def _crossing(speed: ndarray, time_s: ndarray, frame: int, level: float) -> float:
    """Time just before `frame` at which the speed equals `level`; NaN at the walk's ends."""
    if frame in (0, len(speed)):
        return float("nan")
    before, after = speed[frame - 1] - level, speed[frame] - level
    part = before / (before - after)
    return float(time_s[frame - 1] + part * (time_s[frame] - time_s[frame - 1]))


def columns_of(poses: SmoothedPoses, names: Sequence[str]) -> list[int]:
    """Positions of those names that the space has."""
    known = poses.poses.space.keypoints
    return [known.index(name) for name in names if name in known]


def _nanmean(values: ndarray, axis: int) -> ndarray:
    """Mean of the known values; NaN, without a warning, where there is none."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(known, values, 0.0).sum(axis=axis) / known.sum(axis=axis)
