"""What an ensemble tells of its own noise, against ensembles whose noise is known."""

import numpy as np
import pytest
from scipy.special import polygamma

from superanimal_core.settings.smoothing import EksSmoothing
from superanimal_core.smoothing.ensemble import ensemble_moments
from superanimal_core.smoothing.lasting_errors import ErrorMemory, error_memory
from superanimal_core.smoothing.learned_noise import (
    LONE_FREEDOM,
    MEDIAN_FREEDOM,
    MIN_FRAMES,
    MOST_FREEDOM,
    SHARED,
    LearnedNoise,
    learn_noise,
    prior_freedom,
    shrunk_variance_px2,
    tail_weight,
)

SETTINGS = EksSmoothing(
    center="median",
    min_score=0.1,
    motion="auto",
    velocity_s=0.15,
    noise="learned",
    strength=None,
    strength_frames=10_000,
    min_variance_px2=1e-4,
    single_network_variance_px2=4.0,
    max_gap_s=0.5,
)
FRAMES = 4000
TIME_S = np.arange(FRAMES) / 50


def moments_of(members, score=0.8):
    return ensemble_moments(members, [np.full(len(m), score) for m in members], SETTINGS)


def members_of(count, variance_px2, seed=0):
    """White errors around the same place; the variance is one for all frames, or one of each."""
    rng = np.random.default_rng(seed)
    deviation = np.sqrt(np.broadcast_to(variance_px2, FRAMES))[:, None]
    return [100 + deviation * rng.normal(size=(FRAMES, 2)) for _ in range(count)]


def learned(members):
    return learn_noise(members, moments_of(members), TIME_S[: len(members[0])], SETTINGS)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_spreads_that_differ_by_chance_alone_become_one(count):
    variance, freedom = shrunk_variance_px2(moments_of(members_of(count, 4.0)), 1e-4)
    assert np.log(variance / 4.0).std() < 0.12
    assert variance.mean() == pytest.approx(4.0, rel=0.06)
    assert (freedom > 15).all()


def test_a_frame_that_is_worse_than_the_others_stays_worse():
    own = np.where(np.arange(FRAMES) % 10 == 0, 100.0, 1.0)
    variance, _ = shrunk_variance_px2(moments_of(members_of(5, own)), 1e-4)
    assert np.median(variance[own == 100]) > 10 * np.median(variance[own == 1])


@pytest.mark.parametrize("count", [2, 5])
def test_shrinking_is_nearer_to_the_variance_than_the_spread_is(count):
    own = np.random.default_rng(1).chisquare(6, FRAMES) / 6
    moments = moments_of(members_of(count, own))
    variance, _ = shrunk_variance_px2(moments, 1e-4)
    spread = moments.variance_px2 * count / (count - 1)

    def off(found):
        return np.abs(np.log(np.maximum(found, 1e-6) / own[:, None])).mean()

    assert off(variance) < 0.6 * off(spread)


@pytest.mark.parametrize("true", [2.0, 6.0, 20.0])
def test_the_prior_is_as_strong_as_the_variances_are_alike(true):
    rng = np.random.default_rng(0)
    variance = true / rng.chisquare(true, 200_000)
    ratio = variance * rng.chisquare(4, 200_000) / 4
    found = prior_freedom(np.log(ratio), np.full(200_000, 4.0))
    assert found == pytest.approx(true, rel=0.1)


def test_variances_that_vary_less_than_by_chance_are_equal():
    assert prior_freedom(np.zeros(50), np.full(50, 2.0)) == MOST_FREEDOM
    edge = polygamma(1, 1.0) + polygamma(1, MOST_FREEDOM / 2)
    for excess, is_equal in ((0.999, True), (1.01, False)):
        half = np.sqrt(edge * excess)
        found = prior_freedom(np.array([-half, half]), np.full(2, 2.0))
        assert (found == MOST_FREEDOM) == is_equal


def test_one_network_has_the_noise_of_one_network():
    members = members_of(1, 1.0)
    noise = learned(members)
    np.testing.assert_allclose(noise.noise_px2, 4.0 / 0.8)
    assert (noise.freedom == LONE_FREEDOM).all()
    assert (noise.memory.repeats, noise.memory.lasting_frames) == (1.0, 1)


@pytest.mark.parametrize("count", [2, 5])
def test_members_count_as_far_as_their_errors_are_their_own(count):
    noise = learned(members_of(count, 4.0))
    assert noise.noise_px2.mean() == pytest.approx(4 * (SHARED + 1 / count), rel=0.1)


def test_a_median_of_three_withstands_what_a_mean_of_two_does_not():
    own = np.random.default_rng(1).chisquare(2, FRAMES) / 2
    assert learned(members_of(2, own)).freedom.max() < 20
    assert learned(members_of(3, own)).freedom.min() == MEDIAN_FREEDOM


@pytest.mark.parametrize("count", [3, 4, 5])
def test_a_member_that_jumps_is_no_noise_of_the_median(count):
    """In one frame of five some member is elsewhere, each at times of its own."""
    rng, members = np.random.default_rng(5), members_of(count, 4.0)
    turn = rng.permutation(FRAMES)
    moved = [m.copy() for m in members]
    for number, member in enumerate(moved):
        member[turn[number :: 5 * count]] += 100 * np.sign(rng.normal(size=2))
    is_home = np.all([m == k for m, k in zip(moved, members, strict=True)], axis=(0, 2))
    assert is_home.mean() == pytest.approx(0.8, abs=0.01)
    noise, usual = learned(moved), learned(members).noise_px2.mean()
    fewer = (SHARED + 1 / (count - 1)) / (SHARED + 1 / count)
    assert np.median(noise.noise_px2[is_home]) == pytest.approx(usual, rel=0.25)
    assert np.median(noise.noise_px2[~is_home]) == pytest.approx(fewer * usual, rel=0.35)
    assert noise.memory.repeats == pytest.approx(1.0, abs=0.05)


