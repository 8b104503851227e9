"""The Ensemble Kalman smoother for one camera.

Biderman, Whiteway et al. 2024 (Lightning Pose), section "Ensemble Kalman smoother": the center of
several networks is the observation, their spread is its noise, and each coordinate moves by a
simple model (motion.py). Where the networks agree the smoother follows them, where they disagree it
follows the past and the future.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.errors import VideoError
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.settings.smoothing import EksSmoothing, NoiseSettings
from superanimal_core.smoothing.ensemble import EnsembleMoments, ensemble_moments
from superanimal_core.smoothing.learned_noise import learn_noise
from superanimal_core.smoothing.motion import chosen_motion, possible_motions, smooth_motion
from superanimal_core.smoothing.robust import smooth_robustly
from superanimal_core.smoothing.strength import (
    Series,
    likelihood_frames,
    take_frames,
    with_constant_noise,
)

ROUNDING_S = 1e-9  # of differences of time stamps, which must not depend on the hour
MIN_CONFIDENCE = 1e-5  # EKS 4.6.2: a lone network's score is not taken for less


@dataclass(frozen=True)
class SmoothedTrack:
    """One keypoint of one individual, smoothed, and by what; fields as in SmoothedPoses."""

    xy_px: Float[ndarray, "frame 2"]
    variance_px2: Float[ndarray, "frame 2"]
    moments: EnsembleMoments
    strength: float
    smoother: str


def smooth_ensemble(members: Sequence[Poses], settings: EksSmoothing) -> SmoothedPoses:
    """Posterior mean and variance of every keypoint, from the predictions of several networks.

    The members' `center` is the observation. `motion` names the model, 'auto' takes the more likely
    one; a velocity lasts for `velocity_s`. `strength` is the variance that a coordinate gains in
    the long run, in px^2 per median frame interval; None finds the most likely one per individual
    and keypoint (x and y share it), on at most `strength_frames` frames. A step lasts as long as it
    lasts, so dropped frames and variable rates are what they are. Predictions with a score below
    `min_score` count as absent. Frames without any are bridged when the observations before and
    after are at most `max_gap_s` apart, else they are NaN, as are frames before the first and after
    the last observation. Each series stands alone: NaN never reaches a neighbor.

    With the noise 'reference' it is the ensemble variance over the mean score, with 'learned' what
    the whole recording tells of it (learned_noise.py, robust.py), where two members ever saw the
    keypoint, for one alone tells nothing of its own noise; at least `min_variance_px2`.
    Where only one member saw the keypoint there is no spread: the noise is
    `single_network_variance_px2` over the score, and the reported ensemble variance is 0.

    Positions have the dtype of the members' positions. VideoError when there are no members, when
    they do not describe the same frames, or when time does not increase.

    Unlike ensemble-kalman-smoother 4.6.2, the first frame has a flat prior rather than the series'
    own mean and variance (which pull it to the middle of the arena and make the result depend on
    the direction of time), NaN is a missing observation, and a step lasts as long as it lasts.
    """
    first = check_members(members)
    individuals, keypoints = first.score.shape[1:]
    tracks = (
        smooth_keypoint(
            [member.xy_px[:, i, k] for member in members],
            [member.score[:, i, k] for member in members],
            first.time_s,
            settings,
        )
        for i in range(individuals)
        for k in range(keypoints)
    )
    return poses_from_tracks(first, tracks)


def poses_from_tracks(like: Poses, tracks: Iterable[SmoothedTrack]) -> SmoothedPoses:
    """Tracks in order of individual and keypoint, as poses of the same animals and frames."""
    dtype = like.xy_px.dtype
    xy = np.full(like.xy_px.shape, np.nan, dtype)
    variance, raw, spread = xy.copy(), xy.copy(), xy.copy()
    score = np.zeros(like.score.shape, dtype)
    seen_by = np.zeros(like.score.shape, np.int16)
    strengths = np.full(like.score.shape[1:], np.nan)
    smoothers = np.full(strengths.shape, "", dtype=object)
    for (i, k), track in zip(np.ndindex(strengths.shape), tracks, strict=True):
        xy[:, i, k], variance[:, i, k] = track.xy_px, track.variance_px2
        raw[:, i, k], spread[:, i, k] = track.moments.center_px, track.moments.variance_px2
        score[:, i, k], seen_by[:, i, k] = track.moments.score, track.moments.members
        strengths[i, k], smoothers[i, k] = track.strength, track.smoother
    poses = Poses(like.space, like.individuals, like.time_s, xy, score)
    return SmoothedPoses(poses, variance, raw, spread, seen_by, strengths, smoothers.astype(str))


def smooth_keypoint(
    xy_px: Sequence[Float[ndarray, "frame 2"]],
    score: Sequence[Float[ndarray, "frame"]],
    time_s: Float[ndarray, "frame"],
    settings: EksSmoothing,
) -> SmoothedTrack:
    """One keypoint of one individual (see smooth_ensemble); one array per member.

    It needs a few hundred bytes per frame beyond its input, so that long recordings are smoothed
    exactly, keypoint by keypoint.
    """
    moments = ensemble_moments(xy_px, score, settings)
    steps = step_per_strength(time_s, moments.members > 0, settings.max_gap_s)
    motions = possible_motions(settings, time_s)
    if settings.noise == "learned" and moments.has_spread:
        noise = learn_noise(xy_px, moments, time_s, settings)
        mean, variance, motion, strength = smooth_robustly(
            moments.center_px, noise, time_s, steps, motions, settings
        )
        return SmoothedTrack(mean, variance, moments, strength, motion.name)
    noise_px2 = observation_noise_px2(moments, settings)
    chosen = likelihood_frames(len(time_s), settings.strength_frames)
    series = [
        take_frames(Series(moments.center_px[:, axis].copy(), noise_px2[:, axis], steps), chosen)
        for axis in (0, 1)
    ]
    constant = [one for s in series if (one := with_constant_noise(s)) is not None]
    motion, strength = chosen_motion(constant, motions, settings.strength)
    known = strength if np.isfinite(strength) else 1.0
    mean, variance = smooth_motion(motion, moments.center_px, noise_px2, steps, known)
    return SmoothedTrack(mean, variance, moments, strength, motion.name)


def observation_noise_px2(
    moments: EnsembleMoments, settings: NoiseSettings
) -> Float[ndarray, "*shape 2"]:
    """Variance of the ensemble's center as an observation (px^2); infinite where nobody saw it."""
    weighted = confidence_weighted_variance_px2(moments, settings.single_network_variance_px2)
    return np.maximum(weighted, settings.min_variance_px2)


