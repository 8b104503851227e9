"""Whether a smoother's residuals are what it claims, and what takes its place where they are not.

Claimed is how far an observation lies from the smoothed position: the noise of the observation and
the posterior variance together. Found is how far it does. Residuals smaller than claimed say
nothing: errors that networks share and that last are followed, not seen. Larger ones say that the
model is wrong: views that do not fit together, a motion that it does not know.

Networks' errors have heavy tails, and a jump is no contradiction. So the video is judged second by
second, each by its median, and a keypoint by how many seconds contradict.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Shaped
from numpy import ndarray

from superanimal_core.pose.frame_rate import frames_per_second
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.smoothing import NoiseSettings
from superanimal_core.smoothing.eks import observation_noise_px2
from superanimal_core.smoothing.ensemble import EnsembleMoments

SECOND_S, MIN_FRAMES = 1.0, 15  # what is judged at a time, and how much must have been seen of it
LIMIT = 3.0  # of squared residuals over what is claimed
PART = 0.1  # of the seconds, and at least MIN_SECONDS
MIN_SECONDS = 2
MEDIAN_OF_TWO = float(np.log(4))  # of the sum of two squared standard normals
INSTEAD_OF = " instead of "


def contradictions(
    smoothed: SmoothedPoses, settings: NoiseSettings
) -> Bool[ndarray, "individual keypoint"]:
    """Which keypoints lie farther from what was seen than the smoother claims.

    More than LIMIT in PART of the seconds, and in MIN_SECONDS at least.
    """
    ratios = residual_ratios(smoothed, settings)
    seconds = np.isfinite(ratios).sum(axis=0)
    beyond = (np.nan_to_num(ratios) > LIMIT).sum(axis=0)
    return beyond >= np.maximum(PART * seconds, MIN_SECONDS)


def residual_ratios(
    smoothed: SmoothedPoses, settings: NoiseSettings
) -> Float[ndarray, "second individual keypoint"]:
    """Typical squared residual over what is claimed, of each second; 1 as it should be.

    NaN where fewer than MIN_FRAMES were both seen and smoothed.
    """
    found = np.square(smoothed.raw_xy_px - smoothed.poses.xy_px).sum(axis=-1)
    claimed = (claimed_noise_px2(smoothed, settings) + smoothed.variance_px2).mean(axis=-1)
    claimed[~np.isfinite(found)] = np.nan
    starts = _seconds(smoothed.poses.time_s)
    ratios = np.full((len(starts), *found.shape[1:]), np.nan)
    for second, (start, stop) in enumerate(pairwise([*starts, len(found)])):
        residual, claim = found[start:stop], claimed[start:stop]
        enough = np.isfinite(claim).sum(axis=0) >= MIN_FRAMES
        typical, usual = (_known_medians(of[:, enough]) for of in (residual, claim))
        ratios[second, enough] = typical / usual / MEDIAN_OF_TWO
    return ratios


def _known_medians(values: Float[ndarray, "frame series"]) -> Float[ndarray, "series"]:
    """Median of the known values of each series, of which there are some.

    Of few frames many times as fast as np.nanmedian.
    """
    ranked, known = np.sort(values, axis=0), (~np.isnan(values)).sum(axis=0)  # unknown ones last
    middle = np.stack([(known - 1) // 2, known // 2])
    return np.take_along_axis(ranked, middle, axis=0).sum(axis=0) / 2


def claimed_noise_px2(
    smoothed: SmoothedPoses, settings: NoiseSettings
) -> Float[ndarray, "frame individual keypoint 2"]:
    """Noise of the center of the members as an observation: one member's own variance.

    Networks err together, so it is not divided by their number. The factor makes the median of the
    spreads that variance: few members have a skewed spread (Wilson and Hilferty 1931).
    """
    count = smoothed.members[..., None].astype(float)
    freedom = 2 * np.maximum(count - 1, 1)  # of both coordinates together
    unbiased = smoothed.ensemble_variance_px2 * count / np.maximum(count - 1, 1)
    spread = unbiased / (1 - 2 / (9 * freedom)) ** 3
    moments = EnsembleMoments(smoothed.raw_xy_px, spread, smoothed.poses.score, smoothed.members)
    return observation_noise_px2(moments, settings)


def fall_back(
    smoothed: SmoothedPoses, simpler: SmoothedPoses, fallen: Bool[ndarray, "individual keypoint"]
) -> SmoothedPoses:
    """`smoothed`, with the fallen keypoints of `simpler`, and a name that says so."""
    smoother = smoothed.smoothers().astype(object)
    smoother[fallen] = simpler.smoothers()[fallen] + INSTEAD_OF + smoother[fallen]
    taken = fallen[None, :, :, None]
    xy_px = np.where(taken, simpler.poses.xy_px, smoothed.poses.xy_px)
    return replace(
        smoothed,
        poses=replace(smoothed.poses, xy_px=xy_px),
        variance_px2=np.where(taken, simpler.variance_px2, smoothed.variance_px2),
        strength=np.where(fallen, simpler.strength, smoothed.strength),
        smoother=smoother.astype(str),
    )


def has_fallen_back(
    smoother: Shaped[ndarray, "individual keypoint"],
) -> Bool[ndarray, "individual keypoint"]:
    """Which keypoints were smoothed by something simpler than was asked for."""
    return np.char.find(smoother.astype(str), INSTEAD_OF) >= 0


def fallback_flags(smoothed: SmoothedPoses) -> list[str]:
    """A sentence for each smoother that gave way, and for which keypoints."""
    fallen = has_fallen_back(smoothed.smoothers())
    names = np.broadcast_to(np.array(smoothed.poses.space.keypoints), fallen.shape)
    kinds = np.unique(smoothed.smoothers()[fallen])
    return [
        f"smoothed by {kind}, whose residuals are larger than it claims: "
        + ", ".join(dict.fromkeys(names[smoothed.smoothers() == kind].tolist()))
        for kind in kinds.tolist()
    ]


def _seconds(time_s: Float[ndarray, "frame"]) -> list[int]:
    """First frame of each second (or of as many frames as are needed); the last may be longer."""
    if len(time_s) < 2:
        return [0]
    frames = max(round(SECOND_S * frames_per_second(time_s)), 2 * MIN_FRAMES)
    return [*range(0, max(len(time_s) - frames + 1, 1), frames)]
