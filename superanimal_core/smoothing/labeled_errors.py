"""How far a model's poses are from labels that it has not seen, and what was known beforehand."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Shaped
from numpy import ndarray

from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.smoothing.familiarity import signs_of

MIN_SCORE = 0.01


@dataclass(frozen=True)
class LabeledAnimals:
    """Labels of some animals, and where they come from.

    `label_xy_px` is NaN where a keypoint has no label; `is_asked` says whether the animal's data
    set knows the keypoint, so that no label means that it was not there. `group` is what a split
    keeps together (a video, an animal); `dataset` and `image` are names. Pictures that were
    disturbed tell how errors grow, and nothing else.
    """

    label_xy_px: Float[ndarray, "animal keypoint 2"]
    is_asked: Bool[ndarray, "animal keypoint"]
    group: Shaped[ndarray, "animal"]
    dataset: Shaped[ndarray, "animal"]
    image: Shaped[ndarray, "animal"]
    is_disturbed: Bool[ndarray, "animal"]

    def select(self, rows: Shaped[ndarray, "row"]) -> "LabeledAnimals":
        """Some of them."""
        return LabeledAnimals(**{name: values[rows] for name, values in vars(self).items()})


@dataclass(frozen=True)
class LabeledErrors:
    """Predicted deviation, error, score and signs of labeled animals, each smoothed alone (px)."""

    keypoints: tuple[str, ...]
    animals: LabeledAnimals
    deviation_px: Float[ndarray, "animal keypoint"]
    error_px: Float[ndarray, "animal keypoint"]
    score: Float[ndarray, "animal keypoint"]
    signs: Float[ndarray, "animal sign"]

    def select(self, rows: Shaped[ndarray, "row"]) -> "LabeledErrors":
        """Those of some animals."""
        return replace(
            self,
            animals=self.animals.select(rows),
            deviation_px=self.deviation_px[rows],
            error_px=self.error_px[rows],
            score=self.score[rows],
            signs=self.signs[rows],
        )

    @property
    def is_known(self) -> Bool[ndarray, "animal keypoint"]:
        """Where an error is known."""
        return np.isfinite(self.deviation_px) & np.isfinite(self.error_px)


def predicted_deviation_px(
    poses: SmoothedPoses, *, single_network_variance_px2: float
) -> Float[ndarray, "frame individual keypoint"]:
    """Root of posterior and ensemble variance over the score, both coordinates together (px).

    Where one network alone saw the keypoint, `single_network_variance_px2` stands for the ensemble
    variance. The posterior variance counts as no less than that of the observation.
    """
    score = np.clip(poses.poses.score, MIN_SCORE, 1.0)[..., None]
    members = poses.members[..., None]
    spread = np.where(members == 1, single_network_variance_px2, poses.ensemble_variance_px2)
    least = np.where(members > 0, spread / score, 0.0)
    return np.sqrt(((np.maximum(poses.variance_px2, least) + spread) / score).sum(axis=-1))


def errors_at_labels(
    smoothed: SmoothedPoses, animals: LabeledAnimals, *, single_network_variance_px2: float
) -> LabeledErrors:
    """Errors of labeled animals; `smoothed` holds one frame whose individuals they are."""
    deviation = predicted_deviation_px(
        smoothed, single_network_variance_px2=single_network_variance_px2
    )
    apart = smoothed.poses.xy_px[0] - animals.label_xy_px
    return LabeledErrors(
        smoothed.poses.space.keypoints,
        animals,
        deviation[0],
        np.hypot(apart[..., 0], apart[..., 1]),
        smoothed.poses.score[0],
        signs_of(smoothed.poses)[0],
    )
