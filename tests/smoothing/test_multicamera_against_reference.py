"""Several views against ensemble-kalman-smoother 4.6.2."""

import eks_fixtures
import numpy as np
import pytest
from eks_fixtures import needs_fixtures

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.smoothing import EksSmoothing, SharedViewSettings
from superanimal_core.smoothing.inflation import inflate_variances
from superanimal_core.smoothing.multicamera import smooth_views, split_mirrored

pytestmark = needs_fixtures

CASES = {
    "multicam_mm_fixed_s10_q95_inflate": ("top", "bot"),
    "multicam_mm_fixed_s10_q50_noinflate": ("top", "bot"),
    "multicam_fly_linear_fixed_s10": ("Cam-A", "Cam-B", "Cam-C"),
    "mirrored_mm_fixed_s10_q95_inflate": ("top", "bot"),
}
OPTIMIZED = {
    "multicam_mm_opt_q95_inflate": ("top", "bot"),
    "multicam_mm_opt_q50_noinflate": ("top", "bot"),
    "multicam_fly_linear_opt": ("Cam-A", "Cam-B", "Cam-C"),
    "multicam_fly_linear_opt_q95_inflate": ("Cam-A", "Cam-B", "Cam-C"),
    "mirrored_mm_opt_q95_inflate": ("top", "bot"),
}


def poses_of(keypoints, table, chosen):
    columns = [keypoints.index(k) for k in chosen]
    space = KeypointSpace("test", tuple(chosen))
    time_s = np.arange(len(table)) / 100
    table = table[:, None, columns]
    return Poses(space, ("animal0",), time_s, table[..., :2], table[..., 2])


def views_of(name, cameras):
    about = eks_fixtures.case(name)
    chosen = about["kwargs"]["bodypart_list"]
    if name.startswith("mirrored"):
        keypoints, tables = eks_fixtures.members(name)
        both = [f"{k}_{camera}" for camera in cameras for k in chosen]
        split = [split_mirrored(poses_of(keypoints, t, both), cameras) for t in tables]
        return {camera: [one[camera] for one in split] for camera in cameras}
    views = {}
    for camera in cameras:
        keypoints, tables = eks_fixtures.members(name, camera)
        views[camera] = [poses_of(keypoints, t, chosen) for t in tables]
    return views


def smoothed(name, cameras, strength):
    about = eks_fixtures.case(name)["kwargs"]
    settings = EksSmoothing(
        center="median",
        strength=strength,
        motion="random_walk",
        velocity_s=0.15,
        noise="reference",
        strength_frames=10_000,
        min_variance_px2=1e-12,
        min_score=0.0,
        single_network_variance_px2=1.0,
        max_gap_s=1.0,
    )
    shared = SharedViewSettings(
        latent=3,
        keep_quantile=about.get("quantile_keep_pca", 50) / 100,
        inflation_rounds=100 if about.get("inflate_vars") else 0,
    )
    return smooth_views(views_of(name, cameras), settings, shared)


def expected(name, cameras):
    """Arrays (frame, keypoint, 9) per camera."""
    if name.startswith("mirrored"):
        file = eks_fixtures.case(name)["output_files"][0]
        keypoints, table = eks_fixtures.output(name, file)
        chosen = eks_fixtures.case(name)["kwargs"]["bodypart_list"]
        return {c: table[:, [keypoints.index(f"{k}_{c}") for k in chosen]] for c in cameras}
    return {c: eks_fixtures.output(name, f"multicam_{c}_results.csv.gz")[1] for c in cameras}


@pytest.mark.parametrize("name", CASES)
def test_fixed_strength_equals_the_reference(name):
    result = smoothed(name, CASES[name], 10.0)
    for camera, table in expected(name, CASES[name]).items():
        difference = np.abs(result[camera].poses.xy_px[:, 0] - table[..., :2])
        assert difference.max() <= 1e-3, camera


@pytest.mark.parametrize("name", [n for n in CASES if n.endswith("q95_inflate")])
def test_inflated_variances_equal_the_reference(name):
    arrays = eks_fixtures.arrays(name)
    center, variance = arrays["ensemble_array"][0, ..., :2], arrays["ensemble_array"][0, ..., 2:4]
    for k in range(center.shape[2]):
        y, v = center[:, :, k].transpose(1, 0, 2), variance[:, :, k].transpose(1, 0, 2)
        worst = v.reshape(len(v), -1).max(axis=1)
        y = y - y[worst <= np.percentile(worst, 95)].mean(axis=0)
        found = inflate_variances(y.astype(float), v.astype(float), latent=3, max_rounds=100)
        reference = arrays["inflated_vars"][0, :, :, k].transpose(1, 0, 2)
        same = np.isclose(found, reference, rtol=1e-3)
        assert same.mean() > 0.995


@pytest.mark.parametrize("name", OPTIMIZED)
def test_optimized_strength_gives_the_poses_of_the_reference(name):
    result = smoothed(name, OPTIMIZED[name], None)
    about = eks_fixtures.case(name)
    for camera, table in expected(name, OPTIMIZED[name]).items():
        difference = np.abs(result[camera].poses.xy_px[:, 0] - table[..., :2])
        assert np.median(difference) <= 0.05
        ratio = result[camera].strength[0] / about["s_finals"]
        assert (ratio > 0.6).all()
        assert (ratio < 1.4).all()
