"""The Ensemble Kalman smoother for calibrated cameras: the state is a point in the world.

Lightning Pose 3D (Aharon et al. 2025): each keypoint walks in three dimensions, each camera shows
its projection, and the ensemble's spread in each view is the noise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.settings.smoothing import EksSmoothing, SharedViewSettings
from superanimal_core.smoothing.cameras import Camera, project, triangulate
from superanimal_core.smoothing.eks import (
    SmoothedTrack,
    check_members,
    poses_from_tracks,
    step_per_strength,
)
from superanimal_core.smoothing.inflation import inflate_variances
from superanimal_core.smoothing.kalman import Observations
from superanimal_core.smoothing.latent_walk import LatentWalk, fit_walk_strength, smooth_walk
from superanimal_core.smoothing.multicamera import check_views, trusted_frames, view_observations
from superanimal_core.smoothing.robust import JUMP_S
from superanimal_core.smoothing.running_median import odd_window, running_median
from superanimal_core.smoothing.strength import likelihood_frames

LINEARIZATIONS = 10  # at most; two or three suffice when the cameras are far away
CONVERGED_PX = 1e-4
PRIOR_FRAMES = 10  # EKS 4.6.2: the prior mean is that of the first frames
MIN_PRIOR_VARIANCE = 1e-4  # EKS 4.6.2, in squared world units
MIN_STEP_VARIANCE = 1e-8  # EKS 4.6.2, in squared world units


@dataclass(frozen=True)
class Points3D:
    """Smoothed points in the world's unit, their covariance, and the strength per keypoint."""

    position: Float[ndarray, "frame individual keypoint 3"]
    covariance: Float[ndarray, "frame individual keypoint 3 3"]
    strength: Float[ndarray, "individual keypoint"]


def smooth_calibrated(
    views: Mapping[str, Sequence[Poses]],
    cameras: Mapping[str, Camera],
    settings: EksSmoothing,
    shared: SharedViewSettings,
) -> tuple[Points3D, dict[str, SmoothedPoses]]:
    """Smoothed points in the world and their images in every view (synchronous frames).

    Settings as in `multicamera.smooth_views`; the space of the state is the world, not `latent`.
    The strength multiplies a step covariance learned from the triangulated members (robust variance
    of their moves, per axis). The poses' variance is that of the projected point.

    Unlike ensemble-kalman-smoother 4.6.2, which linearizes the projection once, at the filter's
    prediction, the whole trajectory is linearized again at its own solution until it no longer
    moves (Gauss-Newton, the most likely trajectory); and no view's ensemble variance is added to
    the result.
    """
    firsts = [check_members(members) for members in views.values()]
    check_views(views, firsts)
    lenses = [cameras[name] for name in views]
    individuals, keypoints = firsts[0].score.shape[1:]
    frames = len(firsts[0])
    position = np.full((frames, individuals, keypoints, 3), np.nan)
    covariance = np.full((frames, individuals, keypoints, 3, 3), np.nan)
    strengths = np.full((individuals, keypoints), np.nan)
    tracks: list[list[SmoothedTrack]] = [[] for _ in views]
    for i, k in np.ndindex(individuals, keypoints):
        moments, center_px, noise_px2 = view_observations(views, i, k, settings)
        point, spread, found = smooth_point(
            center_px,
            noise_px2,
            _triangulated_members(views, lenses, i, k),
            firsts[0].time_s,
            lenses,
            settings,
            shared,
        )
        position[:, i, k], covariance[:, i, k], strengths[i, k] = point, spread, found
        for v, one in enumerate(moments):
            xy, slope = project(lenses[v], point)
            variance = np.einsum("fsi,fij,fsj->fs", slope, spread, slope)
            tracks[v].append(SmoothedTrack(xy, variance, one, found, "views"))
    poses = {
        name: poses_from_tracks(first, of_view)
        for name, first, of_view in zip(views, firsts, tracks, strict=True)
    }
    return Points3D(position, covariance, strengths), poses