def confidence_weighted_variance_px2(
    moments: EnsembleMoments, single_network_variance_px2: float
) -> Float[ndarray, "*shape 2"]:
    """EKS 4.6.2's `confidence_weighted_var`: spread over mean score; infinite where nobody saw it.

    One network has no spread; its noise is `single_network_variance_px2` (1 in EKS 4.6.2) over its
    score.
    """
    confidence = np.maximum(moments.score, MIN_CONFIDENCE)[..., None]
    seen = moments.members[..., None]
    spread = np.where(seen == 1, single_network_variance_px2, moments.variance_px2)
    return np.where(seen == 0, np.inf, spread / confidence)


def step_per_strength(
    time_s: Float[ndarray, "frame"], observed: Bool[ndarray, "frame"], max_gap_s: float
) -> Float[ndarray, "step"]:
    """Duration of each step in median frame intervals; infinite where frames are not linked.

    Frames are linked from one observation to the next unless the two are more than `max_gap_s`
    apart; before the first and after the last observation nothing is linked.
    """
    duration = np.diff(time_s)
    seen = np.flatnonzero(observed)
    if len(seen) < 2:
        return np.full(len(duration), np.inf)
    is_short = np.diff(time_s[seen]) <= max_gap_s + ROUNDING_S
    linked = np.zeros(len(duration), bool)
    linked[seen[0] : seen[-1]] = np.repeat(is_short, np.diff(seen))
    return np.where(linked, duration / np.median(duration), np.inf)


def check_members(members: Sequence[Poses]) -> Poses:
    """The first member, after a check that all describe the same frames of the same animals.

    VideoError when there is none, when they differ, or when time does not increase.
    """
    if not members:
        raise VideoError("smooth_poses", "no network predicted this video, nothing to smooth")
    first = members[0]
    for number, member in enumerate(members[1:], start=1):
        if (
            member.space.keypoints != first.space.keypoints
            or member.individuals != first.individuals
            or not np.array_equal(member.time_s, first.time_s)
        ):
            raise VideoError(
                "smooth_poses",
                f"member {number} differs from member 0 in its keypoints, individuals or time "
                "stamps; predict all members again from the same video",
            )
    backwards = np.flatnonzero(~(np.diff(first.time_s) > 0))
    if len(backwards):
        frame = int(backwards[0])
        raise VideoError(
            "smooth_poses",
            f"the time stamp of frame {frame + 1} ({first.time_s[frame + 1]:g} s) is not after "
            f"that of frame {frame} ({first.time_s[frame]:g} s); give `fps` in videos.tsv",
        )
    return first
