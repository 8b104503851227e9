"""The same animal under the same name in every member of an ensemble.

Networks that were run and tracked one by one may call an animal `mouse1` in one file and `mouse2`
in another, or exchange two animals halfway. The members of the workflow share their boxes and need
none of this.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.pose.poses import Poses


def match_individuals(members: Sequence[Poses]) -> list[Poses]:
    """The members with their individuals named, frame by frame, as in the first member.

    Of all ways to assign a member's individuals to the first member's, the one with the least sum
    of distances (mean over the keypoints that both know, px) is taken. A pair without a common
    keypoint costs as much as the farthest pair of the frame.
    """
    return [members[0], *(_matched(members[0], member) for member in members[1:])]


def _matched(first: Poses, member: Poses) -> Poses:
    if len(first.individuals) < 2:
        return member
    order = np.stack([_assignment(cost) for cost in _distances_px(first, member)])
    frame = np.arange(len(member))[:, None]
    return replace(
        member,
        individuals=first.individuals,
        xy_px=member.xy_px[frame, order],
        score=member.score[frame, order],
    )


def _distances_px(first: Poses, member: Poses) -> Float[ndarray, "frame individual individual"]:
    """Mean distance of every individual of `first` to every one of `member`; NaN when unknown."""
    apart = first.xy_px[:, :, None] - member.xy_px[:, None]
    distance = np.hypot(apart[..., 0], apart[..., 1])
    known = np.isfinite(distance)
    count = known.sum(axis=-1)
    mean = np.where(known, distance, 0.0).sum(axis=-1) / np.maximum(count, 1)
    return np.where(count > 0, mean, np.nan)


def _assignment(cost: Float[ndarray, "individual individual"]) -> Int[ndarray, "individual"]:
    """For each individual of the first member, its number in the other."""
    from scipy.optimize import linear_sum_assignment  # here: slow to import, for few

    known = np.isfinite(cost)
    if not known.any():
        return np.arange(len(cost))
    return linear_sum_assignment(np.where(known, cost, cost[known].max()))[1]
