"""How far feet that stand shake together, which the errors of their keypoints do not explain.

A foot in stance stays where it is on the ground, or slides evenly. What two of them do together
beside that is neither: the camera is not still, or all keypoints err alike. Intervals of strides
are drawn from errors of each keypoint by itself and know nothing of it.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.behavior.footfalls import Walk
from superanimal_core.behavior.slides import stances_s
from superanimal_core.behavior.travel import known_columns
from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.behavior import StrideSettings

MIN_FRAMES = 200  # in which two feet stand
OF_LINE = 2  # frames of a stance that its line takes
MUCH = 0.75  # of what is expected of each foot by itself: networks may err alike by half of it


def shake_flags(
    seen: SmoothedPoses,
    walks: Sequence[Walk],
    expected: ExpectedError,
    settings: StrideSettings,
) -> list[str]:
    """A sentence for each animal whose feet shake together by more than their errors are.

    `seen` are unsmoothed positions, and `walks` what was detected on them.
    """
    flags = []
    limbs = known_columns(settings.limbs, seen.poses.space.keypoints)
    for i, (individual, walk) in enumerate(zip(seen.poses.individuals, walks, strict=True)):
        sd_px = expected.sd_px[:, i][:, limbs]
        known_px = sd_px[np.isfinite(sd_px)]
        if not len(known_px):
            continue  # without an account of error no interval is given
        found = shaking_px(walk, seen.poses.time_s)
        if found > MUCH * (usual := float(np.median(known_px))):
            flags.append(
                f"{individual}: feet that stand shake together by {found:.1f} px, each is expected "
                f"to err by {usual:.1f}: the camera is not still, or all keypoints err alike; when "
                "feet strike and lift is less sure than the intervals say"
            )
    return flags


def shaking_px(walk: Walk, time_s: Float[ndarray, "frame"]) -> float:
    """Standard deviation of each coordinate of what feet in stance do together (px).

    From the covariance of any two that stand at the same time, each beside the line that it goes
    evenly along. NaN where two stand in too few frames.
    """
    beside = np.stack(
        [
            _beside_lines(xy, time_s, *stances_s(falls))
            for xy, falls in zip(walk.xy_px, walk.footfalls, strict=True)
        ]
    )
    products = [beside[a] * beside[b] for a, b in combinations(range(len(beside)), 2)]
    both = np.concatenate([np.empty((0, 2)), *products])
    both = both[np.isfinite(both).all(axis=1)]
    if len(both) < MIN_FRAMES:
        return float("nan")
    return float(np.sqrt(max(both.mean(), 0.0)))


def _beside_lines(
    foot_px: Float[ndarray, "frame 2"], time_s: ndarray, start_s: ndarray, stop_s: ndarray
) -> Float[ndarray, "frame 2"]:
    """How far a foot is from the line through each stance; NaN beyond them.

    As large as it would be beside the true line: that of few frames goes to meet them.
    """
    found = np.full_like(foot_px, np.nan)
    is_known = np.isfinite(foot_px.sum(axis=1))
    for start, stop in zip(start_s.tolist(), stop_s.tolist(), strict=True):
        first, end = np.searchsorted(time_s, [start, stop])
        frames = first + np.flatnonzero(is_known[first:end])
        if len(frames) > OF_LINE:
            line = np.stack([np.ones(len(frames)), time_s[frames] - start], axis=1)
            own = foot_px[frames]
            off = own - line @ np.linalg.lstsq(line, own, rcond=None)[0]
            found[frames] = off * np.sqrt(len(frames) / (len(frames) - OF_LINE))
    return found
