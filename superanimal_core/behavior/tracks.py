"""Tracks of paws as footfalls need them: seen, without jumps, each limb's own.

What nobody saw, and jumps that no animal makes, are NaN. Limbs that changed places are put back.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.behavior.animal_exchanges import AnimalExchanges, find_animal_exchanges
from superanimal_core.behavior.exchanges import is_exchanged, is_same_place, pairs_of
from superanimal_core.behavior.jumps import is_jump
from superanimal_core.behavior.travel import Travel
from superanimal_core.pose.poses import SmoothedPoses

SMEAR_FRAMES = 1  # around a jump, which the smoother spreads


def unsmoothed(poses: SmoothedPoses) -> SmoothedPoses:
    """What the networks saw, in the place of the smoothed positions; NaN where nobody saw.

    The model of a swing smooths by itself, and knows what a swing is; a smoother that does not
    makes swings longer.
    """
    seen = (poses.members > 0)[..., None]
    xy = np.where(seen, poses.raw_xy_px, np.nan)
    return replace(poses, poses=replace(poses.poses, xy_px=xy))


def seen_xy_px(
    poses: SmoothedPoses,
    individual: int,
    columns: list[int],
    body_length_px: float,
    is_moving: Bool[ndarray, "frame"],
) -> Float[ndarray, "frame keypoint 2"]:
    """Positions that somebody saw and that are no jumps (`is_jump`); NaN elsewhere."""
    raw = raw_xy_px(poses, individual, columns, body_length_px, is_moving)
    xy = poses.poses.xy_px[:, individual, columns].astype(np.float64)
    for place, track in enumerate(raw):
        seen = poses.members[:, individual, columns[place]] > 0
        jumps = seen & ~np.isfinite(track[:, 0])
        xy[~seen | _widened(jumps, SMEAR_FRAMES), place] = np.nan
    return xy


def raw_xy_px(
    poses: SmoothedPoses,
    individual: int,
    columns: list[int],
    body_length_px: float,
    is_moving: Bool[ndarray, "frame"],
) -> Float[ndarray, "keypoint frame 2"]:
    """Positions before smoothing, without those that nobody saw and without jumps."""
    raw = poses.raw_xy_px[:, individual, columns].astype(np.float64).transpose(1, 0, 2)
    raw[poses.members[:, individual, columns].T == 0] = np.nan
    for track in raw if np.isfinite(body_length_px) else ():
        track[is_jump(track, body_length_px, is_moving)] = np.nan
    return raw


def apart_from_others(
    poses: SmoothedPoses,
    individual: int,
    columns: list[int],
    body_length_px: float,
    most_apart_s: float,
) -> tuple[SmoothedPoses, AnimalExchanges]:
    """Poses in which the animal's body does not step where its track becomes another animal's.

    These keypoints say so (`find_animal_exchanges`).
    """
    seen = (poses.members[:, :, columns] > 0)[..., None]
    found = find_animal_exchanges(
        np.where(seen, poses.raw_xy_px[:, :, columns], np.nan).astype(np.float64),
        individual,
        poses.poses.time_s,
        body_length_px=body_length_px,
        most_apart_s=most_apart_s,
    )
    if not len(found.after):
        return poses, found
    xy, raw = poses.poses.xy_px.astype(np.float64), poses.raw_xy_px.astype(np.float64)
    for track in (xy, raw):
        track[:, individual] = found.without_steps(track[:, individual])
    return replace(poses, poses=replace(poses.poses, xy_px=xy), raw_xy_px=raw), found


def find_exchanges(
    raw_px: Float[ndarray, "limb frame 2"],
    limbs: list[str],
    travel: Travel,
    time_s: Float[ndarray, "frame"],
    stride_time_s: float,
    animals: AnimalExchanges,
) -> Bool[ndarray, "limb frame"]:
    """Where the tracks of a left and a right limb have changed places, for both of them."""
    found = np.zeros(raw_px.shape[:2], bool)
    direction = np.where(travel.is_walking[:, None], travel.direction, np.nan)
    for left, right in pairs_of(limbs):
        found[[left, right]] = is_exchanged(
            raw_px[left], raw_px[right], direction, time_s, stride_time_s, animals.after
        )
    return found


def find_taken(
    raw_px: Float[ndarray, "limb frame 2"],
    limbs: list[str],
    travel: Travel,
    time_s: Float[ndarray, "frame"],
    stride_time_s: float,
) -> Bool[ndarray, "limb frame"]:
    """Where a limb's track lies on the paw on the other side; a frame more on either side."""
    found = np.zeros(raw_px.shape[:2], bool)
    for left, right in pairs_of(limbs):
        told = is_same_place(raw_px[left], raw_px[right], travel.is_walking, time_s, stride_time_s)
        found[left], found[right] = (_widened(one, SMEAR_FRAMES) for one in told)
    return found


def mended_px(
    paws: Float[ndarray, "limb frame 2"], limbs: list[str], exchanged: Bool[ndarray, "limb frame"]
) -> Float[ndarray, "limb frame 2"]:
    """Tracks put back in their places; unknown where they change, since smoothing joined them."""
    mended = paws.copy()
    for left, right in pairs_of(limbs):
        where = exchanged[left]
        mended[left, where], mended[right, where] = paws[right, where], paws[left, where]
        changes = np.zeros(len(where), bool)
        changes[1:] = where[1:] != where[:-1]
        beside = _widened(changes | np.append(changes[1:], False), SMEAR_FRAMES)
        mended[left, beside] = mended[right, beside] = np.nan
    return mended


def _widened(is_true: Bool[ndarray, "frame"], frames: int) -> Bool[ndarray, "frame"]:
    if not is_true.any():
        return is_true
    return np.convolve(is_true, np.ones(2 * frames + 1), mode="same") > 0.5
