"""Calibrated uncertainty: from variances to the error that must be expected.

The smoother's variance is right if its model is: independent noise as large as the ensemble's
spread. Networks trained on the same labels err together, so the error is larger, by a factor that
labeled images tell. The expected error is a nondecreasing function of the predicted deviation,
shared by all keypoints (isotonic regression), times one factor per keypoint, times what the
animal's strangeness adds (familiarity); circles that hold 50 % or 90 % of the true positions come
from the quantiles of error over expected error (split conformal prediction), which need no
Gaussian, widened by how much videos differ (between_groups).

A labeled image is a video of one frame: smoothed alone, its posterior variance is the noise of the
observation. In a video the posterior is narrower, and how far smoothing lessens the error no image
can tell: what the networks share, it does not. Therefore a position that was seen gets no credit
for smoothing; one that was bridged errs by what the motion adds, too (unseen).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.errors import DatasetError
from superanimal_core.pose.expected_error import SD_OF_RADIUS_90, ExpectedError, unknown_error
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.smoothing.between_groups import widened_quantiles
from superanimal_core.smoothing.bones import Bones
from superanimal_core.smoothing.error_memory import correlation_times_s
from superanimal_core.smoothing.familiarity import (
    Familiarity,
    fit_familiarity,
    growth_at,
    is_strange,
    signs_of,
)
from superanimal_core.smoothing.isotonic import rising_line
from superanimal_core.smoothing.labeled_errors import (
    LabeledErrors,
    animal_size_px,
    predicted_deviation,
)
from superanimal_core.smoothing.presence import fit_presence, near_probability, within_px
from superanimal_core.smoothing.unseen import bridged_error_px, seen_poses

PRIOR_LABELS = 20  # so many labels' worth of "like the other keypoints" in a keypoint's factor
LEVELS = np.arange(0.01, 1.0, 0.01)
MIN_LABELS, MIN_GROUPS = 30, 2
MIN_ERROR = 1e-5  # of the animal's size


@dataclass(frozen=True)
class Calibration:
    """What labels said about the smoother's errors, in parts of the animal's size.

    `expected` at `deviation` is the shared curve, `factor` one value per keypoint, and
    `quantile` the error, as a multiple of the expected one, that a part `level` (0-1) of the labels
    does not exceed. `presence` is the part of the animals that have a keypoint where it scores
    `score`. `counts` are what it rests on: labels, images, animals, groups, data sets.
    """

    keypoints: tuple[str, ...]
    deviation: Float[ndarray, "knot"]
    expected: Float[ndarray, "knot"]
    factor: Float[ndarray, "keypoint"]
    level: Float[ndarray, "level"]
    quantile: Float[ndarray, "level"]
    familiarity: Familiarity | None
    bones: Bones
    score: Float[ndarray, "corner"]
    presence: Float[ndarray, "corner"]
    counts: dict[str, int]


def fit_calibration(errors: LabeledErrors, min_groups: int = MIN_GROUPS) -> Calibration | None:
    """Calibration from the errors of labeled animals.

    None when fewer than 30 errors are known, or those of fewer groups than `min_groups`: then
    nothing can be promised.
    """
    as_they_are = errors.select(~errors.animals.is_disturbed & errors.is_known.any(axis=1))
    row, keypoint = np.nonzero(as_they_are.is_known)
    names, group = np.unique(as_they_are.animals.group.astype(str), return_inverse=True)
    if len(row) < MIN_LABELS or len(names) < min_groups:
        return None
    deviation, error = as_they_are.deviation[row, keypoint], as_they_are.error[row, keypoint]
    knots, curve = rising_line(deviation, error)
    curve = np.maximum(curve, MIN_ERROR)
    expected = np.interp(deviation, knots, curve)
    count = np.bincount(keypoint, minlength=len(errors.keypoints))
    found = np.bincount(keypoint, error / expected, minlength=len(errors.keypoints))
    factor = (found + PRIOR_LABELS) / (count + PRIOR_LABELS)
    familiarity = fit_familiarity(
        errors.signs,
        _mean_of_known(errors.error / _base(knots, curve, factor, errors.deviation)),
        errors.animals.is_disturbed,
    )
    growth = _growth(familiarity, as_they_are.signs)
    ratio = error / (expected * factor[keypoint] * growth[row])
    is_asked = as_they_are.animals.is_asked
    is_labeled = np.asarray(np.isfinite(as_they_are.animals.label_xy_px).all(axis=-1))
    return Calibration(
        errors.keypoints,
        knots,
        curve,
        factor,
        LEVELS,
        widened_quantiles(ratio, row, group, LEVELS),
        familiarity,
        errors.bones,
        *fit_presence(as_they_are.score[is_asked], is_labeled[is_asked]),
        {
            "labels": len(row),
            "images": _count(as_they_are.animals.image),
            "animals": len(group),
            "groups": len(names),
            "data sets": _count(as_they_are.animals.dataset),
        },
    )


def predict_error(calibration: Calibration | None, poses: SmoothedPoses) -> ExpectedError:
    """Expected error and the radii that hold 50 % and 90 % of the true positions (px).

    NaN without a calibration. DatasetError when the poses have other keypoints than the labels had.
    """
    if calibration is None:
        return unknown_error(poses.poses.score.shape)
    if poses.poses.space.keypoints != calibration.keypoints:
        raise DatasetError(
            f"calibration: made for {', '.join(calibration.keypoints)}, but the poses have "
            f"{', '.join(poses.poses.space.keypoints)}"
        )
    size_px = animal_size_px(poses.poses)
    signs = signs_of(seen_poses(poses), calibration.bones, size_px)
    expected = size_px[..., None] * expected_error(calibration, predicted_deviation(poses), signs)
    expected = bridged_error_px(expected, poses)
    half, most = (expected * radius_factor(calibration, level) for level in (0.5, 0.9))
    lasting = correlation_times_s(poses.raw_xy_px, most * SD_OF_RADIUS_90, poses.poses.time_s)
    near_px = within_px(poses.poses)
    is_there = np.interp(poses.poses.score, calibration.score, calibration.presence)
    is_near = near_probability(near_px / expected, calibration.level, calibration.quantile)
    is_absent = ~np.isfinite(poses.poses.xy_px).all(axis=-1)
    return ExpectedError(
        expected,
        half,
        most,
        lasting,
        np.where(is_absent, 0.0, is_there * is_near),
        is_extrapolated(calibration, signs),
        near_px,
        calibration.familiarity is not None,
    )


def expected_error(
    calibration: Calibration,
    deviation: Float[ndarray, "*shape keypoint"],
    signs: Float[ndarray, "*shape sign"],
) -> Float[ndarray, "*shape keypoint"]:
    """The shared curve at the predicted deviation, times the keypoint's factor and the growth.

    In parts of the animal's size. Beyond the largest deviation of a label, as in long occlusions,
    the error grows in proportion.
    """
    base = _base(calibration.deviation, calibration.expected, calibration.factor, deviation)
    return base * _growth(calibration.familiarity, signs)[..., None]


def is_extrapolated(
    calibration: Calibration, signs: Float[ndarray, "*shape sign"]
) -> Bool[ndarray, "*shape"]:
    """Where an animal is stranger than the labeled ones were."""
    if calibration.familiarity is None:
        return np.zeros(signs.shape[:-1], bool)
    return is_strange(calibration.familiarity, signs)


def radius_factor(calibration: Calibration, level: float) -> float:
    """Radius that holds `level` (0-1) of the true positions, in expected errors."""
    return float(np.interp(level, calibration.level, calibration.quantile))


def _base(knots: ndarray, curve: ndarray, factor: ndarray, deviation: ndarray) -> ndarray:
    """What is expected of a familiar animal."""
    expected = np.interp(deviation, knots, curve)
    return expected * np.maximum(deviation / knots[-1], 1.0) * factor


def _growth(familiarity: Familiarity | None, signs: ndarray) -> ndarray:
    """Factor of the expected error of each animal; 1 where nothing was learned about it."""
    if familiarity is None:
        return np.ones(signs.shape[:-1])
    return growth_at(familiarity, signs)


def _mean_of_known(values: Float[ndarray, "animal keypoint"]) -> Float[ndarray, "animal"]:
    known = np.isfinite(values)
    count = known.sum(axis=1)
    mean = np.where(known, values, 0.0).sum(axis=1) / np.maximum(count, 1)
    return np.where(count > 0, mean, np.nan)


def _count(names: ndarray) -> int:
    return len(np.unique(names.astype(str)))
