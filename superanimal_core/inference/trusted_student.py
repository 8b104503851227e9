"""Whether a student may stand in for the ensemble that taught it, in one video.

Both look at a few frames of it. Each says how far off it must be expected to be; where they are
further apart than both allow, one of them is wrong, and the ensemble goes on with the video.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.poses import Poses


@dataclass(frozen=True)
class Trust:
    """Whether a student is trusted with a video, why, and the figures that decided.

    `disagreement` is the part (0-1) of the `compared` positions that are further apart than both
    expected errors allow; NaN where there was none to compare.
    """

    is_trusted: bool
    reason: str
    disagreement: float
    compared: int


def judge_student(
    student: Poses,
    own: ExpectedError,
    ensemble: Poses,
    theirs: ExpectedError,
    is_taught: Bool[ndarray, "keypoint"],
    *,
    min_score: float,
    max_disagreement: float,
) -> Trust:
    """The student is trusted while at most `max_disagreement` of the positions are too far apart.

    Compared are the keypoints that the ensemble was taught, of the same animals in the same frames,
    where one of both has a score of at least `min_score`. Too far is beyond the root of the sum of
    the squares of both circles of 90 %; also where one has no position or nothing can be promised.
    Without anything to compare the ensemble goes on.
    """
    sure = [is_seen(poses) & (poses.score >= min_score) for poses in (student, ensemble)]
    is_asked = (sure[0] | sure[1]) & is_taught
    compared = int(is_asked.sum())
    if not compared:
        reason = f"no keypoint has a score of {min_score} in the frames that were looked at"
        return Trust(False, reason, float("nan"), 0)
    distance = np.linalg.norm(student.xy_px - ensemble.xy_px, axis=-1)
    allowed = np.hypot(own.radius_90_px, theirs.radius_90_px)
    if not np.isfinite(allowed[is_asked]).any():
        reason = (
            "fewer than 30 labels are held out, or all of one video or animal: errors are unknown"
        )
        return Trust(False, reason, float("nan"), compared)
    apart = float(np.mean(~(distance <= allowed)[is_asked]))
    told = f"{apart:.0%} of {compared} keypoints further apart than both expected errors allow"
    return Trust(apart <= max_disagreement, told, apart, compared)


def as_one_frame(seen: Sequence[Poses], boxed: Bool[ndarray, "frame individual"]) -> list[Poses]:
    """The animals that have a box, of all frames, as those of a single one, for each network.

    So are labeled animals calibrated: each is smoothed alone.
    """
    count = int(boxed.sum())
    names = tuple(str(animal) for animal in range(count))
    return [
        Poses(each.space, names, np.zeros(1), each.xy_px[boxed][None], each.score[boxed][None])
        for each in seen
    ]


def is_seen(poses: Poses) -> Bool[ndarray, "frame individual keypoint"]:
    """Where there is a position."""
    return np.asarray(np.isfinite(poses.xy_px).all(axis=-1))


def has_box(
    boxes_xyxy_px: Float[ndarray, "frame individual 4"],
) -> Bool[ndarray, "frame individual"]:
    """Where an animal has a box."""
    return np.asarray(np.isfinite(boxes_xyxy_px).all(axis=-1))
