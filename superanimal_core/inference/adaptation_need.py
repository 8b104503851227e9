"""A cheap look before any training: whether a video needs adapting, and whether it can teach.

Only what networks said of the video is looked at; no frame is decoded. Where they are sure, and say
the same, there is little to learn. Where they agree on nothing, or the animal is unlike all that
was labeled, there is nothing to learn from; unless several networks are sure of something, and
labels can tell afterwards whether that was an animal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from numpy import ndarray

from superanimal_core.inference.lessons import can_tell_strange, strange_animals
from superanimal_core.inference.witnesses import (
    VOUCHED_FRAMES,
    agreed_px,
    body_side_px,
    is_agreed_on,
)
from superanimal_core.pose.poses import Poses
from superanimal_core.smoothing.calibration import Calibration

FRAMES = 400  # that are looked at, evenly over the video
APART = 0.02  # of the body's longer side: networks that are so near to each other leave no gain
LOW = 0.15  # of the keypoints below the score: with fewer than that, networks are sure
SURE = 0.01  # of the keypoints at or above it: with fewer than that, nothing can be learned


@dataclass(frozen=True)
class Look:
    """Whether to adapt to a video, why, and the figures.

    `apart`: median distance of the networks from their middle, in parts of the body's longer side
    (NaN for one network); `low_fraction`: part of the keypoints below the score;
    `vouched_fraction`: part of the animals on which the networks agree and that are like labels.
    """

    is_worth_it: bool
    reason: str
    apart: float
    low_fraction: float
    vouched_fraction: float

    @property
    def can_teach(self) -> bool:
        """Whether somebody vouches for enough of what was seen."""
        return self.vouched_fraction >= VOUCHED_FRAMES


def look_at_need(
    members: Sequence[Poses],
    is_taught: Bool[ndarray, "keypoint"],
    calibration: Calibration | None,
    *,
    min_score: float,
) -> Look:
    """What networks say of a video, looked at for whether they can gain from it.

    `calibration` is what labels said of their errors, and of what is unlike them.
    """
    frame = np.unique(np.linspace(0, len(members[0]) - 1, FRAMES).round().astype(int))
    some = [poses.at(frame) for poses in members]
    known = np.stack([np.isfinite(poses.xy_px).all(axis=-1) for poses in some])
    is_there = known.any(axis=(0, 3))
    if not is_there.any():
        return Look(False, "nothing to learn from: no animal was found", np.nan, np.nan, 0.0)
    score = np.where(known, np.stack([poses.score for poses in some]), 0.0)[:, is_there]
    low = float((score < min_score)[..., is_taught].mean())
    body_px = body_side_px(some)
    is_vouched = ~strange_animals(some, calibration)
    if len(some) > 1:
        is_vouched &= is_agreed_on(agreed_px(some, body_px), is_taught)
    apart, vouched = _apart_px(some) / body_px, float(is_vouched[is_there].mean())
    if vouched < VOUCHED_FRAMES:
        reason = f"{vouched:.0%} of the animals are vouched for"
        if len(some) > 1 and can_tell_strange(calibration) and 1 - low >= SURE:
            return Look(True, f"tried, though {reason}", apart, low, vouched)
        return Look(False, f"nothing to learn from: {reason}", apart, low, vouched)
    is_sure = low <= LOW and not apart > APART
    reason = f"{low:.0%} of the keypoints score low, networks are {apart:.3f} of the body apart"
    return Look(not is_sure, ("not needed: " if is_sure else "") + reason, apart, low, vouched)


def _apart_px(members: Sequence[Poses]) -> float:
    """Median distance of networks from their mean; NaN for one."""
    xy_px = np.stack([poses.xy_px for poses in members])
    off = xy_px - xy_px.mean(axis=0)
    apart = np.hypot(off[..., 0], off[..., 1])
    known = apart[np.isfinite(apart)]
    return float(np.median(known)) if len(members) > 1 and len(known) else np.nan
