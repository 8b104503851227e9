"""How fast the ground moves under an animal, found from its feet, and compared with what is told.

A foot in stance goes with the ground, and all feet do so at one speed, while swings have many. So
the most common velocity of the feet is that of the ground: zero overground, the belt's on a
treadmill, the camera's where it follows the animal. A ground that moves too little for that is
told by the feet's way in stance, as a part of the body's.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.behavior.footfalls import Walk
from superanimal_core.behavior.kinematics import velocity_px_per_s
from superanimal_core.behavior.slides import stance_slides, usual_slide
from superanimal_core.behavior.tracks import seen_xy_px
from superanimal_core.behavior.travel import body_length_px, known_columns
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.behavior import StrideSettings

WINDOW_S = 0.05  # of a foot's velocity; two frames at least
SAME = 0.3  # of the larger speed: two speeds that differ by less are taken for one
SLOW_BL_PER_S = 0.5  # speeds below it are none, whatever is told
MIN_FRAMES = 50  # with a known velocity of a foot
CLEARLY = 1.5  # times as many velocities as about what is told; else it may be noise
STANDS_S = 2.0  # in which a body must stand in the picture, to tell what its feet do meanwhile
MIN_SHARE = 1 / 3  # of the feet's velocities then: a stance is more, a paw that grooms is less
MOST_SLIDES = 0.2  # of the body's way, in the median stance: so wrong lengths may be
COLUMN = "(belt_speed_px_per_s; positive for an animal that walks to the right)"


def belt_flags(seen: SmoothedPoses, walks: Sequence[Walk], settings: StrideSettings) -> list[str]:
    """A sentence for each animal whose feet contradict the speed of the belt that was told.

    `seen` are unsmoothed positions, and `walks` what was detected on them.
    """
    found = [_ground_told(seen, i, walk, settings) for i, walk in enumerate(walks)]
    named = zip(seen.poses.individuals, found, strict=True)
    return [f"{individual}: {sentence}" for individual, sentence in named if sentence]


def _ground_told(seen: SmoothedPoses, individual: int, walk: Walk, settings: StrideSettings) -> str:
    """What the feet of one animal say against what is told; empty where nothing."""
    velocity, length = _feet_px_per_s(seen, individual, settings)
    over_ground, told = -velocity[..., 0], settings.belt_speed_px_per_s
    if np.isfinite(found := contradicting_px_per_s(over_ground, told, length)):
        return _contradiction(found, told)
    found = contradicting_px_per_s(velocity[..., 1], 0.0, length)
    if np.isfinite(found) and abs(found) > abs(_most_common(over_ground)):
        way = "down" if found > 0 else "up"
        return (
            f"its feet stand on ground that moves {way} the picture at {abs(found):.0f} px/s: "
            "turn the video so that the belt runs to the left or right; strides are wrong"
        )
    time_s = seen.poses.time_s
    stands = ~walk.travel.is_walking & np.isfinite(walk.travel.center_px[:, 0])
    found = contradicting_px_per_s(over_ground[stands], told, length)
    share = _near(over_ground[stands], found, length * SLOW_BL_PER_S / 2)
    if _lasting_s(stands, time_s) >= STANDS_S and share >= MIN_SHARE:
        return (
            "where its body stands in the picture, its feet stand on "
            f"ground that moves at {abs(found):.0f} px/s: a camera that follows the animal, or a "
            "belt that runs at times; there are no strides"
        )
    if abs(part := usual_slide(stance_slides(walk, time_s))) > MOST_SLIDES:
        return (
            f"feet in stance go {'with' if part > 0 else 'against'} the body, {abs(part):.0%} of "
            f"its way: the speed of a belt {COLUMN} is wrong, the camera moves along, or the poses "
            "of the feet are wrong; lengths and duty factors are wrong by about as much"
        )
    return ""


def _contradiction(found: float, told: float) -> str:
    """What the feet say against what is told; without a treadmill they are wrong themselves."""
    if told:
        return (
            f"the feet say that the belt's speed is {found:.0f} px/s, told is {told:.0f} {COLUMN}"
        )
    return (
        f"its feet stand on ground that moves at {abs(found):.0f} px/s: on a treadmill tell the "
        f"belt's speed, {found:.0f} {COLUMN}; without one the poses of its feet are wrong, or the "
        "camera follows the animal"
    )


def contradicting_px_per_s(
    speeds: Float[ndarray, "frame limb"], told: float, body_length_px: float
) -> float:
    """The most common speed (px/s) if it is another than what is told, and clearly so; else NaN.

    NaN with too few frames, or where the animal's length is not known.
    """
    if np.isfinite(speeds).sum() < MIN_FRAMES or not np.isfinite(body_length_px):
        return float("nan")
    found = _most_common(speeds)
    least = max(SAME * max(abs(found), abs(told)), SLOW_BL_PER_S * body_length_px)
    is_clear = _near(speeds, found, least / 2) > CLEARLY * _near(speeds, told, least / 2)
    return found if abs(found - told) > least and is_clear else float("nan")


def _near(speeds: ndarray, around: float, reach: float) -> float:
    """Part of the known speeds that lie not farther away."""
    known = speeds[np.isfinite(speeds)]
    return float((np.abs(known - around) <= reach).mean()) if len(known) else 0.0


def _lasting_s(where: Bool[ndarray, "frame"], time_s: Float[ndarray, "frame"]) -> float:
    """Time from each such frame to the next one that is such, too."""
    return float(np.diff(time_s)[where[1:] & where[:-1]].sum())


def _feet_px_per_s(
    seen: SmoothedPoses, individual: int, settings: StrideSettings
) -> tuple[Float[ndarray, "frame limb 2"], float]:
    """Velocity of each foot (px/s), and the animal's length (px); NaN where it is not known."""
    names, time_s = seen.poses.space.keypoints, seen.poses.time_s
    always = np.ones(len(time_s), bool)
    body = seen_xy_px(seen, individual, known_columns(settings.body, names), np.nan, always)
    length = body_length_px(body)
    paws = seen_xy_px(seen, individual, known_columns(settings.limbs, names), length, always)
    each = [velocity_px_per_s(paws[..., axis], time_s, WINDOW_S) for axis in (0, 1)]
    return np.stack(each, axis=-1), length


def _most_common(values: Float[ndarray, "frame limb"]) -> float:
    """Half-sample mode: the middle of the shortest stretch with half of what is left, repeatedly.

    Of the known values, of which there is one. Robertson & Cryer 1974; Bickel & Fruehwirth 2006.
    """
    left = np.sort(values[np.isfinite(values)])
    while len(left) > 3:
        half = (len(left) + 1) // 2
        width = left[half - 1 :] - left[: len(left) - half + 1]
        start = int(np.argmin(width))
        left = left[start : start + half]
    return float(left.mean())
