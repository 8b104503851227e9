"""Whole trajectories drawn from the smoother's posterior.

A variance says how far each frame may be off; it does not say that neighboring frames err together.
Draws do: measure strides or bouts on each draw, and the spread of the results is their uncertainty.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.smoothing import DrawSettings
from superanimal_core.smoothing.eks import observation_noise_px2, step_per_strength
from superanimal_core.smoothing.ensemble import EnsembleMoments
from superanimal_core.smoothing.local_level import sample_local_level


def sample_poses(smoothed: SmoothedPoses, settings: DrawSettings) -> Iterator[SmoothedPoses]:
    """`draws` poses from the posterior of the single-camera smoother, one after the other.

    Only `keypoints` are drawn, the others stay at their posterior mean; names that the space lacks
    are left out. The other settings are those that the poses were smoothed with. Everything but the
    positions is as in `smoothed`. The draws are as rough as the model, a random walk: speeds over
    windows much shorter than the smoother's memory are exaggerated.
    """
    rng = np.random.default_rng(settings.seed)
    moments = EnsembleMoments(
        smoothed.raw_xy_px,
        smoothed.ensemble_variance_px2,
        smoothed.poses.score,
        smoothed.members,
    )
    noise = observation_noise_px2(moments, settings)
    names = enumerate(smoothed.poses.space.keypoints)
    columns = [k for k, name in names if name in settings.keypoints]
    for _ in range(settings.draws):
        xy = smoothed.poses.xy_px.copy()
        for i, k in product(range(len(smoothed.strength)), columns):
            steps = step_per_strength(
                smoothed.poses.time_s, smoothed.members[:, i, k] > 0, settings.max_gap_s
            )
            strength = smoothed.strength[i, k]
            walk = steps * (strength if np.isfinite(strength) else 1.0)
            for axis in (0, 1):
                y = smoothed.raw_xy_px[:, i, k, axis].astype(np.float64)
                xy[:, i, k, axis] = sample_local_level(y, noise[:, i, k, axis], walk, 1, rng)[0]
        yield replace(smoothed, poses=replace(smoothed.poses, xy_px=xy))
