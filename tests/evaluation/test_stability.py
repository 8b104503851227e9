"""Stability of predictions over a video."""

import numpy as np

from superanimal_core.evaluation.stability import dropped_keypoints, jitter_px


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
