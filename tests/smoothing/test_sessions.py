"""One video with the help of other views: cameras of a session, or mirrors in its frame."""

import numpy as np
import pytest
from test_calibrated import cameras

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.smoothing import METHODS, EksSmoothing, VideoViewSettings
from superanimal_core.smoothing.baselines import SMOOTHERS
from superanimal_core.smoothing.cameras import project
from superanimal_core.smoothing.eks import smooth_ensemble
from superanimal_core.smoothing.sessions import smooth_view

SMOOTHING = {
    "center": "median",
    "min_score": 0.1,
    "motion": "auto",
    "velocity_s": 0.15,
    "noise": "learned",
    "strength": None,
    "strength_frames": 10_000,
    "min_variance_px2": 0.01,
    "single_network_variance_px2": 4.0,
    "max_gap_s": 0.5,
}
SHARED = {"latent": 3, "keep_quantile": 0.95, "inflation_rounds": 5}
HIDDEN = slice(100, 130)
NAMES = ("left", "middle", "right")  # of two, the seeing one tells the blind one a line only


def three_views(seed=0, frames=600):
    """Truth and three members of three cameras; the left one guesses for some frames."""
    rng = np.random.default_rng(seed)
    world = 0.015 * rng.normal(size=(frames, 1, 2, 3)).cumsum(axis=0)
    lenses = {c.name: c for c in cameras(distortion=(0.0,) * 5) if c.name in NAMES}
    space, time_s = KeypointSpace("s", ("nose", "tail")), np.arange(frames) / 50
    truth, views = {}, {}
    for name in NAMES:
        xy = project(lenses[name], world.reshape(-1, 3))[0].reshape(frames, 1, 2, 2)
        truth[name], views[name] = xy, []
        for _ in range(3):
            noise = rng.normal(size=xy.shape)
            score = np.full(xy.shape[:3], 0.9)
            if name == "left":
                noise[HIDDEN] *= 40
                score[HIDDEN] = 0.2
            views[name].append(Poses(space, ("animal0",), time_s, xy + noise, score))
    return truth, views, lenses


def first(views, name):
    return {name: views[name], **views}


def view(views, lenses=None, mirrors=(), method="eks", smoothing=SMOOTHING):
    shared = VideoViewSettings(mirrors=mirrors, **SHARED)
    return smooth_view(views, method, METHODS[method](**smoothing), shared, lenses)


def error_px(smoothed, truth, frames=slice(None)):
    apart = (smoothed.poses.xy_px - truth)[frames]
    return float(np.hypot(apart[..., 0], apart[..., 1]).mean())


def test_another_camera_helps_where_one_is_blind_and_does_not_harm_elsewhere():
    truth, views, lenses = three_views()
    alone = smooth_ensemble(views["left"], EksSmoothing(**SMOOTHING))
    joint = view(first(views, "left"), lenses)
    assert error_px(joint, truth["left"], HIDDEN) < 0.5 * error_px(alone, truth["left"], HIDDEN)
    seen = slice(0, 90)
    assert error_px(joint, truth["left"], seen) < 1.1 * error_px(alone, truth["left"], seen)
    np.testing.assert_array_equal(joint.raw_xy_px, alone.raw_xy_px)
    right = view(first(views, "right"), lenses)
    assert error_px(right, truth["right"]) < 1.5


def test_a_keypoint_that_only_one_view_sees_is_smoothed_alone_there():
    _, views, lenses = three_views()
    for view_of_tail in ("middle", "right"):
        for member in views[view_of_tail]:
            member.xy_px[:, :, 1] = np.nan
    joint = view(first(views, "left"), lenses)
    alone = smooth_ensemble(views["left"], EksSmoothing(**SMOOTHING))
    np.testing.assert_array_equal(joint.poses.xy_px[:, :, 1], alone.poses.xy_px[:, :, 1])
    assert not np.allclose(joint.poses.xy_px[:, :, 0], alone.poses.xy_px[:, :, 0])


def test_mirrors_in_one_frame_are_views_and_other_keypoints_are_smoothed_alone():
    truth, views, _ = three_views()
    space = KeypointSpace("m", ("nose_top", "tail", "nose_bot", "nose_side"))

    def in_one_frame(of_views):
        left, middle, right = of_views
        parts = [left[:, :, 0], left[:, :, 1], middle[:, :, 0], right[:, :, 0]]
        return np.stack(parts, axis=2)

    members = [
        Poses(
            space,
            of_views[0].individuals,
            of_views[0].time_s,
            in_one_frame([one.xy_px for one in of_views]),
            in_one_frame([one.score for one in of_views]),
        )
        for of_views in zip(*views.values(), strict=True)
    ]
    alone = smooth_ensemble(members, EksSmoothing(**SMOOTHING))
    joint = view({"": members}, mirrors=("top", "bot", "side"))
    both = in_one_frame(truth.values())
    nose = (HIDDEN, slice(None), slice(0, 1))
    assert error_px(joint, both, nose) < 0.5 * error_px(alone, both, nose)
    np.testing.assert_array_equal(joint.poses.xy_px[:, :, 1], alone.poses.xy_px[:, :, 1])


@pytest.mark.parametrize("method", ["none", "median", "eks"])
def test_one_view_is_smoothed_by_the_chosen_method_alone(method):
    _, views, _ = three_views(frames=80)
    own = {"median": {"window_s": 0.14}, "none": {}, "eks": None}[method]
    shared = {key: SMOOTHING[key] for key in ("center", "min_score")}
    smoothing = SMOOTHING if own is None else shared | own
    expected = SMOOTHERS[method](views["left"], METHODS[method](**smoothing))
    given_views = [{"": views["left"]}, *([first(views, "left")] if method != "eks" else [])]
    for given in given_views:
        found = view(given, method=method, smoothing=smoothing)
        np.testing.assert_array_equal(found.poses.xy_px, expected.poses.xy_px)
