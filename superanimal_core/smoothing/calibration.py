"""Calibrated uncertainty: from variances to the pixel error that must be expected.

The smoother's variance is right if its model is: independent noise as large as the ensemble's
spread. Networks trained on the same labels err together, so the error is larger, by a factor that
labeled frames tell. The expected error is a nondecreasing function of the predicted deviation,
shared by all keypoints (isotonic regression), times one factor per keypoint; circles that hold 50 %
or 90 % of the true positions come from the quantiles of error over expected error (split conformal
prediction), which need no Gaussian.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from scipy.optimize import isotonic_regression

from superanimal_core.errors import DatasetError
from superanimal_core.pose.poses import SmoothedPoses

PRIOR_LABELS = 20  # so many labels' worth of "like the other keypoints" in a keypoint's factor
LEVELS = np.arange(0.01, 1.0, 0.01)
MIN_LABELS = 30
MIN_ERROR_PX = 1e-3


@dataclass(frozen=True)
class Calibration:
    """What labeled frames said about the smoother's errors.

    `expected_px` at `deviation_px` is the shared curve, `factor` one value per keypoint, and
    `quantile` the part of the errors, as multiples of the expected one, at each of `level` (0-1).
    """

    keypoints: tuple[str, ...]
    deviation_px: Float[ndarray, "knot"]
    expected_px: Float[ndarray, "knot"]
    factor: Float[ndarray, "keypoint"]
    level: Float[ndarray, "level"]
    quantile: Float[ndarray, "level"]


@dataclass(frozen=True)
class ExpectedError:
    """Expected distance from the true position, and radii of circles around the pose (px)."""

    expected_px: Float[ndarray, "frame individual keypoint"]
    radius_50_px: Float[ndarray, "frame individual keypoint"]
    radius_90_px: Float[ndarray, "frame individual keypoint"]


def predicted_deviation_px(poses: SmoothedPoses) -> Float[ndarray, "frame individual keypoint"]:
    """Root of posterior and ensemble variance over the score, both coordinates together (px)."""
    variance = (poses.variance_px2 + poses.ensemble_variance_px2).sum(axis=-1)
    return np.sqrt(variance / np.clip(poses.poses.score, 0.01, 1.0))


def errors_at_labels(
    poses: SmoothedPoses,
    individual: int,
    frame: Int[ndarray, "labeled"],
    label_xy_px: Float[ndarray, "labeled keypoint 2"],
) -> tuple[Int[ndarray, "label"], Float[ndarray, "label"], Float[ndarray, "label"]]:
    """Keypoint, predicted deviation (px) and error (px) of every label of an animal's video.

    `frame` are the labeled frames; a keypoint without a label is NaN, and so is its error. Labels
    of several videos or animals are concatenated for `fit_calibration` and `reliability`.
    """
    deviation = predicted_deviation_px(poses)[frame, individual]
    apart = poses.poses.xy_px[frame, individual] - label_xy_px
    keypoint = np.broadcast_to(np.arange(deviation.shape[1]), deviation.shape)
    return keypoint.ravel(), deviation.ravel(), np.hypot(apart[..., 0], apart[..., 1]).ravel()


def fit_calibration(
    keypoints: Sequence[str],
    keypoint: Int[ndarray, "label"],
    deviation_px: Float[ndarray, "label"],
    error_px: Float[ndarray, "label"],
) -> Calibration:
    """Calibration from labeled positions: which keypoint, its predicted deviation, and its error.

    `error_px` is the distance between pose and label. Labels with an unknown value are left out;
    DatasetError when fewer than 30 remain.
    """
    known = np.isfinite(deviation_px) & np.isfinite(error_px)
    keypoint, deviation, error = keypoint[known], deviation_px[known], error_px[known]
    if len(error) < MIN_LABELS:
        raise DatasetError(
            f"calibration: {len(error)} labels meet a smoothed pose, at least {MIN_LABELS} are "
            "needed; label more frames of the smoothed videos"
        )
    knots, curve = _isotonic(deviation, error)
    expected = np.interp(deviation, knots, curve)
    count = np.bincount(keypoint, minlength=len(keypoints))
    found = np.bincount(keypoint, error / expected, minlength=len(keypoints))
    factor = (found + PRIOR_LABELS) / (count + PRIOR_LABELS)
    ratio = np.sort(error / (expected * factor[keypoint]))
    rank = np.ceil((len(ratio) + 1) * LEVELS).astype(int)  # conformal: one label more
    quantile = ratio[np.minimum(rank, len(ratio)) - 1]
    return Calibration(tuple(keypoints), knots, curve, factor, LEVELS, quantile)


def predict_error(calibration: Calibration, poses: SmoothedPoses) -> ExpectedError:
    """Expected error and the radii that hold 50 % and 90 % of the true positions.

    DatasetError when the poses have other keypoints than the labels had.
    """
    if poses.poses.space.keypoints != calibration.keypoints:
        raise DatasetError(
            f"calibration: made for {', '.join(calibration.keypoints)}, but the poses have "
            f"{', '.join(poses.poses.space.keypoints)}"
        )
    deviation = predicted_deviation_px(poses)
    expected = expected_error_px(calibration, np.arange(len(calibration.keypoints)), deviation)
    half, most = (radius_factor(calibration, level) for level in (0.5, 0.9))
    return ExpectedError(expected, expected * half, expected * most)


def expected_error_px(
    calibration: Calibration,
    keypoint: Int[ndarray, "*shape"],
    deviation_px: Float[ndarray, "*more"],
) -> Float[ndarray, "*more"]:
    """The shared curve at the predicted deviation, times the keypoint's factor."""
    curve = np.interp(deviation_px, calibration.deviation_px, calibration.expected_px)
    return np.where(np.isfinite(deviation_px), curve, np.nan) * calibration.factor[keypoint]


def radius_factor(calibration: Calibration, level: float) -> float:
    """Radius that holds `level` (0-1) of the true positions, in expected errors."""
    return float(np.interp(level, calibration.level, calibration.quantile))


def reliability(
    calibration: Calibration,
    keypoint: Int[ndarray, "label"],
    deviation_px: Float[ndarray, "label"],
    error_px: Float[ndarray, "label"],
) -> Float[ndarray, "level"]:
    """Part of held-out labels within the radius of each of the calibration's levels."""
    known = np.isfinite(deviation_px) & np.isfinite(error_px)
    expected = expected_error_px(calibration, keypoint[known], deviation_px[known])
    ratio = error_px[known] / expected
    return (ratio[:, None] <= calibration.quantile).mean(axis=0)


def _isotonic(deviation: ndarray, error: ndarray) -> tuple[ndarray, ndarray]:
    """Nondecreasing mean error at increasing deviation, as the corners of a line."""
    order = np.argsort(deviation, kind="stable")
    fitted = isotonic_regression(error[order])
    starts = fitted.blocks[:-1]
    ends = fitted.blocks[1:] - 1
    knots = (deviation[order][starts] + deviation[order][ends]) / 2
    curve = np.maximum(fitted.x[starts], MIN_ERROR_PX)
    return knots, curve
