"""A smoother that is held against what it claims, and what takes its place."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_calibrated import cameras
from test_sessions import NAMES, error_px, first, three_views
from test_views_in_depth import EKS, VIEWS
from test_views_in_depth import recording as recording  # a fixture

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.smoothing.calibrated import smooth_calibrated
from superanimal_core.smoothing.cameras import project
from superanimal_core.smoothing.eks import smooth_ensemble
from superanimal_core.smoothing.multicamera import smooth_views
from superanimal_core.smoothing.self_check import (
    LIMIT,
    MIN_FRAMES,
    _known_medians,
    contradictions,
    fallback_flags,
    has_fallen_back,
    residual_ratios,
)
from superanimal_core.smoothing.sessions import (
    smooth_alone,
    smooth_together,
    smooth_view,
    smoothing_flags,
)

SECONDS, FPS = 20, 50


def smoothed_with(off_px, members=5, spread_px2=1.0):
    """Poses of one keypoint that lie `off_px` (frame, 2) beside what was seen; no posterior."""
    frames = len(off_px)
    xy = np.zeros((frames, 1, 1, 2))
    poses = Poses(
        KeypointSpace("s", ("nose",)), ("animal0",), np.arange(frames) / FPS, xy,
        np.ones((frames, 1, 1)),
    )  # fmt: skip
    biased = spread_px2 * (members - 1) / members
    return SmoothedPoses(
        poses, np.zeros_like(xy), off_px[:, None, None], np.full_like(xy, biased),
        np.full((frames, 1, 1), members), np.ones((1, 1)), np.array([["random_walk"]]),
    )  # fmt: skip


def normal(scale=1.0, seconds=SECONDS, seed=0):
    return scale * np.random.default_rng(seed).normal(size=(seconds * FPS, 2))


@pytest.mark.parametrize(("scale", "expected"), [(1.0, 1.0), (2.0, 4.0)])
def test_residuals_that_are_as_claimed_have_a_ratio_of_one(scale, expected):
    ratios = residual_ratios(smoothed_with(normal(scale, 400), members=50), EKS)
    assert ratios.shape == (400, 1, 1)
    assert np.median(ratios) == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("members", [2, 3, 5])
def test_the_skewed_spread_of_a_few_members_is_no_smaller_claim(members):
    """Residuals of one member's own variance; the spread is that of so many drawn members."""
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(members, 400 * FPS, 2))
    smoothed = smoothed_with(normal(1.0, 400, seed=1), members)
    spread = drawn.var(axis=0)[:, None, None]
    ratios = residual_ratios(replace(smoothed, ensemble_variance_px2=spread), EKS)
    assert np.median(ratios) == pytest.approx(1.0, rel=0.12)


@pytest.mark.parametrize(("factor", "is_contradicted"), [(0.95, False), (1.05, True)])
def test_more_than_the_limit_contradicts(factor, is_contradicted):
    along = np.sqrt(LIMIT * np.log(4) * (1 + 1e-12) * factor)
    off = np.tile([along, 0.0], (SECONDS * FPS, 1))
    smoothed = smoothed_with(off, members=10_000)
    assert contradictions(smoothed, EKS).item() == is_contradicted


@pytest.mark.parametrize(
    ("seconds", "bad", "expected"),
    [(20, 1, False), (20, 2, True), (40, 3, False), (40, 4, True), (3, 1, False), (3, 2, True)],
)
def test_a_tenth_of_the_seconds_and_two_at_least_contradict(seconds, bad, expected):
    off = normal(0.5, seconds)
    off[: bad * FPS] += 30
    assert contradictions(smoothed_with(off), EKS).item() == expected


def test_jumps_in_a_third_of_the_frames_are_no_contradiction():
    off = normal(1.0)
    off[::3] += 60
    assert not contradictions(smoothed_with(off), EKS).any()


def test_errors_that_the_smoother_follows_are_no_contradiction():
    assert not contradictions(smoothed_with(normal(0.01)), EKS).any()


