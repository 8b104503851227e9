"""One video among the views that see the same animal: other cameras, or mirrors in its own frame.

A user of one camera meets none of this: one view is smoothed by the chosen method. Whatever smooths
is held against its own claims (self_check.py), and what contradicts them falls back: views that are
smoothed together to each view alone, a Kalman smoother to a running median.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.settings.smoothing import (
    EksSmoothing,
    EnsembleSettings,
    MedianSmoothing,
    NoiseSettings,
    SharedViewSettings,
    VideoViewSettings,
)
from superanimal_core.smoothing.baselines import SMOOTHERS, smooth_by_median, take_center
from superanimal_core.smoothing.calibrated import smooth_calibrated
from superanimal_core.smoothing.cameras import Camera
from superanimal_core.smoothing.multicamera import join_mirrored, smooth_views, split_mirrored
from superanimal_core.smoothing.robust import JUMP_S
from superanimal_core.smoothing.self_check import (
    claimed_noise_px2,
    contradictions,
    fall_back,
    fallback_flags,
)


def smooth_view(
    views: Mapping[str, Sequence[Poses]],
    method: str,
    smoothing: EnsembleSettings,
    shared: VideoViewSettings,
    cameras: Mapping[str, Camera] | None,
) -> SmoothedPoses:
    """The poses of the first of `views`, with the help of the others.

    `views` holds the members of each camera. With several, and `cameras` that know them all, they
    are smoothed together by the ensemble Kalman smoother, in three dimensions. Keypoints of a lone
    view that are named `<keypoint>_<mirror>` for every one of `shared.mirrors` are views within the
    frame, and are smoothed together in the space of `shared.latent` dimensions that they share.
    Keypoints that cannot be shared (one view never sees them) are smoothed alone, by `method` with
    its settings, as everything is that has one view only, no calibration (see `view_flags`) or
    another method than 'eks'. So are those whose views contradict (see `smooth_together`).
    """
    name, members = next(iter(views.items()))
    alone = smooth_alone(members, method, smoothing)
    if not isinstance(smoothing, EksSmoothing):
        return alone
    mirrors = shared.mirrors
    if len(views) > 1 and cameras is not None:
        return _or_alone(smooth_together(views, smoothing, shared, cameras)[name], alone)
    if len(views) == 1 and mirrors:
        split = [split_mirrored(member, mirrors) for member in members]
        within = {mirror: [one[mirror] for one in split] for mirror in mirrors}
        joint = smooth_together(within, smoothing, shared, None)
        return _or_alone(join_mirrored(joint, alone.poses.space.keypoints), alone)
    return alone


def smooth_alone(
    members: Sequence[Poses], method: str, smoothing: EnsembleSettings
) -> SmoothedPoses:
    """One view, by `method`; keypoints that contradict its model by a running median.

    Those that contradict the median, too, stay as the networks see them. Neither has a posterior:
    their variance is then that of a single observation.
    """
    smoothed = SMOOTHERS[method](members, smoothing)
    if not isinstance(smoothing, NoiseSettings) or _is_reference(smoothing):
        return smoothed
    fallen = contradictions(smoothed, smoothing)
    if not fallen.any():
        return smoothed
    settings = MedianSmoothing(
        center=smoothing.center, min_score=smoothing.min_score, window_s=JUMP_S
    )
    median = _with_noise(smooth_by_median(members, settings), smoothing)
    too_fast = fallen & contradictions(median, smoothing)
    center = _with_noise(take_center(members, smoothing), smoothing)
    return fall_back(fall_back(smoothed, median, fallen & ~too_fast), center, too_fast)


def smooth_together(
    views: Mapping[str, Sequence[Poses]],
    smoothing: EksSmoothing,
    shared: SharedViewSettings,
    cameras: Mapping[str, Camera] | None,
) -> dict[str, SmoothedPoses]:
    """All views together, with a calibration or without; contradicted keypoints in each view alone.

    A keypoint falls back in all views when its residuals in one of them contradict: which view is
    wrong, no one can tell.
    """
    if cameras is None:
        joint = smooth_views(views, smoothing, shared)
    else:
        joint = smooth_calibrated(views, cameras, smoothing, shared)[1]
    if _is_reference(smoothing):
        return joint
    fallen = np.any([contradictions(one, smoothing) for one in joint.values()], axis=0)
    if not fallen.any():
        return joint
    return {
        name: fall_back(one, smooth_alone(views[name], "eks", smoothing), fallen)
        for name, one in joint.items()
    }


def smooth_all_views(
    views: Mapping[str, Sequence[Poses]], smoothing: EksSmoothing, shared: SharedViewSettings
) -> dict[str, SmoothedPoses]:
    """All views together, without calibration; what one view never sees in each view alone."""
    joint = smooth_together(views, smoothing, shared, None)
    return {
        name: _or_alone(joint[name], smooth_alone(members, "eks", smoothing))
        for name, members in views.items()
    }


def _is_reference(smoothing: EnsembleSettings) -> bool:
    """Whether the reference's own answer was asked for, whatever it claims."""
    return isinstance(smoothing, EksSmoothing) and smoothing.noise == "reference"


def _with_noise(smoothed: SmoothedPoses, smoothing: NoiseSettings) -> SmoothedPoses:
    """Positions with the variance of a single observation."""
    noise = claimed_noise_px2(smoothed, smoothing)
    noise[~np.isfinite(smoothed.poses.xy_px)] = np.nan
    return replace(smoothed, variance_px2=noise)


def smoothing_flags(
    smoothed: SmoothedPoses,
    views: Mapping[str, Sequence[Poses]],
    method: str,
    cameras: Mapping[str, Camera] | None,
) -> list[str]:
    """What a reader must know: views that were not used, keypoints that were smoothed otherwise."""
    return view_flags(views, method, cameras) + fallback_flags(smoothed)


def view_flags(
    views: Mapping[str, Sequence[Poses]], method: str, cameras: Mapping[str, Camera] | None
) -> list[str]:
    """What a reader must know about how the views were used: one sentence where they were not.

    Without calibration, a linear image of what the views share is all that can be learned, and it
    is wrong by many pixels where the animal moves towards a camera or away from it.
    """
    if len(views) < 2 or cameras is not None or method != "eks":
        return []
    _, *others = views
    return [
        f"smoothed without the help of {', '.join(others)}: there is no calibration (camera_file)"
    ]


def _or_alone(joint: SmoothedPoses, alone: SmoothedPoses) -> SmoothedPoses:
    """`alone`, with every keypoint of every individual that `joint` knows taken from there."""
    xy, variance = alone.poses.xy_px.copy(), alone.variance_px2.copy()
    strength, smoother = alone.strength.copy(), alone.smoothers().astype(object)
    for column, keypoint in enumerate(joint.poses.space.keypoints):
        k = alone.poses.space.index(keypoint)
        for i in range(len(alone.poses.individuals)):
            if np.isfinite(joint.poses.xy_px[:, i, column]).any():
                xy[:, i, k] = joint.poses.xy_px[:, i, column]
                variance[:, i, k] = joint.variance_px2[:, i, column]
                strength[i, k] = joint.strength[i, column]
                smoother[i, k] = joint.smoothers()[i, column]
    return replace(
        alone,
        poses=replace(alone.poses, xy_px=xy),
        variance_px2=variance,
        strength=strength,
        smoother=smoother.astype(str),
    )
