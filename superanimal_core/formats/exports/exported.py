"""What of a video goes into the files of other programs."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.poses import Poses, SmoothedPoses

PIXEL_CENTER = 0.5  # of programs that count pixel centers from 0 (docs/decisions/006)


@dataclass(frozen=True)
class ExportedPoses:
    """The poses of a video: keypoints that a network was taught, and no others.

    `video` is its identifier, `file` its file's name. `xy_px` are the positions to be given,
    smoothed or not, in our pixels. `noise_px2` is what one network is told of itself (EKS).
    """

    video: str
    file: str
    smoothed: SmoothedPoses
    expected: ExpectedError
    xy_px: Float[ndarray, "frame individual keypoint 2"]
    noise_px2: float

    @property
    def poses(self) -> Poses:
        """Frames, animals, keypoints, times and scores."""
        return self.smoothed.poses

    @property
    def centered_px(self) -> Float[ndarray, "frame individual keypoint 2"]:
        """The positions in the pixels of programs that count pixel centers from 0; NaN: absent."""
        return self.xy_px - PIXEL_CENTER

    @property
    def score(self) -> Float[ndarray, "frame individual keypoint"]:
        """0 to 1, and 0 where there is no position."""
        is_there = np.isfinite(self.xy_px).all(axis=-1)
        return np.where(is_there, np.clip(self.poses.score, 0, 1), 0.0)

    @property
    def has_one(self) -> bool:
        """Whether there is one animal that nobody gave a name."""
        return self.poses.individuals == ("animal0",)

    @property
    def stem(self) -> str:
        """The video's file's name without its ending."""
        return Path(self.file).stem
