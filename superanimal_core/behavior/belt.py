"""How fast the ground moves under an animal, found from its feet, and compared with what is told.

A foot in stance goes with the ground, and all feet do so at one speed, while swings have many. So
the most common velocity of the feet is that of the ground: zero overground, the belt's on a
treadmill.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.behavior.kinematics import velocity_px_per_s
from superanimal_core.behavior.tracks import seen_xy_px, unsmoothed
from superanimal_core.behavior.travel import body_length_px, known_columns
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.behavior import StrideSettings

WINDOW_S = 0.05  # of a foot's velocity; two frames at least
SAME = 0.3  # of the larger speed: two speeds that differ by less are taken for one
SLOW_BL_PER_S = 0.5  # speeds below it are none, whatever is told
MIN_FRAMES = 50  # with a known velocity of a foot


def belt_flags(poses: SmoothedPoses, settings: StrideSettings) -> list[str]:
    """A sentence for each animal whose feet contradict the speed of the belt that was told."""
    flags = []
    for i, individual in enumerate(poses.poses.individuals):
        found, length = found_belt_px_per_s(poses, i, settings)
        told = settings.belt_speed_px_per_s
        if not np.isfinite(found * length):
            continue
        least = max(SAME * max(abs(found), abs(told)), SLOW_BL_PER_S * length)
        if abs(found - told) > least:
            flags.append(f"{individual}: {_contradiction(found, told)}")
    return flags


def _contradiction(found: float, told: float) -> str:
    """What the feet say against what is told; without a treadmill they are wrong themselves."""
    column = "(belt_speed_px_per_s; positive for an animal that walks to the right)"
    if told:
        return (
            f"the feet say that the belt's speed is {found:.0f} px/s, told is {told:.0f} {column}"
        )
    return (
        f"its feet stand on ground that moves at {abs(found):.0f} px/s: on a treadmill tell the "
        f"belt's speed, {found:.0f} {column}; without one the poses of its feet are wrong"
    )


def found_belt_px_per_s(
    poses: SmoothedPoses, individual: int, settings: StrideSettings
) -> tuple[float, float]:
    """The animal's speed over the belt (px/s, positive to the right) and its length (px).

    NaN with too few frames, or without an end of the body.
    """
    names, time_s = poses.poses.space.keypoints, poses.poses.time_s
    seen, always = unsmoothed(poses), np.ones(len(time_s), bool)
    body = seen_xy_px(seen, individual, known_columns(settings.body, names), np.nan, always)
    length = body_length_px(body)
    paws = seen_xy_px(seen, individual, known_columns(settings.limbs, names), length, always)
    velocity = velocity_px_per_s(paws[..., 0], time_s, WINDOW_S).ravel()
    velocity = velocity[np.isfinite(velocity)]
    if len(velocity) < MIN_FRAMES:
        return float("nan"), length
    return -_most_common(velocity), length


def _most_common(values: Float[ndarray, "value"]) -> float:
    """Half-sample mode: the middle of the shortest stretch with half of what is left, repeatedly.

    Robertson & Cryer 1974; Bickel & Fruehwirth 2006.
    """
    left = np.sort(values)
    while len(left) > 3:
        half = (len(left) + 1) // 2
        width = left[half - 1 :] - left[: len(left) - half + 1]
        start = int(np.argmin(width))
        left = left[start : start + half]
    return float(left.mean())
