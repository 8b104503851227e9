"""Features and behaviors that cannot be known, since they rest on keypoints nobody taught."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from superanimal_core.behavior.arena import Arena
from superanimal_core.behavior.features import frame_features
from superanimal_core.behavior.untaught import untaught_of
from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.behavior import AnatomySettings, DefinitionSettings, groups_of

PROBE_FRAMES = 5
PROBE_ARENA = Arena(np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]]))


def unknown_features(
    space: KeypointSpace,
    taught: Sequence[str],
    anatomy: AnatomySettings,
    groups: Sequence[str] = (),
) -> frozenset[str]:
    """The features (also in cm and with `_sd`) that are NaN without the untaught keypoints.

    The features themselves are asked, with two animals of whom everything taught is known.
    """
    shape = (PROBE_FRAMES, 2, len(space))
    xy_px = np.random.default_rng(0).uniform(0, 100, (*shape, 2))
    xy_px[:, :, ~np.isin(space.keypoints, taught)] = np.nan
    time_s = np.arange(PROBE_FRAMES) / 100
    poses = Poses(space, ("animal0", "animal1"), time_s, xy_px, np.ones(shape))
    sd_px = np.where(np.isfinite(xy_px[..., 0]), 1.0, np.nan)
    lasting = np.zeros(shape[1:])
    expected = replace(unknown_error(shape), radius_90_px=sd_px, correlation_time_s=lasting)
    how = {"window_s": 0.05, "cm_per_px": 1.0, "groups": groups, "arena": PROBE_ARENA}
    table = frame_features(poses, expected, anatomy, **how)
    return frozenset(name for name, values in table.columns.items() if np.isnan(values).all())


def behavior_remarks(
    space: KeypointSpace,
    taught: Sequence[str],
    anatomy: AnatomySettings,
    definitions: Mapping[str, DefinitionSettings],
) -> list[str]:
    """Sentences on the features and the behaviors that rest on keypoints nobody taught."""
    lacking = untaught_of(anatomy.model_dump().values(), space, taught)
    remarks = [f"features rest on keypoints nobody taught: {', '.join(lacking)}"] if lacking else []
    needed = groups_of(c.feature for of in definitions.values() for c in of.conditions)
    unknown = unknown_features(space, taught, anatomy, needed)
    lost = [
        behavior
        for behavior, definition in definitions.items()
        if any(condition.feature in unknown for condition in definition.conditions)
    ]
    if lost:
        remarks.append(f"behaviors rest on keypoints nobody taught: {', '.join(lost)}")
    return remarks
