"""How an animal moves over the ground, on times that are not evenly spaced."""

import numpy as np

from superanimal_core.behavior.travel import body_center_px, bridged_px


def test_what_moves_evenly_is_bridged_where_it_was_whatever_the_times():
    rng = np.random.default_rng(0)
    time_s = np.cumsum(rng.uniform(0.005, 0.2, 200))
    truth = np.stack([3 + 40 * time_s, 100 - 7 * time_s], axis=1)
    track = truth.copy()
    track[rng.random(200) < 0.4] = np.nan
    track[[0, -1]] = truth[[0, -1]]
    np.testing.assert_allclose(bridged_px(track, time_s), truth, atol=1e-9)


def test_before_and_after_a_track_it_stands():
    track = np.array([[np.nan, np.nan], [1.0, 2.0], [np.nan, 5.0], [5.0, 4.0], [np.nan, np.nan]])
    times = np.array([0.0, 1.0, 2.0, 5.0, 6.0])
    expected = [[1, 2], [1, 2], [2, 2.5], [5, 4], [5, 4]]
    np.testing.assert_allclose(bridged_px(track, times), expected)
    nothing = np.full((5, 2), np.nan)
    np.testing.assert_array_equal(bridged_px(nothing, times), nothing)


def test_the_middle_of_a_body_goes_evenly_through_a_hole_of_dropped_frames():
    time_s = np.array([0.0, 0.1, 0.2, 0.25, 0.26, 0.3, 0.4])
    body = np.stack([time_s * 10, time_s * 0], axis=1)[:, None] + [[[0, 0], [4, 2]]]
    seen = body.copy()
    seen[3:5, 0] = np.nan
    center = body_center_px(seen, time_s, 0.2)
    np.testing.assert_allclose(center, body.mean(axis=1), atol=1e-12)