@pytest.mark.parametrize(("seen", "is_judged"), [(MIN_FRAMES - 1, False), (MIN_FRAMES, True)])
def test_a_second_with_too_few_frames_is_not_judged(seen, is_judged):
    off = normal(9.0)
    off[np.arange(len(off)) % FPS >= seen] = np.nan
    ratios = residual_ratios(smoothed_with(off), EKS)
    assert np.isfinite(ratios).all() == is_judged
    assert contradictions(smoothed_with(off), EKS).item() == is_judged


def test_a_video_of_one_frame_or_none_is_not_judged():
    for frames in (0, 1):
        assert not contradictions(smoothed_with(normal()[:frames]), EKS).any()


def test_a_walk_that_cannot_follow_gives_way_to_the_median_and_says_so():
    truth, views, _ = three_views()
    stiff = EKS.model_copy(update={"strength": 1e-5, "motion": "random_walk", "noise": "learned"})
    found = smooth_alone(views["middle"], "eks", stiff)
    alone = smooth_ensemble(views["middle"], stiff)
    assert error_px(found, truth["middle"]) < 2 < error_px(alone, truth["middle"])
    assert (found.smoother == "median instead of random_walk").all()
    assert has_fallen_back(found.smoothers()).all()
    (flag,) = smoothing_flags(found, {"middle": views["middle"]}, "eks", None)
    assert "median instead of random_walk" in flag
    assert "nose, tail" in flag
    assert np.median(found.variance_px2) > 0.5  # no posterior: that of one observation
    assert np.isnan(found.strength).all()


def test_views_that_do_not_fit_together_are_smoothed_each_alone(recording):
    """The linear model in depth: 10 px and more, with a posterior of a fraction of one."""
    truth, views, _ = recording
    linear = smooth_views(views, EKS, VIEWS)
    for members in (1, 2, 3):
        of_few = {name: of_view[:members] for name, of_view in views.items()}
        checked = smooth_together(of_few, EKS, VIEWS, None)
        for name in NAMES:
            alone = smooth_ensemble(of_few[name], EKS)
            assert error_px(linear[name], truth[name]) > 5
            assert error_px(checked[name], truth[name]) == error_px(alone, truth[name])
            assert "instead of views" in checked[name].smoothers().item()
            assert "instead of views" in fallback_flags(checked[name])[0]


def test_a_calibration_that_is_wrong_is_found_out(recording):
    truth, views, lenses = recording
    turned = cameras(distortion=(0.0,) * 5)
    moved = {c.name: replace(c, translation=c.translation + np.array([0.4, 0, 0])) for c in turned}
    wrong = lenses | {"left": moved["left"]}
    found = smooth_view(views, "eks", EKS, VIEWS, wrong)
    alone = smooth_ensemble(views["left"], EKS)
    assert error_px(found, truth["left"]) == error_px(alone, truth["left"])
    assert has_fallen_back(found.smoothers()).all()


def lasting_views(members, shared_px, seed, depth=2.0):
    """Three calibrated views of six keypoints whose networks err together, slowly, in each view."""
    rng, time_s = np.random.default_rng(seed), np.arange(600) / 50
    pace, start = rng.uniform(0.3, 1.4, (6, 3)), rng.uniform(0, 6, (6, 3))
    world = depth * np.sin(2 * np.pi * time_s[:, None, None] * pace + start) * [1, 0.3, 1]
    lenses = {c.name: c for c in cameras(distortion=(0.0,) * 5) if c.name in NAMES}
    space = KeypointSpace("s", tuple("abcdef"))
    truth, views = {}, {}
    for name in NAMES:
        xy = project(lenses[name], world.reshape(-1, 3))[0].reshape(600, 1, 6, 2)
        slow = rng.normal(size=xy.shape)
        for frame in range(1, 600):
            slow[frame] = 0.93 * slow[frame - 1] + np.sqrt(1 - 0.93**2) * slow[frame]
        own = rng.standard_t(3, size=(members, *xy.shape))
        truth[name] = xy
        views[name] = [
            Poses(
                space, ("animal0",), time_s, xy + shared_px * slow + e, np.full(xy.shape[:3], 0.9)
            )
            for e in own
        ]
    return truth, views, lenses


