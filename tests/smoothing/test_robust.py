"""Slow errors and jumps: what the likelihood looks at, and what a jump does."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_learned_noise import SETTINGS

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.smoothing.eks import smooth_ensemble
from superanimal_core.smoothing.robust import comb_frames, independent_series, steps_between
from superanimal_core.smoothing.running_median import running_median

FPS = 100.0


@given(st.lists(st.sampled_from([0.5, 1.0, 2.0, np.inf]), min_size=3, max_size=30), st.data())
def test_steps_are_added_and_cuts_stay_cuts(steps, data):
    steps = np.array(steps)
    chosen = data.draw(st.sets(st.integers(0, len(steps)), min_size=2))
    frames = np.array(sorted(chosen))
    expected = [steps[a:b].sum() for a, b in pairwise(frames)]
    np.testing.assert_allclose(steps_between(frames, steps), expected)


def test_combs_are_spaced_seen_and_no_longer_than_allowed():
    seen = np.ones(1000, bool)
    seen[100:200] = False
    comb = comb_frames(seen, 3, 10, 1000)
    np.testing.assert_array_equal(comb, [f for f in range(3, 1000, 10) if seen[f]])
    assert len(comb_frames(seen, 0, 1, 400)) <= 400


@pytest.mark.parametrize(("lasting", "series"), [(1, 2), (3, 6), (8, 8), (40, 8), (4000, 8)])
def test_the_likelihood_sees_frames_with_independent_errors(lasting, series):
    xy, noise = np.random.default_rng(0).normal(size=(1000, 2)), np.ones((1000, 2))
    found = independent_series(xy, noise, np.ones(999), lasting, 10_000)
    assert len(found) == series
    spacing = min(lasting, 20)  # so that fifty are left
    for one in found:
        np.testing.assert_array_equal(one.step_per_strength, spacing)


def walk(members=2, frames=600, lasting_s=0.0, seed=0):
    """An animal that goes back and forth, and networks with errors of 1 px that last."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(frames) / FPS
    truth = 200 + 60 * np.stack([np.sin(3 * time_s), np.cos(2 * time_s)], axis=-1)
    kept = np.exp(-1 / (FPS * lasting_s)) if lasting_s else 0.0
    errors = rng.normal(size=(members, frames, 2))
    errors[:, 1:] *= np.sqrt(1 - kept**2)
    for frame in range(1, frames):
        errors[:, frame] += kept * errors[:, frame - 1]
    space, score = KeypointSpace("s", ("nose",)), np.full((frames, 1, 1), 0.9)
    return truth, [
        Poses(space, ("animal0",), time_s, (truth + e)[:, None, None], score) for e in errors
    ]


def off_px(smoothed, truth):
    return np.hypot(*(smoothed.poses.xy_px[:, 0, 0] - truth).T)


@pytest.mark.parametrize("members", [2, 3])
def test_a_jump_of_one_network_moves_little(members):
    truth, predicted = walk(members)
    before = off_px(smooth_ensemble(predicted, SETTINGS), truth)
    jumped = predicted[0].xy_px.copy()
    for start in range(50, 600, 100):
        jumped[start : start + 3] += 80
    predicted[0] = replace(predicted[0], xy_px=jumped)
    after = off_px(smooth_ensemble(predicted, SETTINGS), truth)
    assert after.mean() < 1.3 * before.mean()
    assert after.max() < 5


def fast_paw(frames=1000):
    """A paw at 250 Hz that swings within 40 ms."""
    time_s = np.arange(frames) / 250
    swing_px = 80 * np.abs(np.sin(2 * np.pi * 3.5 * time_s)) ** 8
    return time_s, 300 + np.stack([3 * (time_s * 7 % 1 < 0.3).cumsum(), swing_px], axis=-1)


def of_paw(time_s, xy_px, score=0.9):
    shape = (len(time_s), 1, 1)
    space = KeypointSpace("s", ("paw",))
    return Poses(space, ("a",), time_s, xy_px[:, None, None], np.full(shape, score))


