"""The poses of one video as dense arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Shaped
from numpy import ndarray

from superanimal_core.pose.frame_rate import frames_per_second
from superanimal_core.pose.keypoints import KeypointSpace


@dataclass(frozen=True)
class Poses:
    """Where each keypoint of each animal is in each frame; NaN = absent, score 0-1.

    `time_s` are presentation time stamps, `individuals` names such as animal0.
    """

    space: KeypointSpace
    individuals: tuple[str, ...]
    time_s: Float[ndarray, "frame"]
    xy_px: Float[ndarray, "frame individual keypoint 2"]
    score: Float[ndarray, "frame individual keypoint"]

    def __post_init__(self) -> None:
        shape = (len(self.time_s), len(self.individuals), len(self.space))
        if self.xy_px.shape != (*shape, 2) or self.score.shape != shape:
            raise ValueError(
                f"poses: positions {self.xy_px.shape} and scores {self.score.shape} "
                f"do not fit (frame, individual, keypoint) = {shape}"
            )
        if len(set(self.individuals)) < len(self.individuals):
            raise ValueError(f"poses: two animals of one name in {self.individuals}")

    def __len__(self) -> int:
        return len(self.time_s)

    def of_keypoints(self, names: Sequence[str]) -> "Poses":
        """The poses of some keypoints alone, in this order, in a space of their own."""
        columns = [self.space.index(name) for name in names]
        space = KeypointSpace(self.space.name, tuple(names))
        return Poses(
            space,
            self.individuals,
            self.time_s,
            self.xy_px[:, :, columns],
            self.score[..., columns],
        )

    def at(self, frame: Int[ndarray, "chosen"]) -> "Poses":
        """The poses of some frames, by number."""
        chosen = self.time_s[frame], self.xy_px[frame], self.score[frame]
        return Poses(self.space, self.individuals, *chosen)

    @property
    def fps(self) -> float:
        """Frames over the time that they cover (Hz), pauses left out; NaN for a single frame."""
        return frames_per_second(self.time_s)


@dataclass(frozen=True)
class SmoothedPoses:
    """Smoothed poses beside what they were made of.

    `poses` holds the posterior mean, `variance_px2` the posterior variance of x and y; `raw_xy_px`
    is the ensemble's center before smoothing, `ensemble_variance_px2` the spread of the members (0
    for one member), `members` how many members saw the keypoint, `strength` the smoothing strength
    per individual and keypoint (see smoothing.motion) and `smoother` the name of what smoothed it;
    None where nothing says.
    """

    poses: Poses
    variance_px2: Float[ndarray, "frame individual keypoint 2"]
    raw_xy_px: Float[ndarray, "frame individual keypoint 2"]
    ensemble_variance_px2: Float[ndarray, "frame individual keypoint 2"]
    members: Int[ndarray, "frame individual keypoint"]
    strength: Float[ndarray, "individual keypoint"]
    smoother: Shaped[ndarray, "individual keypoint"] | None = None

    def __post_init__(self) -> None:
        with np.errstate(invalid="ignore"):
            if (self.variance_px2 < 0).any():
                raise ValueError("smoothed poses: a variance is negative")

    def of_keypoints(self, names: Sequence[str]) -> "SmoothedPoses":
        """Some keypoints alone, in this order."""
        columns = [self.poses.space.index(name) for name in names]
        return SmoothedPoses(
            self.poses.of_keypoints(names),
            self.variance_px2[:, :, columns],
            self.raw_xy_px[:, :, columns],
            self.ensemble_variance_px2[:, :, columns],
            self.members[:, :, columns],
            self.strength[:, columns],
            None if self.smoother is None else self.smoother[:, columns],
        )

    def smoothers(self) -> Shaped[ndarray, "individual keypoint"]:
        """What smoothed each keypoint; 'unknown' where nothing says."""
        if self.smoother is None:
            return np.full(self.strength.shape, "unknown")
        return self.smoother
