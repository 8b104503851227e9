"""The smoother's noise must not change the gait: ensemble, smoothing, strides."""

import numpy as np
import pytest
from stick_animals import LIMBS, walker
from test_gait import SETTINGS

from superanimal_core.behavior.gait import measure_strides
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.behavior import StrideSettings
from superanimal_core.settings.smoothing import EksSmoothing
from superanimal_core.smoothing.eks import smooth_ensemble

SMOOTHING = EksSmoothing(
    center="median",
    strength=None,
    motion="auto",
    velocity_s=0.15,
    noise="learned",
    strength_frames=10_000,
    min_variance_px2=0.01,
    min_score=0.1,
    single_network_variance_px2=1.0,
    max_gap_s=0.2,
)


def ensemble_of(poses, members, error_px, seed=0):
    rng = np.random.default_rng(seed)
    xy = poses.poses.xy_px
    shared = error_px * rng.normal(size=xy.shape)
    return [
        Poses(
            poses.poses.space,
            poses.poses.individuals,
            poses.poses.time_s,
            xy + shared + error_px * rng.normal(size=xy.shape),
            np.full(xy.shape[:3], 0.9),
        )
        for _ in range(members)
    ]


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("fps", [60.0, 120.0])
@pytest.mark.parametrize("to_the_right", [True, False])
def test_stride_time_survives_prediction_errors_and_smoothing(members, fps, to_the_right):
    truth = walker(fps=fps, to_the_right=to_the_right)
    smoothed = smooth_ensemble(
        ensemble_of(truth, members, error_px=1.0),
        SMOOTHING,
    )
    strides = measure_strides(smoothed, StrideSettings(**SETTINGS))
    for limb in LIMBS:
        rows = strides.limb == limb
        assert 16 <= rows.sum() <= 20
        assert np.median(strides.stride_time_s[rows]) == pytest.approx(0.4, rel=0.03)
    assert np.median(strides.duty_factor) == pytest.approx(0.6, abs=0.06)
