"""How far off a position must be expected that no network saw.

Nothing about the networks tells: their scores are those of what they did not see. What is known is
how far off the last and the next seen position are, and how much the motion adds in between: as
much as the smoother's posterior variance grows within the gap.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.pose.poses import Poses, SmoothedPoses


def is_seen(smoothed: SmoothedPoses) -> Bool[ndarray, "frame individual keypoint"]:
    """Whether a network saw the keypoint."""
    return smoothed.members > 0


def seen_poses(smoothed: SmoothedPoses) -> Poses:
    """The poses without what no network saw: the score of that says nothing about the animal."""
    xy_px = np.where(is_seen(smoothed)[..., None], smoothed.poses.xy_px, np.nan)
    return replace(smoothed.poses, xy_px=xy_px)


def bridged_error_px(
    expected_px: Float[ndarray, "frame individual keypoint"], smoothed: SmoothedPoses
) -> Float[ndarray, "frame individual keypoint"]:
    """Expected error (px) of all positions, from that of the seen ones.

    The square of a seen position's passes evenly, in time, into that of the next; what the
    posterior variance is more than between the two is added (its part of a mean distance in two
    dimensions). NaN where there is no position, and where none of the keypoint was ever seen.
    """
    bridged, variance_px2 = expected_px.copy(), smoothed.variance_px2.mean(axis=-1)
    for i, k in np.ndindex(expected_px.shape[1:]):
        unseen = ~is_seen(smoothed)[:, i, k]
        bridged[unseen, i, k] = np.nan
        known = np.flatnonzero(np.isfinite(bridged[:, i, k]))
        if len(known) and unseen.any():
            when_s, known_s = smoothed.poses.time_s[unseen], smoothed.poses.time_s[known]
            at_edges = np.interp(when_s, known_s, np.square(bridged[known, i, k]))
            variance = variance_px2[:, i, k]
            grown = variance[unseen] - np.interp(when_s, known_s, variance[known])
            bridged[unseen, i, k] = np.sqrt(at_edges + np.pi / 2 * np.maximum(grown, 0))
    return bridged
