"""The pupil model, on simulated pupils and against ensemble-kalman-smoother 4.6.2."""

import eks_fixtures
import numpy as np
import pytest
from eks_fixtures import needs_fixtures

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.smoothing.pupil import DESIGN, fit_pupil, pupil_geometry, smooth_pupil

POINTS = ("pupil_top_r", "pupil_bottom_r", "pupil_right_r", "pupil_left_r")
SETTINGS = {
    "points": POINTS,
    "center": "median",
    "min_variance_px2": 1e-12,
    "min_score": 0.0,
    "single_network_variance_px2": 1.0,
}


def simulated(frames=3000, seed=0, memory=0.98):
    """Points of a pupil whose diameter and center return to their means, noise of 1 px."""
    rng = np.random.default_rng(seed)
    state = np.zeros((frames, 3))
    for t in range(1, frames):
        state[t] = memory * state[t - 1] + rng.normal(size=3) * 2 * np.sqrt(1 - memory**2)
    state += [0, 100, 80]
    state[:, 0] += 30
    points = (state @ DESIGN.T).reshape(frames, 4, 2)
    return state, points + rng.normal(size=points.shape)


def test_the_pupil_is_found_better_than_frame_by_frame():
    state, points = simulated()
    pupil = fit_pupil(points, np.ones_like(points), memories=None)
    diameter, center = pupil_geometry(points)
    assert (
        np.abs(pupil.diameter_px - state[:, 0]).mean() < 0.7 * np.abs(diameter - state[:, 0]).mean()
    )
    assert np.abs(pupil.center_px - state[:, 1:]).mean() < np.abs(center - state[:, 1:]).mean()
    assert pupil.center_memory == pytest.approx(0.98, abs=0.01)


def test_an_occluded_pupil_is_bridged_and_nothing_is_nan():
    _, points = simulated(frames=400)
    points[100:120] = np.nan
    points[200:210, 0] = np.nan
    pupil = fit_pupil(points, np.ones_like(points), memories=(0.99, 0.99))
    assert np.isfinite(pupil.diameter_px).all()
    assert pupil.covariance_px2[110, 0, 0] > 2 * pupil.covariance_px2[50, 0, 0]


def test_a_pupil_that_is_never_seen_is_unknown():
    pupil = fit_pupil(np.full((5, 4, 2), np.nan), np.full((5, 4, 2), np.inf), memories=None)
    assert np.isnan(pupil.diameter_px).all()


@pytest.mark.parametrize(("frames", "is_known"), [(1, False), (2, True)])
def test_a_pupil_that_was_seen_twice_is_known(frames, is_known):
    _, points = simulated(frames=20)
    points[frames:] = np.nan
    pupil = fit_pupil(points, np.ones_like(points), memories=(0.99, 0.99))
    assert np.isfinite(pupil.diameter_px).all() == is_known


def smoothed(name, memories):
    keypoints, tables = eks_fixtures.members(name)
    space = KeypointSpace("pupil", tuple(keypoints))
    time_s = np.arange(len(tables[0])) / 60
    members = [Poses(space, ("animal0",), time_s, t[:, None, :, :2], t[:, None, :, 2])
               for t in tables]  # fmt: skip
    return smooth_pupil(members, memories=memories, **SETTINGS)


def expected(name):
    """Positions in the order of POINTS: the reference writes right under bottom and vice versa."""
    labels, table = eks_fixtures.output(name, "eks_ibl_pupil.csv.gz")
    top, bottom, right, left = (labels.index(point) for point in POINTS)
    return table[:, [top, right, bottom, left], :2]


@needs_fixtures
def test_fixed_memories_equal_the_reference():
    result, _ = smoothed("pupil_fixed_099_099", (0.99, 0.99))
    order = [result.poses.space.index(point) for point in POINTS]
    difference = np.abs(result.poses.xy_px[:, 0, order] - expected("pupil_fixed_099_099"))
    assert difference.max() <= 1e-3


@needs_fixtures
def test_most_likely_memories_are_those_of_the_reference():
    result, pupils = smoothed("pupil_opt", None)
    reference = eks_fixtures.case("pupil_opt")["s_finals"]
    assert pupils[0].diameter_memory == pytest.approx(reference[0], abs=0.003)
    assert pupils[0].center_memory == pytest.approx(reference[1], abs=0.01)
    order = [result.poses.space.index(point) for point in POINTS]
    difference = np.abs(result.poses.xy_px[:, 0, order] - expected("pupil_opt"))
    assert np.median(difference) <= 0.05