def smooth_point(
    center_px: Float[ndarray, "frame view 2"],
    noise_px2: Float[ndarray, "frame view 2"],
    triangulated: Float[ndarray, "frame 3"],
    time_s: Float[ndarray, "frame"],
    cameras: Sequence[Camera],
    settings: EksSmoothing,
    shared: SharedViewSettings,
) -> tuple[Float[ndarray, "frame 3"], Float[ndarray, "frame 3 3"], float]:
    """One keypoint: world positions, covariances, and the strength used."""
    frames = len(time_s)
    known = np.isfinite(triangulated.sum(axis=1))
    if known.sum() < 3:
        return np.full((frames, 3), np.nan), np.full((frames, 3, 3), np.nan), float("nan")
    trusted = trusted_frames(noise_px2.reshape(frames, -1), shared.keep_quantile)
    origin = center_px[trusted].mean(axis=0) if trusted.any() else 0.0
    inflated = inflate_variances(
        center_px - origin, noise_px2, latent=3, max_rounds=shared.inflation_rounds
    )
    weight = np.where(np.isfinite(center_px), 1 / inflated, 0.0).reshape(frames, -1)
    steps = step_per_strength(time_s, weight.max(axis=1) > 0, settings.max_gap_s)
    steady = running_median(triangulated, odd_window(time_s, JUMP_S))  # no jump as a start
    at = _interpolated(steady, known, time_s)
    walk = _walk(at, center_px, weight, steps, cameras, triangulated)
    strength = settings.strength
    if strength is None:
        strength = fit_walk_strength(walk, likelihood_frames(frames, settings.strength_frames))
    mean, covariance = smooth_walk(walk, strength)
    for _ in range(LINEARIZATIONS):
        before, at = at, np.where(np.isfinite(mean), mean, at)
        if _largest_move_px(cameras, before, at) < CONVERGED_PX:
            break
        walk = _walk(at, center_px, weight, steps, cameras, triangulated)
        mean, covariance = smooth_walk(walk, strength)
    return mean, covariance, strength


def _walk(
    at: ndarray,
    center_px: ndarray,
    weight: ndarray,
    steps: ndarray,
    cameras: Sequence[Camera],
    triangulated: ndarray,
) -> LatentWalk:
    """The walk in the world, with the projections linearized at the points `at`."""
    projected = [project(camera, at) for camera in cameras]
    predicted = np.concatenate([xy for xy, _ in projected], axis=1)
    design = np.concatenate([slope for _, slope in projected], axis=1)
    residual = center_px.reshape(predicted.shape) - predicted
    y = np.nan_to_num(residual) + np.einsum("fsi,fi->fs", design, at)
    known = triangulated[np.isfinite(triangulated).all(axis=1)]
    moves = np.diff(known, axis=0)
    deviation = np.median(np.abs(moves - np.median(moves, axis=0)), axis=0)
    return LatentWalk(
        known[:PRIOR_FRAMES].mean(axis=0),
        np.diag(known.var(axis=0) + MIN_PRIOR_VARIANCE),
        np.diag(np.maximum((1.4826 * deviation) ** 2, MIN_STEP_VARIANCE)),
        steps,
        Observations(y, weight, design),
    )


def _triangulated_members(
    views: Mapping[str, Sequence[Poses]], cameras: Sequence[Camera], individual: int, keypoint: int
) -> Float[ndarray, "frame 3"]:
    """Mean over the members of each member's own triangulation; NaN where none has one."""
    points = np.stack(
        [
            triangulate(
                cameras, np.stack([m.xy_px[:, individual, keypoint] for m in member], axis=1)
            )
            for member in zip(*views.values(), strict=True)
        ]
    )
    known = np.isfinite(points)
    count = known.sum(axis=0)
    total = np.where(known, points, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _interpolated(points: ndarray, known: ndarray, time_s: ndarray) -> ndarray:
    """Unknown points from their neighbors in time."""
    axes = [np.interp(time_s, time_s[known], points[known, axis]) for axis in range(3)]
    return np.stack(axes, axis=1)


def _largest_move_px(cameras: Sequence[Camera], before: ndarray, after: ndarray) -> float:
    return max(
        float(np.abs(project(camera, after)[0] - project(camera, before)[0]).max())
        for camera in cameras
    )
