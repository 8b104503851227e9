"""Walking stick animals with known gait: the truth for the tests of gait."""

import numpy as np

from superanimal_core.behavior import belt, footfalls
from superanimal_core.behavior.tracks import unsmoothed
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses, SmoothedPoses

LIMBS = ("left_front", "right_front", "left_back", "right_back")
PHASES = (0.0, 0.5, 0.75, 0.25)
BODY = ("nose", "back", "tail_base")
OFFSETS = {"nose": 60.0, "back": 0.0, "tail_base": -60.0}
SPACE = KeypointSpace("stick", (*LIMBS, *BODY))


def walker(
    *,
    frequency_hz=2.5,
    duty_factor=0.6,
    speed_px_per_s=200.0,
    fps=120.0,
    seconds=8.0,
    to_the_right=True,
    noise_px=0.0,
    pause_s=(),
    treadmill=False,
    seed=0,
):
    """A quadruped from the side: feet planted in stance, smooth swings, a bobbing body.

    `pause_s` is a (start, stop) during which it stands. On the treadmill the body stays in place.
    """
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * fps)) / fps
    walked_s = time_s.copy()
    if pause_s:
        start, stop = pause_s
        walked_s = np.minimum(time_s, start) + np.maximum(time_s - stop, 0)
    sign = 1.0 if to_the_right else -1.0
    stride_px = speed_px_per_s / frequency_hz
    body_x = speed_px_per_s * walked_s
    xy = np.empty((len(time_s), 1, len(SPACE), 2))
    for k, phase in enumerate(PHASES):
        cycle = walked_s * frequency_hz - phase
        number, part = np.floor(cycle), cycle % 1
        swing = np.clip((part - duty_factor) / (1 - duty_factor), 0, 1)
        planted = (number + phase + duty_factor / 2) * stride_px
        xy[:, 0, k, 0] = planted + stride_px * swing**2 * (3 - 2 * swing)
        xy[:, 0, k, 1] = 300 - 20 * np.sin(np.pi * swing)
    for k, name in enumerate(BODY, start=len(LIMBS)):
        xy[:, 0, k, 0] = body_x + OFFSETS[name]
        xy[:, 0, k, 1] = 200 + 2 * np.sin(4 * np.pi * frequency_hz * walked_s)
    if treadmill:
        xy[..., 0] -= (speed_px_per_s * time_s)[:, None, None]
    xy[..., 0] = 1000 + sign * xy[..., 0]
    xy += noise_px * rng.normal(size=xy.shape)
    return smoothed(xy, time_s, max(noise_px, 0.1) ** 2)


def smoothed(xy_px, time_s, variance_px2, space=SPACE):
    """Positions dressed as the smoother's result."""
    names = tuple(f"animal{i}" for i in range(xy_px.shape[1]))
    score = np.isfinite(xy_px).all(axis=-1).astype(float)
    variance = np.where(np.isfinite(xy_px), variance_px2, np.nan)
    return SmoothedPoses(
        Poses(space, names, time_s, xy_px, score),
        variance,
        xy_px,
        np.zeros_like(xy_px),
        score.astype(int),
        np.ones(xy_px.shape[1:3]),
    )


def walks_of(poses, settings):
    """What is detected of each animal."""
    individuals = range(len(poses.poses.individuals))
    return [footfalls.detect_footfalls(poses, i, settings) for i in individuals]


def belt_flags(poses, settings):
    """What is told of the ground, as the workflow asks."""
    seen = unsmoothed(poses)
    return belt.belt_flags(seen, walks_of(seen, settings), settings)


def limb_flags(poses, settings):
    """What is told of limbs and animals, as the workflow asks."""
    seen = unsmoothed(poses)
    return footfalls.limb_flags(seen, walks_of(seen, settings), settings)
