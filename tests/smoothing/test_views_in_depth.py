"""What the defaults make of several views whose animal moves towards the cameras and away."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from test_calibrated import cameras
from test_sessions import error_px

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.smoothing import SmoothingSettings, VideoViewSettings
from superanimal_core.smoothing.cameras import project
from superanimal_core.smoothing.eks import smooth_ensemble
from superanimal_core.smoothing.multicamera import smooth_views
from superanimal_core.smoothing.sessions import smooth_view, view_flags

SMOOTHING = yaml.safe_load(
    (Path(__file__).resolve().parents[2] / "config/config.yaml").read_text()
)["smoothing"]
EKS = SmoothingSettings(**SMOOTHING).of("eks")
VIEWS = VideoViewSettings(**SMOOTHING["views"] | {"mirrors": []})
NAMES = ("left", "middle", "right")


@pytest.fixture(scope="module")
def recording():
    """An animal that runs through two thirds of its distance; three members, errors of 0.4 px."""
    time_s, rng = np.arange(600) / 50, np.random.default_rng(0)
    turn = 2 * np.pi * time_s
    world = 2 * np.stack([np.sin(0.93 * turn), 0.3 * np.sin(1.31 * turn), np.cos(0.77 * turn)], 1)
    lenses = {c.name: c for c in cameras(distortion=(0.0,) * 5) if c.name in NAMES}
    truth = {n: project(lenses[n], world)[0][:, None, None] for n in NAMES}
    views = {
        name: [
            Poses(
                KeypointSpace("dot", ("dot",)),
                ("animal0",),
                time_s,
                xy + 0.4 * rng.normal(size=xy.shape),
                np.full(xy.shape[:3], 0.9),
            )
            for _ in range(3)
        ]
        for name, xy in truth.items()
    }
    return truth, views, lenses


def test_without_calibration_a_view_is_smoothed_alone_and_says_so(recording):
    truth, views, _ = recording
    found = smooth_view(views, "eks", EKS, VIEWS, None)
    alone = smooth_ensemble(views["left"], EKS)
    np.testing.assert_array_equal(found.poses.xy_px, alone.poses.xy_px)
    linear = smooth_views(views, EKS, VIEWS)["left"]
    assert error_px(found, truth["left"]) < 1
    assert error_px(linear, truth["left"]) > 5 * error_px(found, truth["left"])
    (flag,) = view_flags(views, "eks", None)
    assert "without the help of middle, right" in flag
    assert "camera_file" in flag


def test_nothing_is_said_where_nothing_was_left_out(recording):
    _, views, lenses = recording
    assert view_flags(views, "eks", lenses) == []
    assert view_flags(views, "median", None) == []
    assert view_flags({"left": views["left"]}, "eks", None) == []


def test_the_default_of_calibrated_views_is_better_than_inflation_by_a_linear_model(recording):
    truth, views, lenses = recording
    default = smooth_view(views, "eks", EKS, VIEWS, lenses)
    by_linear_model = VIEWS.model_copy(update={"inflation_rounds": 10})
    inflated = smooth_view(views, "eks", EKS, by_linear_model, lenses)
    alone = smooth_ensemble(views["left"], EKS)
    assert error_px(default, truth["left"]) < 0.7 * error_px(inflated, truth["left"])
    assert error_px(default, truth["left"]) < error_px(alone, truth["left"])
