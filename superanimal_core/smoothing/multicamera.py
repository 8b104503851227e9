"""The Ensemble Kalman smoother for several views of one animal, without calibration.

Biderman, Whiteway et al. 2024 (Lightning Pose), multi-view section: the coordinates of one keypoint
in all views lie near a space of a few dimensions (three for cameras that are far away). The state
walks in that space, found by PCA of the frames on which the networks agree; each view shows a
linear image of it. An occluded view is filled in from the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.errors import VideoError
from superanimal_core.pose.frame_rate import frames_per_second
from superanimal_core.pose.keypoints import KeypointSpace, shared_stems
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.settings.smoothing import EksSmoothing, SharedViewSettings
from superanimal_core.smoothing.eks import (
    SmoothedTrack,
    check_members,
    observation_noise_px2,
    poses_from_tracks,
    step_per_strength,
)
from superanimal_core.smoothing.ensemble import EnsembleMoments, ensemble_moments
from superanimal_core.smoothing.inflation import inflate_variances
from superanimal_core.smoothing.kalman import Observations
from superanimal_core.smoothing.latent_walk import LatentWalk, fit_walk_strength, smooth_walk
from superanimal_core.smoothing.robust import learned_noise_px2
from superanimal_core.smoothing.strength import likelihood_frames

RIDGE = 1e-9  # of the largest step variance: keeps a flat subspace solvable


@dataclass(frozen=True)
class ViewSubspace:
    """Where one keypoint lives in all views: y = mean + basis @ state, and how it moves there."""

    mean_px: Float[ndarray, "seen"]
    basis: Float[ndarray, "seen latent"]
    prior_covariance: Float[ndarray, "latent latent"]
    step_covariance: Float[ndarray, "latent latent"]


def smooth_views(
    views: Mapping[str, Sequence[Poses]],
    settings: EksSmoothing,
    shared: SharedViewSettings,
) -> dict[str, SmoothedPoses]:
    """Smoothed poses of every view, from the members of every view (synchronous frames).

    `latent` is the dimension of the shared space, `keep_quantile` (0-1) the part of the frames,
    ordered by their largest variance over the views, on which the space is learned;
    `inflation_rounds` limits the variance inflation (0: none). The strength multiplies the step
    covariance of the latent state, whose largest entry is 1; the rest is as in
    `eks.smooth_ensemble`. A keypoint that some view never sees is NaN in all views.

    The variance is that of the position within the shared space. Unlike ensemble-kalman-smoother
    4.6.2 the observation noise is not added to it: that is what the smoother takes away.
    """
    firsts = [check_members(members) for members in views.values()]
    check_views(views, firsts)
    individuals, keypoints = firsts[0].score.shape[1:]
    tracks: list[list[SmoothedTrack]] = [[] for _ in views]
    for i in range(individuals):
        for k in range(keypoints):
            moments, center_px, noise_px2 = view_observations(views, i, k, settings)
            xy, variance, found = smooth_view_keypoint(
                center_px, noise_px2, firsts[0].time_s, settings, shared
            )
            for v, one in enumerate(moments):
                tracks[v].append(SmoothedTrack(xy[:, v], variance[:, v], one, found, "views"))
    return {
        name: poses_from_tracks(first, of_view)
        for name, first, of_view in zip(views, firsts, tracks, strict=True)
    }


def smooth_view_keypoint(
    center_px: Float[ndarray, "frame view 2"],
    noise_px2: Float[ndarray, "frame view 2"],
    time_s: Float[ndarray, "frame"],
    settings: EksSmoothing,
    shared: SharedViewSettings,
) -> tuple[Float[ndarray, "frame view 2"], Float[ndarray, "frame view 2"], float]:
    """One keypoint in all views: positions, variances, and the strength used."""
    shape, latent = center_px.shape, shared.latent
    center, noise = center_px.reshape(len(time_s), -1), noise_px2.reshape(len(time_s), -1)
    trusted = trusted_frames(noise, shared.keep_quantile)
    unknown = np.full(shape, np.nan), np.full(shape, np.nan), float("nan")
    if trusted.sum() <= center.shape[1]:
        return unknown
    subspace = fit_view_subspace(center, trusted, latent)
    centered = center - subspace.mean_px
    inflated = inflate_variances(
        centered.reshape(shape),
        noise.reshape(shape),
        latent=latent,
        max_rounds=shared.inflation_rounds,
    ).reshape(center.shape)
    weight = np.where(np.isfinite(centered), 1 / inflated, 0.0)
    steps = step_per_strength(time_s, weight.max(axis=1) > 0, settings.max_gap_s)
    walk = LatentWalk(
        np.zeros(latent),
        subspace.prior_covariance,
        subspace.step_covariance,
        steps,
        Observations(np.nan_to_num(centered), weight, subspace.basis),
    )
    strength = settings.strength
    if strength is None:
        chosen = likelihood_frames(len(time_s), settings.strength_frames)
        strength = fit_walk_strength(walk, chosen)
    mean, covariance = smooth_walk(walk, strength if np.isfinite(strength) else 1.0)
    xy = mean @ subspace.basis.T + subspace.mean_px
    variance = np.einsum("oi,tij,oj->to", subspace.basis, covariance, subspace.basis, optimize=True)
    return xy.reshape(shape), np.maximum(variance, 0).reshape(shape), strength


def trusted_frames(
    noise_px2: Float[ndarray, "frame seen"], keep_quantile: float
) -> Bool[ndarray, "frame"]:
    """Frames seen by all views whose largest variance is within the quantile (0-1) of all such."""
    worst = noise_px2.max(axis=1)
    is_seen = np.isfinite(worst)
    if not is_seen.any():
        return is_seen
    return is_seen & (worst <= np.percentile(worst[is_seen], 100 * keep_quantile))


def fit_view_subspace(
    center_px: Float[ndarray, "frame seen"], trusted: Bool[ndarray, "frame"], latent: int
) -> ViewSubspace:
    """Mean, principal axes, and how far and how fast the state moves along them.

    EKS 4.6.2: the prior is the variance of the trusted frames' states, the step covariance that of
    their differences, divided by its largest entry.

    Unlike there, every keypoint uses all of its trusted frames, not as many as the keypoint with
    the fewest has.
    """
    mean = center_px[trusted].mean(axis=0)
    centered = center_px[trusted] - mean
    _, _, axes = np.linalg.svd(centered, full_matrices=False)
    basis = axes[:latent].T
    states = centered @ basis
    moves = np.atleast_2d(np.cov(np.diff(states, axis=0), rowvar=False))
    step = moves / max(float(np.abs(moves).max()), 1e-300)
    size = basis.shape[1]
    return ViewSubspace(
        mean,
        basis,
        np.diag(np.maximum(states.var(axis=0), RIDGE * states.var() + 1e-300)),
        step + RIDGE * np.eye(size),
    )


def view_observations(
    views: Mapping[str, Sequence[Poses]],
    individual: int,
    keypoint: int,
    settings: EksSmoothing,
) -> tuple[list[EnsembleMoments], Float[ndarray, "frame view 2"], Float[ndarray, "frame view 2"]]:
    """Ensemble moments of one keypoint in every view, its center (px) and its noise (px^2)."""
    moments, noise_px2 = [], []
    for members in views.values():
        xy = [member.xy_px[:, individual, keypoint] for member in members]
        score = [member.score[:, individual, keypoint] for member in members]
        one = ensemble_moments(xy, score, settings)
        if settings.noise == "learned" and one.has_spread:
            noise_px2.append(learned_noise_px2(xy, one, members[0].time_s, settings))
        else:
            noise_px2.append(observation_noise_px2(one, settings))
        moments.append(one)
    centers = np.stack([one.center_px for one in moments], axis=1)
    return moments, centers, np.stack(noise_px2, axis=1)


def check_views(views: Mapping[str, Sequence[Poses]], firsts: Sequence[Poses]) -> None:
    """VideoError when the views do not show the same animals at the same times."""
    if len(firsts) < 2:
        raise VideoError("smooth_poses", "one view is not enough for the multi-view smoother")
    for name, first in zip(views, firsts, strict=True):
        if (
            first.space.keypoints != firsts[0].space.keypoints
            or first.individuals != firsts[0].individuals
        ):
            raise VideoError(
                "smooth_poses",
                f"view '{name}' differs from the first view in its keypoints or individuals",
            )
        if not _is_synchronous(first.time_s, firsts[0].time_s):
            raise VideoError(
                "smooth_poses",
                f"view '{name}' has {len(first)} frames until {first.time_s[-1:].sum():.3f} s, the "
                f"first view {len(firsts[0])} until {firsts[0].time_s[-1:].sum():.3f} s; the views "
                "of one session must be synchronous: cut them to the same frames",
            )


def _is_synchronous(time_s: Float[ndarray, "frame"], other_s: Float[ndarray, "frame"]) -> bool:
    """Whether each frame of one view is within half a frame of the same frame of the other.

    Counted from the first frame: a file may begin with sound, and its clock runs from there.
    """
    if len(time_s) != len(other_s):
        return False
    if len(time_s) < 2:
        return True
    apart_s = (time_s - time_s[0]) - (other_s - other_s[0])
    return bool((np.abs(apart_s) < 0.5 / frames_per_second(time_s)).all())


def split_mirrored(poses: Poses, views: Sequence[str]) -> dict[str, Poses]:
    """Views inside one frame (mirrors), whose keypoints are named `<keypoint>_<view>`.

    Keypoints that do not exist in every view are left out.
    """
    names = poses.space.keypoints
    shared = shared_stems(names, views)
    split = {}
    for view in views:
        columns = [names.index(f"{stem}_{view}") for stem in shared]
        space = KeypointSpace(f"{poses.space.name}_{view}", shared)
        xy, score = poses.xy_px[:, :, columns], poses.score[:, :, columns]
        split[view] = replace(poses, space=space, xy_px=xy, score=score)
    return split


def join_mirrored(views: Mapping[str, SmoothedPoses], keypoints: Sequence[str]) -> SmoothedPoses:
    """The inverse of `split_mirrored`: all views in one frame, in the given order of keypoints.

    Of `keypoints`, those that no view has are left out.
    """
    names = [f"{k}_{view}" for view, one in views.items() for k in one.poses.space.keypoints]
    order = [names.index(name) for name in keypoints if name in names]
    every = list(views.values())
    poses = every[0].poses

    def joined(parts: Sequence[ndarray], axis: int) -> ndarray:
        return np.take(np.concatenate(parts, axis=axis), order, axis=axis)

    return SmoothedPoses(
        Poses(
            KeypointSpace(poses.space.name, tuple(names[i] for i in order)),
            poses.individuals,
            poses.time_s,
            joined([one.poses.xy_px for one in every], 2),
            joined([one.poses.score for one in every], 2),
        ),
        joined([one.variance_px2 for one in every], 2),
        joined([one.raw_xy_px for one in every], 2),
        joined([one.ensemble_variance_px2 for one in every], 2),
        joined([one.members for one in every], 2),
        joined([one.strength for one in every], 1),
        joined([one.smoothers() for one in every], 1),
    )
