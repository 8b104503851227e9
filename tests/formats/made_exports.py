"""Poses of a made-up video, and every export of them."""

import numpy as np

from superanimal_core.formats.exports import EXPORTS
from superanimal_core.formats.exports.exported import ExportedPoses
from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses, SmoothedPoses

SPACE = KeypointSpace(
    "stick",
    ("tail", "left_ear", "right_ear", "nose"),
    (("left_ear", "right_ear"),),
    (("tail", "nose"), ("nose", "left_ear")),
)
FRAMES, FPS = 7, 25.0


def exported(individuals=("animal0",), seed=0):
    """Positions with absent keypoints, an absent animal in frame 3, uneven times."""
    random = np.random.default_rng(seed)
    shape = (FRAMES, len(individuals), len(SPACE))
    xy, score = random.uniform(0, 400, (*shape, 2)), random.uniform(0.1, 1, shape)
    xy[1, 0, 2] = np.nan
    xy[3, -1] = np.nan
    score[np.isnan(xy).any(axis=-1)] = 0.0
    times = 0.5 + np.arange(FRAMES) / FPS + random.uniform(0, 0.01, FRAMES)
    poses = Poses(SPACE, tuple(individuals), times, xy, score)
    smoothed = SmoothedPoses(
        poses,
        random.uniform(0, 2, (*shape, 2)),
        xy + 1.0,
        random.uniform(0, 2, (*shape, 2)),
        np.full(shape, 3),
        np.full(shape[1:], 0.1),
    )
    return ExportedPoses("v1", "m 1.mp4", smoothed, unknown_error(shape), xy, 4.0)


def written(folder, name, given):
    """The files of an export, by their names below the folder."""
    EXPORTS[name].write(given, folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path for path in files}
