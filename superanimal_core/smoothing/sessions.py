"""One video among the views that see the same animal: other cameras, or mirrors in its own frame.

A user of one camera meets none of this: one view is smoothed by the chosen method.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.settings.smoothing import EksSmoothing, EnsembleSettings, VideoViewSettings
from superanimal_core.smoothing.baselines import SMOOTHERS
from superanimal_core.smoothing.calibrated import smooth_calibrated
from superanimal_core.smoothing.cameras import Camera
from superanimal_core.smoothing.multicamera import join_mirrored, smooth_views, split_mirrored


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
    another method than 'eks'.
    """
    name, members = next(iter(views.items()))
    alone = SMOOTHERS[method](members, smoothing)
    if not isinstance(smoothing, EksSmoothing):
        return alone
    mirrors = shared.mirrors
    if len(views) > 1 and cameras is not None:
        return _or_alone(smooth_calibrated(views, cameras, smoothing, shared)[1][name], alone)
    if len(views) == 1 and mirrors:
        split = [split_mirrored(member, mirrors) for member in members]
        within = {mirror: [one[mirror] for one in split] for mirror in mirrors}
        joint = smooth_views(within, smoothing, shared)
        return _or_alone(join_mirrored(joint, alone.poses.space.keypoints), alone)
    return alone


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
    strength = alone.strength.copy()
    for column, keypoint in enumerate(joint.poses.space.keypoints):
        k = alone.poses.space.index(keypoint)
        for i in range(len(alone.poses.individuals)):
            if np.isfinite(joint.poses.xy_px[:, i, column]).any():
                xy[:, i, k] = joint.poses.xy_px[:, i, column]
                variance[:, i, k] = joint.variance_px2[:, i, column]
                strength[i, k] = joint.strength[i, column]
    return replace(
        alone,
        poses=replace(alone.poses, xy_px=xy),
        variance_px2=variance,
        strength=strength,
    )
