"""Stability of predictions over a video."""

import numpy as np
import pytest

from superanimal_core.evaluation.stability import (
    adaptation_gain,
    dropped_keypoints,
    hull_area_px2,
    hull_change,
    jitter_px,
    robustness_gain,
)


def test_jitter_is_the_mean_absolute_step_per_coordinate():
    xy = np.zeros((3, 1, 2, 2))
    xy[1:, 0, 0, 0] = 4.0  # one of four coordinates moves by 4, once
    np.testing.assert_allclose(jitter_px(xy), [1.0, 0.0])


def test_jitter_leaves_unknown_pairs_out():
    xy = np.zeros((3, 1, 2, 2))
    xy[1:, 0, 0] = 4.0
    xy[1, 0, 1] = np.nan
    np.testing.assert_allclose(jitter_px(xy), [4.0, 0.0])
    assert np.isnan(jitter_px(np.full((2, 1, 1, 2), np.nan))).all()
    assert len(jitter_px(np.zeros((0, 1, 1, 2)))) == 0


def test_dropped_keypoints_are_taught_and_absent_or_unsure():
    xy, score = np.zeros((2, 2, 4, 2)), np.ones((2, 2, 4))
    xy[0, 0, 0], score[0, 0, 1:3] = np.nan, [0.499, 0.5]
    xy[:, :, 3], score[:, :, 3] = np.nan, 0.0
    every, taught = np.ones(4, bool), np.array([True, True, True, False])
    np.testing.assert_array_equal(
        dropped_keypoints(xy, score, taught, min_score=0.5), [[2, 0], [0, 0]]
    )
    np.testing.assert_array_equal(
        dropped_keypoints(xy, score, every, min_score=0.5), [[3, 1], [1, 1]]
    )


def test_the_hull_is_that_of_what_is_sure():
    """A square with a point within, one far out that is not sure, and too few points."""
    square = [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0], [5.0, 5.0], [90.0, 90.0]]
    xy, score = np.tile(square, (2, 1, 1, 1)), np.ones((2, 1, 6))
    score[:, :, 5] = 0.49
    score[1, :, :4] = 0.1
    area = hull_area_px2(xy, score, min_score=0.5)
    assert area[0] == 100
    assert np.isnan(area[1])


def test_the_change_of_the_hull_is_its_mean_step_over_its_mean():
    area = np.array([[100.0], [120.0], [np.nan], [80.0], [80.0]])
    assert hull_change(area) == pytest.approx((20 + 0) / 2 / 95)
    assert np.isnan(hull_change(np.full((3, 1), np.nan)))


def test_gains_are_on_the_adapted_video_and_in_the_mean_on_the_others():
    before = np.array([0.5, 0.6, 0.7])
    after = np.array([[0.6, 0.6, 0.8], [0.4, 0.7, 0.7], [0.5, 0.6, 0.7]])
    np.testing.assert_allclose(adaptation_gain(before, after), [0.1, 0.1, 0.0])
    np.testing.assert_allclose(robustness_gain(before, after), [0.05, -0.05, 0.0], atol=1e-12)
