"""What the chosen teacher says of a video to each network of an ensemble."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from numpy import ndarray

from superanimal_core.inference.teachers import Lesson, ensemble_lesson, own_lesson
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.smoothing import EnsembleSettings, VideoViewSettings
from superanimal_core.smoothing.baselines import take_center
from superanimal_core.smoothing.calibration import (
    Calibration,
    is_extrapolated,
    predict_error,
)
from superanimal_core.smoothing.familiarity import signs_of
from superanimal_core.smoothing.labeled_errors import animal_size_px
from superanimal_core.smoothing.sessions import smooth_view


@dataclass(frozen=True)
class Smoothing:
    """How the study smooths (see `smooth_view`), and what labels said of the errors, if any."""

    method: str
    settings: EnsembleSettings
    views: VideoViewSettings
    calibration: Calibration | None


def own_lessons(members: Sequence[Poses], min_score: float, how: Smoothing) -> list[Lesson]:
    """To each its own confident predictions (Ye et al. 2024)."""
    return [own_lesson(poses, min_score=min_score) for poses in members]


def median_lessons(members: Sequence[Poses], min_score: float, how: Smoothing) -> list[Lesson]:
    """To all the center of the members, frame by frame."""
    center = take_center(members, how.settings)
    expected = predict_error(how.calibration, center)
    return [ensemble_lesson(center, expected, min_score=min_score)] * len(members)


def smoothed_lessons(members: Sequence[Poses], min_score: float, how: Smoothing) -> list[Lesson]:
    """To all the poses as the study smooths them, other cameras left out."""
    smoothed = smooth_view({"": members}, how.method, how.settings, how.views, None)
    expected = predict_error(how.calibration, smoothed)
    return [ensemble_lesson(smoothed, expected, min_score=min_score)] * len(members)


def strange_animals(members: Sequence[Poses], how: Smoothing) -> Bool[ndarray, "frame individual"]:
    """Where an animal is unlike all that was labeled; nowhere without a calibration that tells."""
    center = take_center(members, how.settings).poses
    if how.calibration is None:
        return np.zeros(center.score.shape[:2], bool)
    signs = signs_of(center, how.calibration.bones, animal_size_px(center))
    return is_extrapolated(how.calibration, signs)


TEACHERS: Mapping[str, Callable[[Sequence[Poses], float, Smoothing], list[Lesson]]] = {
    "own": own_lessons,
    "median": median_lessons,
    "smoothed": smoothed_lessons,
}
