"""How an animal moves over the ground, and where its feet are beside its body."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.behavior.kinematics import moving_mean, velocity_px_per_s

MAX_GAP = 0.25  # of a stride: nothing is told within a longer gap


@dataclass(frozen=True)
class Travel:
    """How one animal moves over the ground.

    `ground_shift_px` turns image positions into the ground frame (a treadmill's belt carries the
    ground along). `direction` is the unit vector of travel, `speed_px_per_s` the body's speed over
    the ground, `is_walking` where it is fast enough for strides. `center_px` is the body's middle,
    `body_length_px` the animal's.
    """

    ground_shift_px: Float[ndarray, "frame 2"]
    center_px: Float[ndarray, "frame 2"]
    direction: Float[ndarray, "frame 2"]
    speed_px_per_s: Float[ndarray, "frame"]
    is_walking: Bool[ndarray, "frame"]
    body_length_px: float


def measure_travel(
    body_xy_px: Float[ndarray, "frame keypoint 2"],
    time_s: Float[ndarray, "frame"],
    *,
    belt_speed_px_per_s: float,
    min_speed_bl_per_s: float,
    window_s: float,
    margin_s: float,
) -> Travel:
    """Direction and speed of an animal's body over the ground, over +-`window_s`/2.

    The body's middle is the mean of its keypoints; each goes straight through the frames where it
    is not known. In gaps of all of them that last a quarter of the window, nothing is known.
    `belt_speed_px_per_s` is the animal's speed over a treadmill along image x, positive when it
    walks to the right (the belt runs left); 0 overground. Body length: `body_length_px`.
    `is_walking` begins `margin_s` before the body is fast enough and ends as long after it, since
    feet lift before a body gets going; there its direction is that of the walk.
    """
    shift = np.stack([belt_speed_px_per_s * time_s, np.zeros_like(time_s)], axis=1)
    center = body_center_px(body_xy_px, time_s, MAX_GAP * window_s)
    velocity = velocity_px_per_s(center + shift, time_s, window_s)
    velocity = moving_mean(velocity, time_s, window_s / 2)
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    length = body_length_px(body_xy_px)
    with np.errstate(invalid="ignore", divide="ignore"):
        direction = velocity / speed[:, None]
        is_fast = (speed > 0) & (speed >= min_speed_bl_per_s * length)
    nearest, apart_s = _nearest_true(is_fast, time_s)
    is_walking = (apart_s <= margin_s) & np.isfinite(center[:, 0])
    return Travel(shift, center, direction[nearest], speed, is_walking, length)


def _nearest_true(is_true: Bool[ndarray, "frame"], time_s: ndarray) -> tuple[ndarray, ndarray]:
    """The nearest true frame of each frame, and how far it is (s); inf where none is."""
    true = np.flatnonzero(is_true)
    if not len(true):
        return np.arange(len(time_s)), np.full(len(time_s), np.inf)
    after = np.clip(np.searchsorted(true, np.arange(len(time_s))), 0, len(true) - 1)
    before = np.maximum(after - 1, 0)
    to_after, to_before = (np.abs(time_s - time_s[true[side]]) for side in (after, before))
    nearest = true[np.where(to_before < to_after, before, after)]
    return nearest, np.minimum(to_before, to_after)


def body_center_px(
    body_xy_px: Float[ndarray, "frame keypoint 2"],
    time_s: Float[ndarray, "frame"],
    max_gap_s: float,
) -> Float[ndarray, "frame 2"]:
    """Mean of the keypoints that are ever known, bridged.

    NaN in gaps longer than `max_gap_s` from one frame in which any of them is known to the next.
    """
    known = np.asarray(np.isfinite(body_xy_px).all(axis=2))
    used = np.flatnonzero(known.any(axis=0))
    if not len(used):
        return np.full((len(body_xy_px), 2), np.nan)
    bridged = [bridged_px(body_xy_px[:, k], time_s) for k in used]
    is_told = known[:, used].sum(axis=1) > 0
    frame = np.arange(len(time_s))
    before = np.maximum.accumulate(np.where(is_told, frame, -1))
    after = np.minimum.accumulate(np.where(is_told, frame, len(frame))[::-1])[::-1]
    inside = (before >= 0) & (after < len(frame))
    gap_s = time_s[after * inside] - time_s[before * inside]
    return np.where((inside & (gap_s <= max_gap_s))[:, None], np.mean(bridged, axis=0), np.nan)


def bridged_px(
    xy_px: Float[ndarray, "frame 2"], time_s: Float[ndarray, "frame"]
) -> Float[ndarray, "frame 2"]:
    """A track that goes at one speed through its unknown frames, and stands before and after."""
    known = np.isfinite(xy_px).all(axis=1)
    if known.all() or not known.any():
        return xy_px.astype(np.float64)
    return np.stack([np.interp(time_s, time_s[known], axis[known]) for axis in xy_px.T], axis=1)


def body_length_px(body_xy_px: Float[ndarray, "frame keypoint 2"]) -> float:
    """Median distance between the first and the last keypoint of the body; NaN if never known."""
    if body_xy_px.shape[1] < 2:
        return float("nan")
    difference = body_xy_px[:, -1] - body_xy_px[:, 0]
    distance = np.hypot(difference[:, 0], difference[:, 1])
    known = distance[np.isfinite(distance)]
    return float(np.median(known)) if len(known) else float("nan")


def known_columns(names: Sequence[str], keypoints: Sequence[str]) -> list[int]:
    """Positions among the keypoints of those names that are there."""
    return [keypoints.index(name) for name in names if name in keypoints]
