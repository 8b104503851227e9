"""One animal's keypoints over time as its features see them: without jumps, by name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.behavior.arena import Arena
from superanimal_core.behavior.jumps import MIN_BODY_LENGTHS, NEAR_FRAMES, is_jump
from superanimal_core.behavior.kinematics import velocity_px_per_s
from superanimal_core.behavior.travel import body_length_px, bridged_px
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.behavior import AnatomySettings

MOVES_BL_PER_S = 0.2  # speed of the body above which steps of keypoints are usual


@dataclass(frozen=True)
class Animal:
    """Keypoints of one animal, of the others, and what is measured over which time.

    `xy_px` has jumps that no animal makes bridged (`without_jumps`).
    """

    keypoints: tuple[str, ...]
    bones: tuple[tuple[str, str], ...]
    anatomy: AnatomySettings
    time_s: Float[ndarray, "frame"]
    window_s: float
    xy_px: Float[ndarray, "frame keypoint 2"]
    score: Float[ndarray, "frame keypoint"]
    others_px: Float[ndarray, "other frame keypoint 2"]
    arena: Arena | None

    def point(self, *names: str) -> Float[ndarray, "frame 2"]:
        """The track of the first of these keypoints that the space has; NaN without any."""
        for name in names:
            if name in self.keypoints:
                return self.xy_px[:, self.keypoints.index(name)]
        return np.full((len(self.time_s), 2), np.nan)

    def other_point(self, name: str) -> Float[ndarray, "other frame 2"]:
        """The same keypoint of each other animal."""
        if name in self.keypoints:
            return self.others_px[:, :, self.keypoints.index(name)]
        return np.full((*self.others_px.shape[:2], 2), np.nan)


def without_jumps(
    poses: Poses, anatomy: AnatomySettings, window_s: float
) -> tuple[Poses, list[Float[ndarray, "frame"]]]:
    """Poses with single jumps bridged, and how many there were in each frame of each individual.

    `jumps.is_jump`, by what is usual while the animal moves. A keypoint none of whose positions is
    farther from both neighbors than half of the least jump has none. Counts are NaN where no
    keypoint is known.
    """
    xy, counts = poses.xy_px.astype(np.float64), []
    known = poses.space.keypoints
    for i in range(len(poses.individuals)):
        center, length = np.full((len(poses), 2), np.nan), float("nan")
        if anatomy.center in known:
            center = xy[:, i, known.index(anatomy.center)]
        if anatomy.front in known and anatomy.rear in known:
            ends = [known.index(anatomy.front), known.index(anatomy.rear)]
            length = body_length_px(xy[:, i, ends])
        speed = np.hypot(*velocity_px_per_s(center, poses.time_s, window_s).T)
        xy[:, i], count = _bridged(xy[:, i], poses.time_s, length, speed)
        counts.append(count)
    return replace(poses, xy_px=xy), counts


def animal_of(
    poses: Poses, individual: int, anatomy: AnatomySettings, window_s: float, arena: Arena | None
) -> Animal:
    """What the groups of features look at."""
    others = [i for i in range(len(poses.individuals)) if i != individual]
    return Animal(
        poses.space.keypoints,
        poses.space.bones,
        anatomy,
        poses.time_s,
        window_s,
        poses.xy_px[:, individual],
        poses.score[:, individual],
        poses.xy_px[:, others].transpose(1, 0, 2, 3),
        arena,
    )


def _bridged(
    xy_px: Float[ndarray, "frame keypoint 2"],
    time_s: Float[ndarray, "frame"],
    body_length_px: float,
    center_speed_px_per_s: Float[ndarray, "frame"],
) -> tuple[Float[ndarray, "frame keypoint 2"], Float[ndarray, "frame"]]:
    """Positions with single jumps bridged, and how many there were in each frame."""
    known = np.isfinite(xy_px[..., 0])
    count = np.zeros(len(xy_px))
    if len(xy_px) > 2 and np.isfinite(body_length_px):
        with np.errstate(invalid="ignore"):
            is_moving = center_speed_px_per_s > MOVES_BL_PER_S * body_length_px
        is_moving = is_moving if is_moving.any() else np.ones(len(xy_px), bool)
        xy_px = xy_px.copy()
        for k in _suspects(xy_px, MIN_BODY_LENGTHS / 2 * body_length_px):
            jumps = _jumps(xy_px[:, k], body_length_px, is_moving) & known[:, k]
            count += jumps
            track = np.where(jumps[:, None], np.nan, xy_px[:, k])
            xy_px[jumps, k] = bridged_px(track, time_s)[jumps]
    return xy_px, np.where(known.any(axis=1), count, np.nan)


def _jumps(
    track_px: Float[ndarray, "frame 2"], body_length_px: float, is_moving: Bool[ndarray, "frame"]
) -> Bool[ndarray, "frame"]:
    """`is_jump`, in the first and the last frames too: beyond the ends the track is mirrored."""
    beyond = min(NEAR_FRAMES, len(track_px) - 1)
    padded = np.pad(track_px, ((beyond, beyond), (0, 0)), mode="reflect")
    moving = np.pad(is_moving, beyond, mode="edge")
    return is_jump(padded, body_length_px, moving)[beyond : len(padded) - beyond]


def _suspects(xy_px: Float[ndarray, "frame keypoint 2"], far_px: float) -> Sequence[int]:
    """Keypoints that are far from both neighbors in some frame."""
    step = np.hypot(*np.moveaxis(np.diff(xy_px, axis=0), -1, 0))
    with np.errstate(invalid="ignore"):
        is_far = (np.fmin(step[1:], step[:-1]) > far_px).any(axis=0)
        is_far |= (step[[0, -1]] > far_px).any(axis=0)
    return np.flatnonzero(is_far).tolist()
