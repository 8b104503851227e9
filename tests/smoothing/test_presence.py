"""Whether keypoints are there and near, on cases that can be counted by hand."""

import numpy as np
from test_eks import ensemble

from superanimal_core.smoothing.presence import WITHIN, fit_presence, near_probability, within_px


def test_the_part_that_is_there_grows_with_the_score():
    score = np.array([0.1, 0.2, 0.3, 0.4, 0.8, 0.9])
    is_there = np.array([False, True, False, True, True, True])
    corners, part = fit_presence(score, is_there)
    found = np.interp(score, corners, part)
    np.testing.assert_allclose(found[[0, 4, 5]], [0, 1, 1])
    assert (np.diff(found) >= 0).all()
    assert 0.25 < found[1] <= found[2] < 0.75  # one of two is there


def test_presence_is_calibrated():
    rng = np.random.default_rng(0)
    score = rng.random(20_000)
    corners, part = fit_presence(score, rng.random(20_000) < score**2)
    at = np.array([0.3, 0.5, 0.9])
    np.testing.assert_allclose(np.interp(at, corners, part), at**2, atol=0.06)


def test_without_a_question_everything_is_there():
    corners, part = fit_presence(np.empty(0), np.empty(0, bool))
    assert np.interp(0.2, corners, part) == 1


def test_near_is_the_inverse_of_the_radius():
    level = np.arange(0.01, 1.0, 0.01)
    quantile = -np.log(1 - level)
    np.testing.assert_allclose(near_probability(quantile, level, quantile), level)
    assert near_probability(np.array(0.0), level, quantile) == 0
    assert near_probability(np.array(1e9), level, quantile) == level[-1]


def test_near_is_a_twentieth_of_the_animals_longer_side():
    _, members = ensemble(frames=5, individuals=2, keypoints=2)
    poses = members[0]
    poses.xy_px[:, :, 0] = 0.0
    poses.xy_px[:, :, 1] = [30.0, 80.0]
    poses.xy_px[3] = np.nan
    assert within_px(poses) == WITHIN * 80
    poses.xy_px[:] = np.nan
    assert np.isnan(within_px(poses))
