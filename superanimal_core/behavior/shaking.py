"""How far feet that stand shake together, which the errors of their keypoints do not explain.

A foot in stance stays where it is on the ground, or slides evenly. What two of them do together
beside that is neither: the camera is not still, or all keypoints err alike. Intervals of strides
are drawn from errors of each keypoint by itself and know nothing of it.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.behavior.footfalls import Walk
from superanimal_core.behavior.slides import stances_s
from superanimal_core.behavior.travel import known_columns
from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.behavior import StrideSettings

MIN_FRAMES = 200  # in which two feet stand
UNUSUAL = 5.0  # standard deviations from the median of what two stances have in common
SD_OF_MEDIAN = 1.4826  # of a normal distribution: its sd, in median distances from the middle
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

    From the covariance of any two stances at the same time, each beside the line that it goes
    evenly along. Stances that have far more in common than others do are left out: in some of their
    frames the whole animal was off. NaN where two stand in too few frames.
    """
    lines = [
        _beside_lines(xy, time_s, *stances_s(falls))
        for xy, falls in zip(walk.xy_px, walk.footfalls, strict=True)
    ]
    pairs = [_covariance(*one, *other) for one, other in combinations(lines, 2)]
    common_px2, frames = np.concatenate([np.empty((2, 0)), *pairs], axis=1)
    if frames.sum() < MIN_FRAMES:
        return float("nan")
    return float(np.sqrt(max(usual_mean(common_px2, frames), 0.0)))


def usual_mean(values: Float[ndarray, "value"], counts: Float[ndarray, "value"]) -> float:
    """Mean of values that are means of so many, without those far beyond most of the others."""
    beyond = np.abs(values - np.median(values)) * np.sqrt(counts)
    is_usual = beyond <= UNUSUAL * SD_OF_MEDIAN * np.median(beyond)
    return float(np.average(values[is_usual], weights=counts[is_usual]))


def _covariance(
    one_px: Float[ndarray, "frame 2"],
    of_one: Int[ndarray, "frame"],
    other_px: Float[ndarray, "frame 2"],
    of_other: Int[ndarray, "frame"],
) -> Float[ndarray, "2 pair"]:
    """Of any two stances at the same time: their covariance (px²), and in how many frames."""
    both = np.flatnonzero((of_one >= 0) & (of_other >= 0))
    stances = of_one[both] * (of_other.max(initial=0) + 1) + of_other[both]  # one number for two
    pair = np.unique(stances, return_inverse=True)[1]
    product = (one_px[both] * other_px[both]).mean(axis=1)
    frames = np.bincount(pair)
    return np.stack([np.bincount(pair, product) / frames, frames])


def _beside_lines(
    foot_px: Float[ndarray, "frame 2"], time_s: ndarray, start_s: ndarray, stop_s: ndarray
) -> tuple[Float[ndarray, "frame 2"], Int[ndarray, "frame"]]:
    """How far a foot is from the line through each stance, and which that is; NaN, -1 beyond them.

    As large as it would be beside the true line: that of few frames goes to meet them.
    """
    found, which = np.full_like(foot_px, np.nan), np.full(len(foot_px), -1)
    is_known = np.isfinite(foot_px.sum(axis=1))
    for n, (start, stop) in enumerate(zip(start_s.tolist(), stop_s.tolist(), strict=True)):
        first, end = np.searchsorted(time_s, [start, stop])
        frames = first + np.flatnonzero(is_known[first:end])
        if len(frames) > OF_LINE:
            line = np.stack([np.ones(len(frames)), time_s[frames] - start], axis=1)
            own = foot_px[frames]
            off = own - line @ np.linalg.lstsq(line, own, rcond=None)[0]
            found[frames] = off * np.sqrt(len(frames) / (len(frames) - OF_LINE))
            which[frames] = n
    return found, which
