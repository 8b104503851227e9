"""Calibrated cameras: projection, triangulation, and smoothing in three dimensions."""

import tomllib

import eks_fixtures
import numpy as np
import pytest
from eks_fixtures import FOLDER, needs_fixtures
from scipy.spatial.transform import Rotation

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.smoothing import EksSmoothing, SharedViewSettings
from superanimal_core.smoothing.calibrated import smooth_calibrated
from superanimal_core.smoothing.cameras import (
    camera_from_rotation_vector,
    project,
    rotation_matrix,
    triangulate,
    undistort,
)

SETTINGS = {
    "center": "median",
    "motion": "random_walk",
    "velocity_s": 0.15,
    "noise": "reference",
    "strength_frames": 10_000,
    "min_variance_px2": 1e-12,
    "min_score": 0.0,
    "single_network_variance_px2": 1.0,
    "max_gap_s": 1.0,
}


def cameras(distortion=(-0.2, 0.05, 0.001, -0.002, 0.01)):
    matrix = np.array([[800.0, 0, 320], [0, 820, 240], [0, 0, 1]])
    return [
        camera_from_rotation_vector(
            name, matrix, np.array(distortion), np.array([0.1, turn, 0.05]), np.array([0, 0, 6.0])
        )
        for name, turn in (("left", -0.5), ("middle", 0.0), ("right", 0.6))
    ]


def cloud(count=50, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (count, 3))


def test_the_derivative_of_the_projection_is_that_of_small_moves():
    camera, points = cameras((-0.2, 0.05, 0.001, -0.002, 0.01, 0.1, 0.02, 0.003))[0], cloud()
    _, slope = project(camera, points)
    for axis in range(3):
        move = np.zeros(3)
        move[axis] = 1e-6
        change = (project(camera, points + move)[0] - project(camera, points - move)[0]) / 2e-6
        np.testing.assert_allclose(slope[:, :, axis], change, atol=1e-4)


@pytest.mark.parametrize("length", [0.0, 1e-9, 0.3, 3.0, 7.0])
def test_rotation_vectors_are_scipys(length):
    vector = length * np.array([2.0, -1.0, 2.0]) / 3
    expected = Rotation.from_rotvec(vector).as_matrix()
    np.testing.assert_allclose(rotation_matrix(vector), expected, atol=1e-12)


def test_undistorting_undoes_the_lens():
    camera, points = cameras()[2], cloud()
    seen = points @ camera.rotation.T + camera.translation
    plane = undistort(camera, project(camera, points)[0])
    np.testing.assert_allclose(plane, seen[:, :2] / seen[:, 2:], atol=1e-10)


def test_triangulation_undoes_projection_and_ignores_one_wrong_view():
    lenses, points = cameras(), cloud()
    xy = np.stack([project(camera, points)[0] for camera in lenses], axis=1)
    np.testing.assert_allclose(triangulate(lenses, xy), points, atol=1e-8)
    xy[3, 0] = np.nan
    xy[4, :2] = np.nan
    found = triangulate(lenses, xy)
    np.testing.assert_allclose(found[3], points[3], atol=1e-8)
    assert np.isnan(found[4]).all()


def walk_in_the_world(frames=300, members=3, noise_px=1.5, seed=0):
    rng = np.random.default_rng(seed)
    truth = 0.01 * rng.normal(size=(frames, 3)).cumsum(axis=0)
    lenses = cameras()
    space = KeypointSpace("dot", ("dot",))
    views = {}
    for camera in lenses:
        xy, _ = project(camera, truth)
        shared = noise_px * rng.normal(size=xy.shape)
        views[camera.name] = [
            Poses(
                space,
                ("animal0",),
                np.arange(frames) / 100,
                (xy + shared + noise_px * rng.normal(size=xy.shape))[:, None, None],
                np.ones((frames, 1, 1)),
            )
            for _ in range(members)
        ]
    return truth, views, {camera.name: camera for camera in lenses}


def smoothed(views, lenses, strength=None, keep_quantile=1.0, inflation_rounds=0):
    return smooth_calibrated(
        views,
        lenses,
        EksSmoothing(strength=strength, **SETTINGS),
        SharedViewSettings(
            latent=3, keep_quantile=keep_quantile, inflation_rounds=inflation_rounds
        ),
    )


