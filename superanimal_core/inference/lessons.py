"""What the chosen teacher says of a video to each network of an ensemble."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool
from numpy import ndarray

from superanimal_core.inference.ensemble_smoothing import EnsembleSmoothing
from superanimal_core.inference.teachers import Lesson, ensemble_lesson, own_lesson
from superanimal_core.pose.members import middle_poses
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.smoothing import METHODS
from superanimal_core.smoothing.baselines import take_center
from superanimal_core.smoothing.calibration import (
    Calibration,
    is_extrapolated,
    predict_error,
)
from superanimal_core.smoothing.familiarity import signs_of
from superanimal_core.smoothing.labeled_errors import animal_size_px


@dataclass(frozen=True)
class Knowledge:
    """What a teacher may know beside predictions: what labels said of errors, how to smooth.

    `smoothing` holds method, settings (of that method) and views, as plain values; nothing for a
    teacher that is no ensemble.
    """

    calibration: Calibration | None
    smoothing: Mapping[str, Any]


def own_lessons(members: Sequence[Poses], min_score: float, known: Knowledge) -> list[Lesson]:
    """To each its own confident predictions (Ye et al. 2024)."""
    return [own_lesson(poses, min_score=min_score) for poses in members]


def median_lessons(members: Sequence[Poses], min_score: float, known: Knowledge) -> list[Lesson]:
    """To all the center of the members, frame by frame."""
    own = {key: known.smoothing["settings"][key] for key in ("center", "min_score")}
    center = take_center(members, METHODS["none"](**own))
    expected = predict_error(known.calibration, center)
    return [ensemble_lesson(center, expected, min_score=min_score)] * len(members)


def smoothed_lessons(members: Sequence[Poses], min_score: float, known: Knowledge) -> list[Lesson]:
    """To all the poses as the study smooths them, other cameras left out."""
    smoothed, expected = EnsembleSmoothing(**known.smoothing, calibration=known.calibration).of(
        members
    )
    return [ensemble_lesson(smoothed, expected, min_score=min_score)] * len(members)


TEACHERS: Mapping[str, Callable[[Sequence[Poses], float, Knowledge], list[Lesson]]] = {
    "own": own_lessons,
    "median": median_lessons,
    "smoothed": smoothed_lessons,
}


def can_tell_strange(calibration: Calibration | None) -> bool:
    """Whether labels say what an animal is like."""
    return calibration is not None and calibration.familiarity is not None


def strange_animals(
    members: Sequence[Poses], calibration: Calibration | None
) -> Bool[ndarray, "frame individual"]:
    """Where an animal is unlike all that was labeled; nowhere without a calibration that tells."""
    if calibration is None:
        return np.zeros(members[0].score.shape[:2], bool)
    middle = middle_poses(members)
    signs = signs_of(middle, calibration.bones, animal_size_px(middle))
    return is_extrapolated(calibration, signs)