@pytest.mark.parametrize(("members", "most"), [(1, 0.96), (2, 0.92), (5, 0.85)])
def test_views_that_fit_stay_together_though_their_networks_err_together(members, most):
    """And are better together by what the noise that each view learns allows."""
    fallen, ratio = [], []
    for seed in range(3):
        truth, views, lenses = lasting_views(members, 1.2, seed)
        found = smooth_together(views, EKS, VIEWS, lenses)
        fallen.append([has_fallen_back(one.smoothers()) for one in found.values()])
        alone = smooth_ensemble(views["left"], EKS)
        ratio.append(error_px(found["left"], truth["left"]) / error_px(alone, truth["left"]))
    assert np.mean(fallen) <= 0.02
    assert np.mean(ratio) < most


@pytest.mark.parametrize("seed", [3, 4])
def test_no_frame_is_thrown_far_away_by_a_jump_of_one_view(seed):
    """A jump's triangulation is no place to linearize the projection at."""
    rng = np.random.default_rng(seed)
    truth, views, lenses = lasting_views(1, 1.5, seed, depth=0.3)
    for (one,) in views.values():
        for keypoint in range(6):
            for start in rng.integers(5, 590, 6):
                one.xy_px[start : start + 3, 0, keypoint] += 80 * rng.normal(size=2)
    _, joint = smooth_calibrated(views, lenses, EKS, VIEWS)
    for name, found in joint.items():
        assert np.abs(found.poses.xy_px - truth[name]).max() < 200


def test_the_names_of_smoothers_are_those_of_the_chosen_methods():
    _, views, lenses = three_views()
    joint = smooth_view(first(views, "left"), "eks", EKS, VIEWS, lenses)
    assert (joint.smoothers() == "views").all()
    assert fallback_flags(joint) == []
    unknown = replace(joint, smoother=None)
    assert (unknown.smoothers() == "unknown").all()
    assert not has_fallen_back(unknown.smoothers()).any()


@pytest.mark.parametrize("noise", ["learned", "reference"])
def test_the_reference_is_taken_at_its_word(noise):
    _, views, _ = three_views()
    stiff = EKS.model_copy(update={"strength": 1e-5, "motion": "random_walk", "noise": noise})
    found = smooth_alone(views["middle"], "eks", stiff)
    assert has_fallen_back(found.smoothers()).all() == (noise == "learned")


@pytest.mark.parametrize("members", [1, 2, 5])
@pytest.mark.parametrize("hz", [5.0, 10.0])
def test_what_is_too_fast_for_every_model_stays_as_it_is_seen(members, hz):
    """A paw that oscillates by 30 px at 50 frames per second."""
    time_s, lot = np.arange(600) / 50, np.random.default_rng(0)
    space = KeypointSpace("s", ("paw",))
    truth = np.stack([30 * np.sin(2 * np.pi * hz * time_s), 0 * time_s], axis=1)
    seen = [truth + lot.normal(size=truth.shape) for _ in range(members)]
    poses = [
        Poses(space, ("a",), time_s, xy[:, None, None], np.full((600, 1, 1), 0.9)) for xy in seen
    ]
    found = smooth_alone(poses, "eks", EKS).poses.xy_px[:, 0, 0]
    center = np.median([p.xy_px[:, 0, 0] for p in poses], axis=0)
    off, unsmoothed = (np.hypot(*(xy - truth).T).mean() for xy in (found, center))
    assert off < 1.5 * unsmoothed


@given(st.integers(1, 40), st.integers(0, 5), st.integers(0, 10_000))
def test_known_medians_are_those_of_each_series(frames, series, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(frames, series))
    values[rng.random(values.shape) < 0.4] = np.nan
    values[0] = 1.0
    np.testing.assert_array_equal(_known_medians(values), np.nanmedian(values, axis=0))
