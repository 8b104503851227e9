"""Gaps that were not bridged: where an animal is gone for too long to say where it was."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.pose.poses import Poses
from superanimal_core.smoothing.eks import ROUNDING_S


def open_gaps_s(poses: Poses, max_gap_s: float) -> Float[ndarray, "gap"]:
    """Duration (s) of every gap longer than `max_gap_s` in the track of an individual.

    A gap lies between two frames in which the individual has a keypoint, with no such frame in
    between: the animal was gone, or the video has a hole. Before the first and after the last there
    is no gap.
    """
    is_known = np.isfinite(poses.xy_px.sum(axis=3))
    lasting = [np.empty(0)]
    for individual in range(len(poses.individuals)):
        seen = np.flatnonzero(is_known[:, individual].sum(axis=1))
        lasting.append(np.diff(poses.time_s[seen]))
    every = np.concatenate(lasting)
    return every[every > max_gap_s + ROUNDING_S]
