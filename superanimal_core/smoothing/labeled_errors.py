"""How far a model's poses are from labels that it has not seen, and what was known beforehand.

All in parts of the animal's size: a network sees every animal as large as its crops are, and errs
by as many pixels more as the animal has more of them.
"""

import warnings
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Shaped
from numpy import ndarray

from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.smoothing.bones import Bones, usual_bones
from superanimal_core.smoothing.familiarity import MIN_SCORE, signs_of

LONE = 0.02  # of the size: stands for the spread of a network that is alone


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
    """Predicted deviation, error, score and signs of labeled animals, each smoothed alone.

    `bones` are what is usual of them, which the signs were compared with.
    """

    keypoints: tuple[str, ...]
    bones: Bones
    animals: LabeledAnimals
    deviation: Float[ndarray, "animal keypoint"]
    error: Float[ndarray, "animal keypoint"]
    score: Float[ndarray, "animal keypoint"]
    signs: Float[ndarray, "animal sign"]

    def select(self, rows: Shaped[ndarray, "row"]) -> "LabeledErrors":
        """Those of some animals."""
        return replace(
            self,
            animals=self.animals.select(rows),
            deviation=self.deviation[rows],
            error=self.error[rows],
            score=self.score[rows],
            signs=self.signs[rows],
        )

    @property
    def is_known(self) -> Bool[ndarray, "animal keypoint"]:
        """Where an error is known."""
        return np.isfinite(self.deviation) & np.isfinite(self.error)


def animal_size_px(poses: Poses) -> Float[ndarray, "frame individual"]:
    """Median distance of an animal's keypoints from their middle (px), always positive.

    Half of the keypoints may be anywhere. Where fewer than two are known it is the animal's median
    over the video, else that of all animals; 1 px where none has a size.
    """
    known = np.asarray(np.isfinite(poses.xy_px).all(axis=-1))
    xy = np.where(known[..., None], poses.xy_px, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # animals without a keypoint stay NaN
        apart = xy - np.nanmedian(xy, axis=2, keepdims=True)
        size = np.nanmedian(np.hypot(apart[..., 0], apart[..., 1]), axis=2)
        size = np.where(size > 0, size, np.nan)
        size = np.where(np.isnan(size), np.nanmedian(size, axis=0), size)
        size = np.where(np.isnan(size), np.nanmedian(size), size)
    return np.nan_to_num(size, nan=1.0)


def predicted_deviation(smoothed: SmoothedPoses) -> Float[ndarray, "frame individual keypoint"]:
    """Root of posterior and ensemble variance over the score, both coordinates, over the size.

    A network that is alone has no spread; what stands for it says nothing about the size of errors,
    only how they grow as its score falls. The posterior variance counts as no less than that of the
    observation.
    """
    score = np.clip(smoothed.poses.score, MIN_SCORE, 1.0)[..., None]
    members, size = smoothed.members[..., None], animal_size_px(smoothed.poses)[..., None, None]
    spread = np.where(members == 1, np.square(LONE * size), smoothed.ensemble_variance_px2)
    least = np.where(members > 0, spread / score, 0.0)
    posterior = np.where(members == 1, least, np.maximum(smoothed.variance_px2, least))
    posterior = np.where(np.isfinite(smoothed.variance_px2), posterior, np.nan)
    return np.sqrt(((posterior + spread) / score).sum(axis=-1)) / size[..., 0]


def errors_at_labels(
    smoothed: SmoothedPoses, animals: LabeledAnimals, bones: Bones | None = None
) -> LabeledErrors:
    """Errors of labeled animals; `smoothed` holds one frame whose individuals they are.

    `bones` are what is usual; without it, what is usual of these labels. Sizes are those of the
    poses: data sets label some keypoints or others, networks find all that they were taught.
    """
    size_px = animal_size_px(smoothed.poses)
    if bones is None:
        rows = ~animals.is_disturbed
        bones = usual_bones(animals.label_xy_px[rows], size_px[0, rows])
    apart = smoothed.poses.xy_px[0] - animals.label_xy_px
    return LabeledErrors(
        smoothed.poses.space.keypoints,
        bones,
        animals,
        predicted_deviation(smoothed)[0],
        np.hypot(apart[..., 0], apart[..., 1]) / size_px[0, :, None],
        smoothed.poses.score[0],
        signs_of(smoothed.poses, bones, size_px)[0],
    )
