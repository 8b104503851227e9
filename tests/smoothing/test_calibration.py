"""Intervals that hold what they promise, on labels that the calibration has not seen."""

from dataclasses import replace

import numpy as np
import pytest
from test_eks import SETTINGS, ensemble, smooth

from superanimal_core.errors import DatasetError
from superanimal_core.smoothing.calibration import (
    calibrate_on_images,
    errors_at_labels,
    expected_error_px,
    fit_calibration,
    predict_error,
    predicted_deviation_px,
    radius_factor,
    reliability,
)

KEYPOINTS = ("a", "b", "c")
LONE = {"single_network_variance_px2": SETTINGS["single_network_variance_px2"]}


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


def test_an_error_is_the_distance_from_the_label():
    _, members = ensemble(frames=4, individuals=2)
    result = smooth(members)
    labels_px = result.poses.xy_px + np.array([3.0, -4.0])
    labels_px[1, 0, 2] = np.nan
    keypoint, deviation, error = errors_at_labels(result, labels_px, **LONE)
    assert keypoint.tolist() == [0, 1, 2] * 8
    assert np.flatnonzero(np.isnan(error)).tolist() == [8]
    np.testing.assert_allclose(np.delete(error, 8), 5.0)
    np.testing.assert_array_equal(deviation, predicted_deviation_px(result, **LONE).ravel())


def test_few_labels_promise_nothing():
    assert fit_calibration(KEYPOINTS, *labels(12, 0)) is None
    _, members = ensemble(frames=10, individuals=1)
    expected = predict_error(None, smooth(members), **LONE)
    assert np.isnan(expected.radius_90_px).all()


@pytest.mark.parametrize(("count", "is_promised"), [(29, False), (30, True)])
def test_thirty_labels_are_enough(count, is_promised):
    assert (fit_calibration(KEYPOINTS, *labels(count, 0)) is not None) == is_promised


def test_a_level_is_the_smallest_rank_that_a_label_more_would_not_pass():
    """Split conformal prediction: ceil((n + 1) level) of the n labels themselves are covered."""
    calibration = fit_calibration(KEYPOINTS, *labels(45, 0))
    covered = reliability(calibration, *labels(45, 0))
    for percent in (33, 51, 90, 95, 99):
        rank = min(-(-46 * percent // 100), 45)
        assert covered[percent - 1] == pytest.approx(rank / 45)
    assert calibration.level[percent - 1] == pytest.approx(0.99)


def test_a_factor_is_halfway_to_that_of_the_keypoints_own_twenty_labels():
    """One deviation for all, errors of 3 and 1 px: 2 px are expected, 1.5 and 0.5 times of them."""
    keypoint = np.repeat([0, 1], 20)
    calibration = fit_calibration(KEYPOINTS, keypoint, np.ones(40), np.repeat([3.0, 1.0], 20))
    np.testing.assert_allclose(calibration.factor, [1.25, 0.75, 1.0])


def test_beyond_the_labels_the_error_grows_in_proportion():
    calibration = fit_calibration(KEYPOINTS, *labels(400, 0))
    last = calibration.deviation_px[-1] * np.array([1.0, 2.0, 5.0])
    expected = expected_error_px(calibration, np.zeros(3, int), last)
    np.testing.assert_allclose(expected / expected[0], [1, 2, 5])


def test_other_keypoints_are_refused():
    calibration = fit_calibration(("nose", "tail", "ear"), *labels(400, 0))
    _, members = ensemble(frames=10, individuals=1)
    with pytest.raises(DatasetError, match="made for nose, tail, ear"):
        predict_error(calibration, smooth(members), **LONE)


@pytest.mark.parametrize("count", [1, 3])
def test_images_calibrate_as_videos_of_one_frame(count):
    """400 animals in 8 groups: left-out groups are covered as promised."""
    truth, members = ensemble(count=count, frames=1, individuals=400)
    group = np.repeat([f"video{i}" for i in range(8)], 50)
    truth[0, :20] = np.nan  # not labeled
    calibration, covered = calibrate_on_images(smooth(members), truth[0], group, **LONE)
    at = dict(zip(calibration.level.round(2), covered, strict=True))
    assert 0.85 < at[0.9] < 0.95
    assert 0.43 < at[0.5] < 0.57
    one_group = calibrate_on_images(smooth(members), truth[0], np.full(400, "video"), **LONE)
    assert one_group[0] is not None
    assert one_group[1] is None


def test_smoothing_gives_a_lone_network_no_credit():
    _, members = ensemble(count=1, frames=60, individuals=1)
    alone = [replace(m, time_s=m.time_s * 1e3) for m in members]  # no frame is linked to another
    in_video, apart = (predicted_deviation_px(smooth(m), **LONE) for m in (members, alone))
    np.testing.assert_allclose(in_video, apart)


def test_a_smoothed_video_gets_errors_that_cover_its_truth():
    truth, members = ensemble(frames=3000, individuals=1)
    result = smooth(members, strength=None)
    error = np.linalg.norm(result.poses.xy_px - truth, axis=-1)
    keypoint, deviation, far = errors_at_labels(result, truth, **LONE)
    chosen = np.random.default_rng(0).integers(0, len(far), 200)
    calibration = fit_calibration(
        result.poses.space.keypoints, keypoint[chosen], deviation[chosen], far[chosen]
    )
    predicted = predict_error(calibration, result, **LONE)
    assert 0.85 < (error < predicted.radius_90_px).mean() < 0.95
    assert 0.40 < (error < predicted.radius_50_px).mean() < 0.60
