"""Single camera against ensemble-kalman-smoother 4.6.2, with the reference's own conventions.

The reference starts every series with its mean and variance as a prior; the product does not. The
tests hand that prior to the same functions that the product uses.
"""

import eks_fixtures
import numpy as np
import pytest
from eks_fixtures import needs_fixtures

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.smoothing import EksSmoothing
from superanimal_core.smoothing.eks import observation_noise_px2, smooth_ensemble
from superanimal_core.smoothing.ensemble import ensemble_moments
from superanimal_core.smoothing.local_level import Prior, smooth_local_level
from superanimal_core.smoothing.strength import Series, fit_strength, log_likelihood

pytestmark = needs_fixtures

SETTINGS = EksSmoothing(
    center="median",
    strength=10.0,
    motion="random_walk",
    velocity_s=0.15,
    noise="reference",
    strength_frames=10_000,
    min_variance_px2=1e-12,
    min_score=0.0,
    single_network_variance_px2=1.0,
    max_gap_s=1.0,
)
FIXED = ["singlecam_pupil_fixed_s10", "singlecam_mirrormouse_fixed_s10",
         "singlecam_pupil_single_model_fixed"]  # fmt: skip
OPTIMIZED = ["singlecam_pupil_opt", "singlecam_mirrormouse_opt", "singlecam_pupil_single_model_opt",
             "singlecam_pupil_opt_sframes0_500", "singlecam_pupil_opt_blocks"]  # fmt: skip


def moments_and_noise(name):
    _, tables = eks_fixtures.members(name)
    moments = ensemble_moments([t[..., :2] for t in tables], [t[..., 2] for t in tables], SETTINGS)
    noise = observation_noise_px2(moments, SETTINGS)
    return moments, noise


def series_of(name, keypoint, axis):
    moments, noise = moments_and_noise(name)
    y = moments.center_px[:, keypoint, axis]
    return Series(y, noise[:, keypoint, axis], np.ones(len(y) - 1), Prior(y.mean(), y.var()))


def smoothed(name, strengths):
    about = eks_fixtures.case(name)
    xy = np.empty((*about["shapes"]["in_ensemble_vars"][:2], 2))
    variance = np.empty_like(xy)
    for keypoint, strength in enumerate(strengths):
        for axis in (0, 1):
            s = series_of(name, keypoint, axis)
            mean, spread = smooth_local_level(
                s.y_px, s.noise_px2, strength * s.step_per_strength, s.prior
            )
            xy[:, keypoint, axis], variance[:, keypoint, axis] = mean, spread
    return xy, variance


@pytest.mark.parametrize("name", FIXED)
def test_fixed_strength_equals_the_reference(name):
    xy, variance = smoothed(name, eks_fixtures.case(name)["s_finals"])
    _, expected = eks_fixtures.output(name, "eks_singlecam.csv.gz")
    assert np.abs(xy - expected[..., :2]).max() <= 1e-3
    np.testing.assert_allclose(variance, expected[..., 7:9], rtol=1e-2)


@pytest.mark.parametrize("name", FIXED)
def test_the_product_differs_from_the_reference_only_near_the_ends(name):
    keypoints, tables = eks_fixtures.members(name)
    space = KeypointSpace("test", tuple(keypoints))
    time_s = np.arange(len(tables[0])) / 60
    members = [Poses(space, ("animal0",), time_s, t[:, None, :, :2], t[:, None, :, 2])
               for t in tables]  # fmt: skip
    result = smooth_ensemble(members, SETTINGS)
    _, expected = eks_fixtures.output(name, "eks_singlecam.csv.gz")
    difference = np.abs(result.poses.xy_px[:, 0] - expected[..., :2])
    assert difference[20:].max() <= 1e-3
    np.testing.assert_allclose(result.raw_xy_px[:, 0], expected[..., 3:5], atol=1e-3)
    np.testing.assert_allclose(result.poses.score[:, 0], expected[..., 2], atol=1e-5)


def blocks_of(about):
    return [entry["keypoints"] for entry in about["optimiser"]]


@pytest.mark.parametrize("name", OPTIMIZED)
def test_optimized_strength_is_at_least_as_likely_as_the_reference(name):
    about = eks_fixtures.case(name)
    end = 500 if "sframes" in name else None
    strengths = np.empty(len(about["s_finals"]))
    for block in blocks_of(about):
        series = [constant_noise(series_of(name, k, axis), end) for k in block for axis in (0, 1)]
        strength = fit_strength(series)
        strengths[block] = strength
        reference = about["s_finals"][block[0]]
        assert log_likelihood(series, strength) >= log_likelihood(series, reference) - 1
        assert 0.6 < strength / reference < 1.4
    xy, _ = smoothed(name, strengths)
    _, expected = eks_fixtures.output(name, "eks_singlecam.csv.gz")
    assert np.median(np.abs(xy - expected[..., :2])) <= 0.05


def constant_noise(series, end):
    """The reference's objective: its noise is the median, at least 1e-4, over the chosen frames."""
    y, noise = series.y_px[:end], series.noise_px2[:end]
    flat = np.full(len(y), max(np.median(noise), 1e-4))
    return Series(y, flat, series.step_per_strength[: len(y) - 1], series.prior)
