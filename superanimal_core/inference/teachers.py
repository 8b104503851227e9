"""Who teaches a network about a video, and how much each position counts.

A network's own confident predictions (Ye et al. 2024), or an ensemble's: its center, or smoothed,
which is better than any member, since it knows what was before and after. A lesson says where the
keypoints are and how far off they must be expected to be; labels are made of some of its frames.

Unlike the distillation of Lightning Pose, which ranks whole frames and then counts all alike, each
position counts by its own error.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.labels import Labels, LabelState, string_array
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.smoothing.labeled_errors import animal_size_px, predicted_deviation

HALF_WEIGHT = 0.1  # of the animal's size: a position so far off counts half (hand labels are, too)


@dataclass(frozen=True)
class Lesson:
    """What a teacher says of a video.

    `weight` is how much each position counts, at most as much as a hand label's 1; where it is 0 a
    keypoint is masked, never trained as absent.
    """

    poses: Poses
    weight: Float[ndarray, "frame individual keypoint"]

    def is_taught(self) -> Bool[ndarray, "frame individual keypoint"]:
        """Where there is something to learn."""
        return self.weight > 0


def own_lesson(poses: Poses, *, min_score: float) -> Lesson:
    """A network's own predictions; those with a score of at least `min_score` count alike."""
    return Lesson(poses, _is_confident(poses, min_score).astype(float))


def ensemble_lesson(
    smoothed: SmoothedPoses, expected: ExpectedError, *, min_score: float
) -> Lesson:
    """An ensemble's poses, each position by its error; of the same video as `expected`.

    What no network saw, and what has a mean score below `min_score`, is masked.
    """
    sure = _is_confident(smoothed.poses, min_score) & (smoothed.members > 0)
    error = error_of_size(smoothed, expected)
    return Lesson(smoothed.poses, np.where(sure, error_weight(error), 0.0))


def error_of_size(
    smoothed: SmoothedPoses, expected: ExpectedError
) -> Float[ndarray, "frame individual keypoint"]:
    """Expected errors in parts of the animal's size (`animal_size_px`); NaN where nothing says.

    The calibrated ones; where there are none, what posterior, spread and score say.
    """
    calibrated = expected.expected_error_px / animal_size_px(smoothed.poses)[..., None]
    return np.where(np.isfinite(calibrated), calibrated, predicted_deviation(smoothed))


def error_weight(error_of_size: Float[ndarray, "*shape"]) -> Float[ndarray, "*shape"]:
    """The inverse of an error's variance and that of a hand label, 1 for none; 0 where unknown."""
    weight = 1 / (1 + np.square(error_of_size / HALF_WEIGHT))
    return np.where(np.isfinite(weight), weight, 0.0)


def lesson_labels(
    lesson: Lesson,
    boxes_xyxy_px: Float[ndarray, "frame individual 4"],
    image_size_px: tuple[int, int],
    frame: Int[ndarray, "animal"],
    individual: Int[ndarray, "animal"],
    *,
    images: Sequence[str],
    source: str,
) -> Labels:
    """Labels of the animals `individual` in the frames `frame` (numbers in the lesson, as pairs).

    `images` are the names of the pictures, `source` that of what is learned from, as data set and
    group. A keypoint with a weight is TAUGHT, with its score; others are NOT_IN_DATASET.
    """
    n, taught = len(frame), lesson.is_taught()[frame, individual]
    return Labels(
        space=lesson.poses.space,
        source=np.full(n, source),
        image=string_array(images),
        image_size_px=np.tile(np.array(image_size_px), (n, 1)),
        individual=np.array(lesson.poses.individuals)[individual],
        group=np.full(n, source),
        split=np.full(n, "train"),
        box_xyxy_px=boxes_xyxy_px[frame, individual],
        xy_px=np.where(taught[..., None], lesson.poses.xy_px[frame, individual], np.nan),
        state=np.where(taught, LabelState.TAUGHT, LabelState.NOT_IN_DATASET).astype(int),
        score=np.where(taught, lesson.poses.score[frame, individual], 0.0),
        weight=lesson.weight[frame, individual],
    )


def _is_confident(poses: Poses, min_score: float) -> Bool[ndarray, "frame individual keypoint"]:
    return (poses.score >= min_score) & np.isfinite(poses.xy_px).all(axis=3)
