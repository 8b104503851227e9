"""Velocities, angles and areas against functions whose derivative, angle or area is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from superanimal_core.behavior.kinematics import (
    angle_between_rad,
    angular_velocity_rad_per_s,
    direction_rad,
    elevation_rad,
    hull_area_px2,
    moving_mean,
    runs_of,
    velocity_px_per_s,
    velocity_sd_px_per_s,
)
from superanimal_core.smoothing.sampling import lasting_noise


def irregular_time(frames=300, seed=0):
    return np.random.default_rng(seed).uniform(0.005, 0.02, frames).cumsum()


def test_a_straight_line_has_its_slope_on_irregular_time_stamps():
    time_s = irregular_time()
    xy = np.stack([3 + 40 * time_s, 1000 - 7 * time_s], axis=1)
    velocity = velocity_px_per_s(xy, time_s, 0.05)
    np.testing.assert_allclose(velocity, np.broadcast_to([40, -7], velocity.shape), atol=1e-6)


def test_a_hole_is_unknown_and_its_neighbors_are_not():
    time_s = irregular_time()
    xy = np.stack([40 * time_s, time_s], axis=1)
    xy[50:53] = np.nan
    velocity = velocity_px_per_s(xy, time_s, 0.05)
    assert np.isnan(velocity[50:53]).all()
    np.testing.assert_allclose(velocity[[49, 53], 0], 40, atol=1e-6)


def test_a_window_shorter_than_a_frame_is_the_central_difference():
    time_s = np.arange(100) / 50
    x = np.random.default_rng(0).normal(size=(100, 1))
    central = (x[2:] - x[:-2]) / 0.04
    np.testing.assert_allclose(velocity_px_per_s(x, time_s, 0.0)[1:-1], central, atol=1e-9)


@pytest.mark.parametrize("lasting_s", [0.0, 0.02, 0.1, 1.0])
@pytest.mark.parametrize("window_s", [0.0, 0.05, 0.2])
def test_velocity_sd_is_the_spread_of_the_velocity_of_errors_that_last(lasting_s, window_s):
    time_s = np.arange(100_000) / 100
    noise = 0.8 * lasting_noise(time_s, lasting_s, 1, np.random.default_rng(0))
    expected = velocity_px_per_s(noise, time_s, window_s).std()
    found = velocity_sd_px_per_s(np.full(len(time_s), 0.8), lasting_s, time_s, window_s)
    assert np.median(found) == pytest.approx(expected, rel=0.03)


def test_velocity_is_less_sure_at_the_ends_and_unknown_for_a_single_frame():
    time_s = np.arange(50) / 100
    found = velocity_sd_px_per_s(np.ones(50), 0.0, time_s, 0.1)
    assert found[0] > 1.9 * found[25]
    assert found[-1] == pytest.approx(found[0])
    assert np.isnan(velocity_sd_px_per_s(np.ones(1), 0.0, time_s[:1], 0.1)).all()


def test_few_frames_have_no_velocity_and_raise_nothing():
    for frames in (0, 1):
        xy = np.ones((frames, 2))
        assert np.isnan(velocity_px_per_s(xy, np.arange(frames) / 10.0, 0.1)).all()


def test_moving_mean_keeps_a_constant_and_its_holes():
    time_s = irregular_time()
    values = np.full((300, 2), 5.0)
    values[10] = np.nan
    mean = moving_mean(values, time_s, 0.1)
    assert np.isnan(mean[10]).all()
    np.testing.assert_allclose(np.delete(mean, 10, axis=0), 5)


def test_angles_are_counterclockwise_on_the_screen():
    right, up = np.array([[1.0, 0.0]]), np.array([[0.0, -1.0]])
    assert direction_rad(up)[0] == pytest.approx(np.pi / 2)
    assert angle_between_rad(up, right)[0] == pytest.approx(np.pi / 2)
    assert angle_between_rad(right, up)[0] == pytest.approx(-np.pi / 2)


def test_elevation_is_the_same_whichever_way_the_animal_faces():
    for side in (1.0, -1.0):
        assert elevation_rad(np.array([[side, -1.0]]))[0] == pytest.approx(np.pi / 4)


def test_turning_through_pi_is_steady():
    time_s = irregular_time()
    angle = (2.0 * time_s + 3.0 + np.pi) % (2 * np.pi) - np.pi
    angle[100] = np.nan
    rate = angular_velocity_rad_per_s(angle, time_s, 0.05)
    np.testing.assert_allclose(rate[np.isfinite(angle)], 2.0, atol=1e-6)


@given(st.integers(0, 10_000), st.integers(3, 12))
def test_hull_area_is_that_of_qhull(seed, keypoints):
    points = np.random.default_rng(seed).normal(size=(4, keypoints, 2)) * 100
    expected = [ConvexHull(p).volume for p in points]
    np.testing.assert_allclose(hull_area_px2(points), expected, rtol=1e-9)


def test_hull_area_of_points_in_a_grid_and_of_repeated_points():
    x, y = np.meshgrid(np.arange(4.0), np.arange(3.0))
    grid = np.stack([x.ravel(), y.ravel()], axis=1)
    doubled = np.concatenate([grid, grid])[None]
    assert hull_area_px2(doubled)[0] == pytest.approx(6)
    assert hull_area_px2(np.ones((1, 5, 2)))[0] == 0


def test_hull_area_needs_three_known_keypoints():
    points = np.random.default_rng(0).normal(size=(3, 4, 2))
    points[0, :2] = np.nan
    points[1, 0] = np.nan
    area = hull_area_px2(points)
    assert np.isnan(area[0])
    assert area[1] == pytest.approx(ConvexHull(points[1, 1:]).volume)


def test_runs_are_half_open():
    assert runs_of(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
    assert runs_of(np.zeros(3, bool)) == []
