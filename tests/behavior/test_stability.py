"""Stability of predictions over a video."""

import numpy as np
import pytest

from superanimal_core.evaluation.stability import (
    adaptation_gain,
    dropped_keypoints,
    jitter_px,
    relative_area_change,
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


def test_dropped_keypoints_are_absent_or_unsure():
    xy, score = np.zeros((2, 1, 3, 2)), np.ones((2, 1, 3))
    xy[0, 0, 0], score[0, 0, 1:] = np.nan, [0.499, 0.5]
    np.testing.assert_array_equal(dropped_keypoints(xy, score, min_score=0.5), [2, 0])


def test_area_change_is_relative():
    change = relative_area_change(np.array([100.0, 110.0, np.nan]))
    assert change[0] == pytest.approx(10 / 105)
    assert np.isnan(change[1])


def test_gains():
    assert adaptation_gain(0.7, 0.75) == pytest.approx(0.05)
    before, after = np.array([0.5, 0.6]), np.array([[0.9, 0.7], [0.6, 0.9]])
    assert robustness_gain(before, after) == pytest.approx(0.1)
    assert np.isnan(robustness_gain(before[:1], after[:1, :1]))