def test_five_networks_that_jump_by_turns_lose_no_fast_paw():
    """A jump of one in five hardly moves their median: it must not hide the frame."""
    rng = np.random.default_rng(0)
    time_s, truth = fast_paw()
    own = truth + rng.normal(size=(5, *truth.shape))
    jumps = 100.0 * (rng.random((5, len(time_s), 1)) < 0.05) * np.sign(rng.normal(size=own.shape))
    quiet, jumping = (
        off_px(smooth_ensemble([of_paw(time_s, xy) for xy in seen], SETTINGS), truth)
        for seen in (own, own + jumps)
    )
    assert jumping.mean() < 1.1 * quiet.mean()


@pytest.mark.parametrize("other_score", [None, 0.01])
def test_a_network_that_is_alone_is_smoothed_as_in_the_reference(other_score):
    """Also where there are two, and one of them never sees the keypoint."""
    rng = np.random.default_rng(0)
    time_s, truth = fast_paw()
    members = [of_paw(time_s, truth + rng.normal(size=truth.shape))]
    if other_score is not None:
        members.append(of_paw(time_s, truth + 50.0, other_score))
    found = smooth_ensemble(members, SETTINGS.model_copy(update={"motion": "random_walk"}))
    update = {"noise": "reference", "motion": "random_walk"}
    reference = smooth_ensemble(members, SETTINGS.model_copy(update=update))
    np.testing.assert_array_equal(found.poses.xy_px, reference.poses.xy_px)


@pytest.mark.parametrize("members", [2, 5])
@pytest.mark.parametrize("lasting_s", [0.05, 0.1])
def test_errors_that_last_are_smoothed_better_than_by_the_reference(members, lasting_s):
    """Over several recordings: the reference takes slow errors for motion."""
    ratio = []
    reference = {"noise": "reference", "motion": "random_walk"}
    for seed in range(4):
        truth, predicted = walk(members, lasting_s=lasting_s, seed=seed)
        found = off_px(smooth_ensemble(predicted, SETTINGS), truth).mean()
        other = SETTINGS.model_copy(update=reference)
        ratio.append(found / off_px(smooth_ensemble(predicted, other), truth).mean())
    assert np.mean(ratio) < 0.95


@pytest.mark.parametrize("members", [2, 5])
@pytest.mark.parametrize("strength", [0.002, 0.01])
def test_the_strength_is_that_of_the_animal_and_not_of_errors_that_last(members, strength):
    """Errors of 1 px change by more in a frame than an animal that hardly moves."""
    rng, frames = np.random.default_rng(0), 4000
    _, predicted = walk(members, frames, lasting_s=0.05)
    wander = np.sqrt(strength) * rng.normal(size=(frames, 2)).cumsum(axis=0)
    still = walk(members, frames, lasting_s=0.05)[0] - wander
    moved = [replace(one, xy_px=one.xy_px - still[:, None, None]) for one in predicted]
    only = SETTINGS.model_copy(update={"motion": "random_walk"})
    found = smooth_ensemble(moved, only).strength.item()
    assert found == pytest.approx(strength, rel=0.6)


@pytest.mark.parametrize("rough", [0.5, 1.5])
def test_fast_motion_is_no_jump(rough):
    """Some frames of its networks are worse than others.

    Taken for jumps, the swings would be cut off.
    """
    rng = np.random.default_rng(0)
    time_s, truth = fast_paw()
    own = 0.5 * np.exp(rough * rng.normal(size=(1000, 1)))
    seen = [truth + own * rng.normal(size=truth.shape) for _ in range(2)]
    predicted = [of_paw(time_s, xy) for xy in seen]
    raw_px = np.hypot(*(np.mean(seen, axis=0) - truth).T)
    assert off_px(smooth_ensemble(predicted, SETTINGS), truth).mean() < 0.9 * raw_px.mean()


def test_blocks_of_a_running_median_meet(monkeypatch):
    values = np.random.default_rng(0).normal(size=(100, 2))
    values[40:43] = np.nan
    whole = running_median(values, 7)
    monkeypatch.setattr("superanimal_core.smoothing.running_median.BLOCK_FRAMES", 13)
    np.testing.assert_array_equal(running_median(values, 7), whole)