def test_three_cameras_find_the_point_better_than_triangulation():
    truth, views, lenses = walk_in_the_world()
    points, poses = smoothed(views, lenses)
    center = np.stack([poses[name].raw_xy_px[:, 0, 0] for name in views], axis=1)
    raw = triangulate(list(lenses.values()), center)
    error = np.abs(points.position[:, 0, 0] - truth).mean()
    assert error < 0.9 * np.abs(raw - truth).mean()


def test_one_network_in_every_view_is_enough():
    _, views, lenses = walk_in_the_world(members=1)
    points, _ = smoothed(views, lenses, strength=1e-3)
    assert np.isfinite(points.position).all()


def test_an_occluded_view_is_filled_in_from_the_others():
    truth, views, lenses = walk_in_the_world()
    for member in views["left"]:
        member.xy_px[100:150] = np.nan
    _, poses = smoothed(views, lenses)
    expected = project(lenses["left"], truth)[0]
    error = np.abs(poses["left"].poses.xy_px[100:150, 0, 0] - expected[100:150])
    assert np.median(error) < 3
    assert (poses["left"].members[100:150] == 0).all()


def test_a_point_that_is_never_seen_is_unknown():
    _, views, lenses = walk_in_the_world(frames=20)
    for members in views.values():
        for member in members:
            member.xy_px[:] = np.nan
    points, poses = smoothed(views, lenses)
    assert np.isnan(points.position).all()
    assert np.isnan(poses["left"].poses.xy_px).all()


def fly(name):
    about = eks_fixtures.case(name)["kwargs"]
    calibration = tomllib.loads((FOLDER / "inputs/fly/calibration.toml").read_text())
    lenses, views = {}, {}
    for key, entry in calibration.items():
        if not key.startswith("cam_"):
            continue
        camera = entry["name"]
        lenses[camera] = camera_from_rotation_vector(
            camera,
            *(np.array(entry[k]) for k in ("matrix", "distortions", "rotation", "translation")),
        )
        keypoints, tables = eks_fixtures.members(name, camera)
        chosen = about.get("bodypart_list") or keypoints
        columns = [keypoints.index(k) for k in chosen]
        space = KeypointSpace("fly", tuple(chosen))
        views[camera] = [
            Poses(space, ("fly",), np.arange(len(t)) / 300, t[:, None, columns, :2],
                  t[:, None, columns, 2])
            for t in tables
        ]  # fmt: skip
    return views, lenses


def result_of(name, strength):
    about = eks_fixtures.case(name)["kwargs"]
    return smoothed(
        *fly(name),
        strength=strength,
        keep_quantile=about.get("quantile_keep_pca", 50) / 100,
        inflation_rounds=100 if about.get("inflate_vars") else 0,
    )


@needs_fixtures
def test_fixed_strength_equals_the_reference():
    name = "multicam_fly_nonlinear_fixed_s10_q95_inflate"
    points, poses = result_of(name, 10.0)
    for camera, found in poses.items():
        _, table = eks_fixtures.output(name, f"multicam_{camera}_results.csv.gz")
        assert np.abs(found.poses.xy_px[:, 0] - table[..., :2]).max() <= 2e-2, camera
    _, table = eks_fixtures.output(name, "multicam_3d_results.csv.gz")
    np.testing.assert_allclose(points.position[:, 0], table[..., :3], atol=1e-4)


@needs_fixtures
@pytest.mark.parametrize(
    "name",
    ["multicam_fly_nonlinear_opt_q95_inflate", "multicam_fly_nonlinear_opt_noinflate_allkp"],
)
def test_optimized_strength_gives_the_poses_of_the_reference(name):
    points, poses = result_of(name, None)
    ratio = points.strength[0] / eks_fixtures.case(name)["s_finals"]
    assert (ratio > 0.6).all()
    assert (ratio < 1.4).all()
    for camera, found in poses.items():
        _, table = eks_fixtures.output(name, f"multicam_{camera}_results.csv.gz")
        assert np.median(np.abs(found.poses.xy_px[:, 0] - table[..., :2])) <= 0.05, camera