def test_members_that_disagree_are_noise_and_so_is_a_jump_that_moves_a_mean():
    """Two of five elsewhere; and one of five where the center is no median."""
    members, away = members_of(5, 4.0), np.arange(0, FRAMES, 20)
    one, two = ([m.copy() for m in members] for _ in range(2))
    one[0][away] += 14
    two[0][away] += 100
    two[1][away] -= 70
    usual = learned(members).noise_px2.max()
    assert np.median(learned(one).noise_px2[away]) < 1.5 * usual
    assert np.median(learned(two).noise_px2[away]) > 10 * usual
    settings = SETTINGS.model_copy(update={"center": "mean"})
    moments = ensemble_moments(one, [np.ones(FRAMES)] * 5, settings)
    assert np.median(learn_noise(one, moments, TIME_S, settings).noise_px2[away]) > 3 * usual


def test_identical_members_have_the_least_noise():
    noise = learned([members_of(1, 1.0)[0]] * 3)
    np.testing.assert_allclose(noise.noise_px2, SETTINGS.min_variance_px2)
    assert noise.memory.repeats == 1


@pytest.mark.parametrize("frames", [MIN_FRAMES - 1, MIN_FRAMES])
def test_a_few_frames_teach_nothing(frames):
    members = [m[:frames] for m in members_of(3, 4.0)]
    variance, freedom = shrunk_variance_px2(moments_of(members), 1e-4)
    spread = np.var(members, axis=0, ddof=1)
    assert np.allclose(variance, spread) == (frames < MIN_FRAMES)
    assert (freedom[0] == LONE_FREEDOM) == (frames < MIN_FRAMES)


def test_frames_that_nobody_saw_have_infinite_noise_and_those_of_one_the_lone_noise():
    members = members_of(3, 4.0)
    for member in members:
        member[10:20] = np.nan
    for member in members[1:]:
        member[30:40] = np.nan
    noise = learned(members)
    assert np.isinf(noise.noise_px2[10:20]).all()
    np.testing.assert_allclose(noise.noise_px2[30:40], 4.0 / 0.8)
    assert np.isfinite(noise.noise_px2[40:]).all()


def lasting_errors(kept, count=4, frames=20_000, seed=0):
    rng = np.random.default_rng(seed)
    errors = rng.normal(size=(count, frames, 2))
    errors[:, 1:] *= np.sqrt(1 - kept**2)
    for frame in range(1, frames):
        errors[:, frame] += kept * errors[:, frame - 1]
    return errors


def memory_of(errors, fps=50.0):
    members = [100 + 2 * error for error in errors]
    time_s = np.arange(len(members[0])) / fps
    moments = ensemble_moments(members, [np.ones(len(time_s))] * len(members), SETTINGS)
    variance = np.full(moments.center_px.shape, 4.0)
    return error_memory(members, moments, variance, time_s, 20_000)


@pytest.mark.parametrize("kept", [0.3, 0.5, 0.7])
def test_an_error_repeats_as_often_as_its_law_says(kept):
    memory = memory_of(lasting_errors(kept))
    assert memory.repeats == pytest.approx((1 + kept) / (1 - kept), rel=0.18)
    assert memory.lasting_frames == pytest.approx(np.log(0.05) / np.log(kept), abs=1.6)
    assert memory.standing < 0.06


def test_new_errors_in_every_frame_are_not_repeated():
    memory = memory_of(lasting_errors(0.0))
    assert memory.repeats == pytest.approx(1.0, abs=0.02)
    assert memory.lasting_frames == 1


def test_what_members_differ_by_all_the_time_stands():
    errors = np.sqrt(0.5) * lasting_errors(0.0)
    errors += np.array([-1, -1, 1, 1])[:, None, None] * np.sqrt(0.5 * 3 / 4)  # the same variance
    memory = memory_of(errors)
    assert memory.standing == pytest.approx(0.5, abs=0.06)
    assert memory.repeats == pytest.approx(1.0, abs=0.1)


def test_neighbors_in_the_table_that_were_not_neighbors_in_time_say_nothing():
    """Two of three frames unseen, at random: the memory is that of time, not of rows."""
    errors = lasting_errors(0.7)
    whole = memory_of(errors)
    errors[:, np.random.default_rng(0).random(errors.shape[1]) < 0.67] = np.nan
    thinned = memory_of(errors)
    assert thinned.repeats == pytest.approx(whole.repeats, rel=0.15)
    assert thinned.lasting_frames == pytest.approx(whole.lasting_frames, abs=2)


def test_a_residual_of_no_size_counts_fully_and_a_far_one_hardly():
    noise = LearnedNoise(
        np.ones((4, 2)), np.array([4.0, 4.0, 4.0, 200.0]), ErrorMemory(0.0, 1.0, 1)
    )
    residual = np.array([[0.0, 0], [1, 1], [30, 40], [1, 1]])
    np.testing.assert_allclose(tail_weight(residual, noise), [1.5, 1, 6 / 2504, 1])
