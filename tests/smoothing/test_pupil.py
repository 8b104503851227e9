"""The pupil model, on simulated pupils and against ensemble-kalman-smoother 4.6.2."""

from pathlib import Path

import eks_fixtures
import numpy as np
import pytest
import yaml
from eks_fixtures import needs_fixtures

from superanimal_core.errors import DatasetError
from superanimal_core.formats.documents import read_keypoint_space
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.smoothing import PupilSmoothing, SmoothingSettings, VideoViewSettings
from superanimal_core.smoothing.eks import observation_noise_px2
from superanimal_core.smoothing.ensemble import ensemble_moments
from superanimal_core.smoothing.pupil import DESIGN, fit_pupil, pupil_geometry, smooth_pupil
from superanimal_core.smoothing.sessions import smooth_view

POINTS = ("pupil_top_r", "pupil_bottom_r", "pupil_right_r", "pupil_left_r")
ROOT = Path(__file__).resolve().parents[2]
SHIPPED = read_keypoint_space(ROOT / "config/keypoints/pupil.yaml")
SMOOTHING = SmoothingSettings(
    **yaml.safe_load((ROOT / "config/config.yaml").read_text())["smoothing"]
)


def settings(memories):
    """Those of the reference runs."""
    return PupilSmoothing(
        points=POINTS,
        memories=memories,
        center="median",
        min_variance_px2=1e-12,
        min_score=0.0,
        single_network_variance_px2=1.0,
    )


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


def members_of(name):
    keypoints, tables = eks_fixtures.members(name)
    space = KeypointSpace("pupil", tuple(keypoints))
    time_s = np.arange(len(tables[0])) / 60
    return [Poses(space, ("animal0",), time_s, t[:, None, :, :2], t[:, None, :, 2])
            for t in tables]  # fmt: skip


def seen_pupil(points, score=1.0, space=SHIPPED):
    """Poses of one network: `points` (frame, individual, keypoint, 2)."""
    individuals = tuple(f"animal{i}" for i in range(points.shape[1]))
    return Poses(
        space, individuals, np.arange(len(points)) / 60, points, np.full(points.shape[:3], score)
    )


def expected(name):
    """Positions in the order of POINTS: the reference writes right under bottom and vice versa."""
    labels, table = eks_fixtures.output(name, "eks_ibl_pupil.csv.gz")
    top, bottom, right, left = (labels.index(point) for point in POINTS)
    return table[:, [top, right, bottom, left], :2]


@needs_fixtures
def test_fixed_memories_equal_the_reference():
    result = smooth_pupil(members_of("pupil_fixed_099_099"), settings((0.99, 0.99)))
    order = [result.poses.space.index(point) for point in POINTS]
    difference = np.abs(result.poses.xy_px[:, 0, order] - expected("pupil_fixed_099_099"))
    assert difference.max() <= 1e-3


@needs_fixtures
def test_most_likely_memories_are_those_of_the_reference():
    members = members_of("pupil_opt")
    result = smooth_pupil(members, settings(None))
    order = [result.poses.space.index(point) for point in POINTS]
    reference = eks_fixtures.case("pupil_opt")["s_finals"]
    assert result.strength[0, order] == pytest.approx(reference[0], abs=0.003)
    moments = ensemble_moments(
        [m.xy_px[:, 0, order] for m in members], [m.score[:, 0, order] for m in members],
        settings(None),
    )  # fmt: skip
    noise = observation_noise_px2(moments, settings(None))
    pupil = fit_pupil(moments.center_px, noise, memories=None)
    assert pupil.center_memory == pytest.approx(reference[1], abs=0.01)
    difference = np.abs(result.poses.xy_px[:, 0, order] - expected("pupil_opt"))
    assert np.median(difference) <= 0.05


def test_the_shipped_space_is_that_of_the_shipped_settings():
    assert SHIPPED.keypoints == SMOOTHING.pupil.points
    assert SHIPPED.mirror_pairs == (SMOOTHING.pupil.points[2:],)


def test_the_four_points_are_those_of_a_circle_and_others_stay_unknown():
    _, points = simulated(frames=200)
    space = KeypointSpace("eye", (*SHIPPED.keypoints[::-1], "lid"))
    with_lid = np.concatenate([points[:, ::-1], points[:, :1]], axis=1)[:, None]
    result = smooth_pupil([seen_pupil(with_lid, space=space)], SMOOTHING.of("pupil"))
    left, right, bottom, top, lid = np.moveaxis(result.poses.xy_px[:, 0], 1, 0)
    np.testing.assert_allclose(top[:, 0], bottom[:, 0])
    np.testing.assert_allclose(left[:, 1], right[:, 1])
    np.testing.assert_allclose(bottom[:, 1] - top[:, 1], right[:, 0] - left[:, 0])
    assert np.isnan(lid).all()
    assert (result.variance_px2[:, 0, :4] > 0).all()


def test_a_pupil_in_one_picture_stays_where_it_was_seen():
    """What the uncertainty is calibrated on: pictures, each of whose animals stands alone."""
    points = np.random.default_rng(3).normal(100, 20, size=(1, 5, 4, 2))
    points[0, 2, 1] = np.nan
    result = smooth_pupil([seen_pupil(points, score=0.5)], SMOOTHING.of("pupil"))
    np.testing.assert_array_equal(result.poses.xy_px, points)
    noise = np.where(np.isnan(points), np.nan, SMOOTHING.pupil.single_network_variance_px2 / 0.5)
    np.testing.assert_allclose(result.variance_px2, noise)


@pytest.mark.parametrize("diameter_changes", [False, True])
def test_what_never_changes_of_a_pupil_is_found_where_it_is(diameter_changes):
    """Without noise: a constant diameter (or a center that stands still) has no spread."""
    time = np.arange(100)
    diameter = 20 + 3 * np.sin(time / 9) * diameter_changes
    center = [80, 60] + np.zeros((100, 2)) + 5 * np.sin(time / 7)[:, None] * (not diameter_changes)
    points = (np.column_stack([diameter, center]) @ DESIGN.T).reshape(100, 4, 2)
    found = fit_pupil(points, np.full(points.shape, 0.01), memories=None)
    np.testing.assert_allclose(found.diameter_px, diameter, atol=0.1)
    np.testing.assert_allclose(found.center_px, center, atol=0.1)
    assert np.isfinite(found.covariance_px2).all()


def test_a_space_without_a_pupil_is_refused():
    space = KeypointSpace("eye", ("pupil_top", "pupil_bottom", "pupil_right", "pupil_lef"))
    with pytest.raises(DatasetError, match="no keypoint 'pupil_left'; did you mean 'pupil_lef'"):
        smooth_pupil([seen_pupil(np.ones((5, 1, 4, 2)), space=space)], SMOOTHING.of("pupil"))


def test_a_video_is_smoothed_by_the_chosen_method_pupil():
    _, points = simulated(frames=100)
    members = [seen_pupil(points[:, None])]
    views = VideoViewSettings(**SMOOTHING.views.model_dump() | {"mirrors": []})
    found = smooth_view({"": members}, "pupil", SMOOTHING.of("pupil"), views, None)
    np.testing.assert_array_equal(
        found.poses.xy_px, smooth_pupil(members, SMOOTHING.of("pupil")).poses.xy_px
    )
