"""Intervals that hold what they promise, on labels that the calibration has not seen."""

import numpy as np
import pytest
from test_eks import SETTINGS, ensemble, smooth

from superanimal_core.errors import DatasetError
from superanimal_core.smoothing.calibration import (
    fit_calibration,
    predict_error,
    predicted_deviation_px,
    radius_factor,
    reliability,
)
from superanimal_core.smoothing.sampling import sample_poses

KEYPOINTS = ("a", "b", "c")
SAMPLED = ("min_variance_px2", "single_network_variance_px2", "max_gap_s")
SAMPLING = {name: SETTINGS[name] for name in SAMPLED}


def labels(count, seed):
    """Errors four times as large as predicted, heavy-tailed, and different for each keypoint."""
    rng = np.random.default_rng(seed)
    keypoint = rng.integers(0, 3, count)
    deviation = rng.lognormal(0.5, 0.8, count)
    scale = 4 * deviation * np.array([0.5, 1.0, 2.0])[keypoint]
    error = np.hypot(*(rng.standard_t(4, (2, count)) * scale))
    return keypoint, deviation, error


@pytest.mark.parametrize("seed", range(5))
def test_intervals_cover_held_out_labels(seed):
    calibration = fit_calibration(KEYPOINTS, *labels(400, seed))
    covered = reliability(calibration, *labels(4000, seed + 100))
    at = dict(zip(calibration.level.round(2), covered, strict=True))
    assert 0.85 < at[0.9] < 0.95
    assert 0.43 < at[0.5] < 0.57


def test_expected_error_grows_with_the_deviation_and_differs_between_keypoints():
    calibration = fit_calibration(KEYPOINTS, *labels(2000, 0))
    assert (np.diff(calibration.expected_px) >= 0).all()
    assert (np.diff(calibration.factor) > 0).all()
    assert radius_factor(calibration, 0.9) > radius_factor(calibration, 0.5)


def test_few_labels_are_refused():
    with pytest.raises(DatasetError, match="at least 30"):
        fit_calibration(KEYPOINTS, *labels(12, 0))


def test_a_smoothed_video_gets_errors_that_cover_its_truth():
    truth, members = ensemble(frames=3000, individuals=1)
    result = smooth(members, strength=None)
    deviation = predicted_deviation_px(result)
    error = np.linalg.norm(result.poses.xy_px - truth, axis=-1)
    rng = np.random.default_rng(0)
    frame, keypoint = rng.integers(0, 3000, 200), rng.integers(0, 3, 200)
    calibration = fit_calibration(
        result.poses.space.keypoints,
        keypoint,
        deviation[frame, 0, keypoint],
        error[frame, 0, keypoint],
    )
    predicted = predict_error(calibration, result)
    assert 0.85 < (error < predicted.radius_90_px).mean() < 0.95
    assert 0.40 < (error < predicted.radius_50_px).mean() < 0.60


def test_draws_scatter_as_the_posterior_says():
    _, members = ensemble(frames=60, individuals=1, keypoints=1)
    result = smooth(members)
    draws = np.stack([d.poses.xy_px for d in sample_poses(result, draws=800, seed=0, **SAMPLING)])
    np.testing.assert_allclose(draws.mean(axis=0), result.poses.xy_px, atol=0.35)
    np.testing.assert_allclose(draws.var(axis=0), result.variance_px2, rtol=0.3)


def test_draws_keep_what_is_unknown_unknown():
    _, members = ensemble(frames=80, individuals=1, keypoints=2)
    for member in members:
        member.xy_px[20:70, 0, 1] = np.nan
    result = smooth(members)
    draw = next(sample_poses(result, draws=1, seed=0, **SAMPLING))
    np.testing.assert_array_equal(np.isnan(draw.poses.xy_px), np.isnan(result.poses.xy_px))
