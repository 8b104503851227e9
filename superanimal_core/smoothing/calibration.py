"""Calibrated uncertainty: from variances to the pixel error that must be expected.

The smoother's variance is right if its model is: independent noise as large as the ensemble's
spread. Networks trained on the same labels err together, so the error is larger, by a factor that
labeled images tell. The expected error is a nondecreasing function of the predicted deviation,
shared by all keypoints (isotonic regression), times one factor per keypoint; circles that hold 50 %
or 90 % of the true positions come from the quantiles of error over expected error (split conformal
prediction), which need no Gaussian.

A labeled image is a video of one frame: smoothed alone, its posterior variance is the noise of the
observation. In a video the posterior is narrower, and how far smoothing lessens the error no image
can tell: what the networks share, it does not. Therefore a position that was seen gets no credit
for smoothing; one that was bridged has the posterior variance of the gap.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Shaped
from numpy import ndarray

from superanimal_core.errors import DatasetError
from superanimal_core.pose.expected_error import SD_OF_RADIUS_90, ExpectedError, unknown_error
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.smoothing.error_memory import correlation_times_s

PRIOR_LABELS = 20  # so many labels' worth of "like the other keypoints" in a keypoint's factor
LEVELS = np.arange(0.01, 1.0, 0.01)
MIN_LABELS = 30
MIN_ERROR_PX = 1e-3
MIN_SCORE = 0.01
FOLDS = 5


@dataclass(frozen=True)
class Calibration:
    """What labels said about the smoother's errors.

    `expected_px` at `deviation_px` is the shared curve, `factor` one value per keypoint, and
    `quantile` the error, as a multiple of the expected one, that a part `level` (0-1) of the labels
    does not exceed.
    """

    keypoints: tuple[str, ...]
    deviation_px: Float[ndarray, "knot"]
    expected_px: Float[ndarray, "knot"]
    factor: Float[ndarray, "keypoint"]
    level: Float[ndarray, "level"]
    quantile: Float[ndarray, "level"]


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
    poses: SmoothedPoses,
    label_xy_px: Float[ndarray, "frame individual keypoint 2"],
    *,
    single_network_variance_px2: float,
) -> tuple[Int[ndarray, "label"], Float[ndarray, "label"], Float[ndarray, "label"]]:
    """Keypoint, predicted deviation (px) and error (px) of every keypoint of every animal, in turn.

    What is not labeled is NaN, and so is its error.
    """
    deviation = predicted_deviation_px(
        poses, single_network_variance_px2=single_network_variance_px2
    )
    apart = poses.poses.xy_px - label_xy_px
    keypoint = np.broadcast_to(np.arange(deviation.shape[2]), deviation.shape)
    return keypoint.ravel(), deviation.ravel(), np.hypot(apart[..., 0], apart[..., 1]).ravel()


def calibrate_on_images(
    smoothed: SmoothedPoses,
    label_xy_px: Float[ndarray, "animal keypoint 2"],
    group: Shaped[ndarray, "animal"],
    *,
    single_network_variance_px2: float,
) -> tuple[Calibration | None, Float[ndarray, "level"] | None]:
    """Calibration from held-out labeled images, and how well such a one keeps its word.

    `smoothed` holds one frame whose individuals are the labeled animals, each smoothed alone.
    The second value is the part of the labels within the radius of each level, of groups (videos,
    animals) that the calibration had not seen: `group` is left out in turn, in up to five folds.
    Each is None when there are too few labels, or groups, for it.
    """
    keypoint, deviation, error = errors_at_labels(
        smoothed, label_xy_px[None], single_network_variance_px2=single_network_variance_px2
    )
    keypoints = smoothed.poses.space.keypoints
    calibration = fit_calibration(keypoints, keypoint, deviation, error)
    _, number = np.unique(group.astype(str), return_inverse=True)
    fold = np.repeat(number % FOLDS, len(keypoints))
    covered, counts = [], []
    for left_out in range(min(FOLDS, int(number.max(initial=-1)) + 1)):
        test = fold == left_out
        trained = fit_calibration(keypoints, keypoint[~test], deviation[~test], error[~test])
        known = np.isfinite(deviation[test]) & np.isfinite(error[test])
        if trained is not None and known.any():
            covered.append(reliability(trained, keypoint[test], deviation[test], error[test]))
            counts.append(known.sum())
    return calibration, np.average(covered, axis=0, weights=counts) if covered else None


def fit_calibration(
    keypoints: Sequence[str],
    keypoint: Int[ndarray, "label"],
    deviation_px: Float[ndarray, "label"],
    error_px: Float[ndarray, "label"],
) -> Calibration | None:
    """Calibration from labeled positions: which keypoint, its predicted deviation, and its error.

    `error_px` is the distance between pose and label. Labels with an unknown value are left out;
    None when fewer than 30 remain, for then nothing can be promised.
    """
    known = np.isfinite(deviation_px) & np.isfinite(error_px)
    keypoint, deviation, error = keypoint[known], deviation_px[known], error_px[known]
    if len(error) < MIN_LABELS:
        return None
    knots, curve = _isotonic(deviation, error)
    expected = np.interp(deviation, knots, curve)
    count = np.bincount(keypoint, minlength=len(keypoints))
    found = np.bincount(keypoint, error / expected, minlength=len(keypoints))
    factor = (found + PRIOR_LABELS) / (count + PRIOR_LABELS)
    ratio = np.sort(error / (expected * factor[keypoint]))
    rank = np.ceil((len(ratio) + 1) * LEVELS).astype(int)  # conformal: one label more
    quantile = ratio[np.minimum(rank, len(ratio)) - 1]
    return Calibration(tuple(keypoints), knots, curve, factor, LEVELS, quantile)


def predict_error(
    calibration: Calibration | None, poses: SmoothedPoses, *, single_network_variance_px2: float
) -> ExpectedError:
    """Expected error and the radii that hold 50 % and 90 % of the true positions.

    NaN without a calibration. DatasetError when the poses have other keypoints than the labels had.
    """
    if calibration is None:
        return unknown_error(poses.poses.score.shape)
    if poses.poses.space.keypoints != calibration.keypoints:
        raise DatasetError(
            f"calibration: made for {', '.join(calibration.keypoints)}, but the poses have "
            f"{', '.join(poses.poses.space.keypoints)}"
        )
    deviation = predicted_deviation_px(
        poses, single_network_variance_px2=single_network_variance_px2
    )
    expected = expected_error_px(calibration, np.arange(len(calibration.keypoints)), deviation)
    half, most = (expected * radius_factor(calibration, level) for level in (0.5, 0.9))
    sd_px = most * SD_OF_RADIUS_90
    lasting = correlation_times_s(poses.poses.xy_px, sd_px, poses.poses.time_s)
    return ExpectedError(expected, half, most, lasting)


def expected_error_px(
    calibration: Calibration,
    keypoint: Int[ndarray, "*shape"],
    deviation_px: Float[ndarray, "*more"],
) -> Float[ndarray, "*more"]:
    """The shared curve at the predicted deviation, times the keypoint's factor.

    Beyond the largest deviation of a label, as in long occlusions, the error grows in proportion.
    """
    knots = calibration.deviation_px
    curve = np.interp(deviation_px, knots, calibration.expected_px)
    curve = curve * np.maximum(deviation_px / knots[-1], 1.0)
    return curve * calibration.factor[keypoint]


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
    from scipy.optimize import isotonic_regression  # here: slow to import, for few

    order = np.argsort(deviation, kind="stable")
    fitted = isotonic_regression(error[order])
    starts = fitted.blocks[:-1]
    ends = fitted.blocks[1:] - 1
    knots = (deviation[order][starts] + deviation[order][ends]) / 2
    curve = np.maximum(fitted.x[starts], MIN_ERROR_PX)
    return knots, curve
