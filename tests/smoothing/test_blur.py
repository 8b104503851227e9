"""What a smoother took, from tracks that were blurred by known weights and by real smoothers."""

import numpy as np
import pytest
from test_robust import FPS, SETTINGS, of_paw
from test_robust import walk as walk_of

from superanimal_core.settings.smoothing import MedianSmoothing, SavitzkyGolaySmoothing
from superanimal_core.smoothing.baselines import SMOOTHERS
from superanimal_core.smoothing.blur import MIN_ROWS, NO_BLUR, Blur, fit_blur
from superanimal_core.smoothing.eks import smooth_ensemble

WEIGHTS = np.array([0.05, 0.2, 0.5, 0.2, 0.05])
TIME_S = np.arange(2000) / 50


def noise(frames=2000, seed=0):
    return 300 + 5 * np.random.default_rng(seed).normal(size=(frames, 2))


def blurred(track, weights=WEIGHTS):
    reach = len(weights) // 2
    padded = np.pad(track, ((reach, reach), (0, 0)), mode="reflect", reflect_type="odd")
    return np.stack([np.convolve(axis, weights, "valid") for axis in padded.T], axis=1)


def test_the_weights_of_a_mean_are_found():
    raw = noise()
    found = fit_blur(blurred(raw), raw, TIME_S).weights
    reach = len(found) // 2
    np.testing.assert_allclose(found[reach - 2 : reach + 3], WEIGHTS, atol=1e-6)
    assert found.sum() == pytest.approx(1)


def test_gaps_and_jumps_tell_nothing_of_the_weights():
    raw = noise()
    smoothed = blurred(raw)
    raw[500:520] = np.nan
    raw[np.arange(30, 2000, 60)] += 400.0  # which the smoother saw no sign of
    found = fit_blur(smoothed, raw, TIME_S).weights
    np.testing.assert_allclose(found[len(found) // 2], WEIGHTS[2], atol=1e-6)


@pytest.mark.parametrize("frames", [1, 11, 2 * MIN_ROWS])
def test_too_few_frames_count_as_not_smoothed(frames):
    raw = noise(frames)
    assert fit_blur(0.5 * raw, raw, TIME_S[:frames]) is NO_BLUR


def test_what_was_not_smoothed_stays_as_it_is():
    raw = noise()
    blur = fit_blur(raw, raw, TIME_S)
    for track in (blur.sharpened(raw, 6), blur.of_errors(raw, 6), NO_BLUR.sharpened(raw, 3)):
        np.testing.assert_allclose(track, raw, atol=1e-6)


@pytest.mark.parametrize("rounds", [0, 1, 4])
def test_each_round_gives_back_what_the_smoother_takes_of_what_is_there(rounds):
    """By hand: the smoother is applied, and what it took is added, again and again."""
    raw = noise(400)
    smoothed = blurred(raw)
    expected, taken = smoothed.copy(), smoothed
    for _ in range(rounds):
        taken = taken - blurred(taken)
        expected = expected + taken
    middle = slice(40, -40)
    blur = Blur(WEIGHTS)
    np.testing.assert_allclose(blur.sharpened(smoothed, rounds)[middle], expected[middle])
    np.testing.assert_allclose(blur.of_errors(raw, rounds)[middle], expected[middle])


@pytest.mark.parametrize("rounds", [0, 6])
def test_a_straight_path_is_kept_to_its_ends_and_unknown_frames_stay_unknown(rounds):
    path = np.stack([3.0 * np.arange(60), 200 - 2.0 * np.arange(60)], axis=1)
    path[20:22] = path[24] = np.nan
    np.testing.assert_allclose(Blur(WEIGHTS).sharpened(path, rounds), path, atol=1e-9)


def test_weights_that_overshoot_are_not_given_back_without_end():
    """Of some waves this mean keeps less than nothing: each round would double them."""
    weights = np.array([-0.4, 0.4, 1.0, 0.4, -0.4])
    assert np.abs(Blur(weights).sharpened(noise() - 300, 6)).max() < 8 * 5 * 5


SMOOTHED_BY = {
    "eks": SETTINGS,
    "median": MedianSmoothing(center="median", min_score=0.1, window_s=0.05),
    "savitzky_golay": SavitzkyGolaySmoothing(center="median", min_score=0.1, window_s=0.1, order=2),
}


@pytest.mark.parametrize("method", SMOOTHED_BY)
def test_what_is_left_of_errors_is_as_large_as_what_a_smoother_leaves(method):
    """Networks err anew in each frame, around an animal that hardly moves."""
    truth, members = walk_of(members=3, frames=4000)
    smoothed = SMOOTHERS[method](members, SMOOTHED_BY[method])
    raw, found = smoothed.raw_xy_px[:, 0, 0], smoothed.poses.xy_px[:, 0, 0]
    blur = fit_blur(found, raw, smoothed.poses.time_s)
    drawn = blur.of_errors((raw - truth).std() * noise(4000, seed=3) / 5, 0)
    assert drawn.std() == pytest.approx((found - truth).std(), rel=0.25)
    assert drawn.std() < 0.95 * (raw - truth).std()


def test_a_swing_that_was_smeared_is_sharper_again():
    """A paw at 60 Hz whose networks err by 3 px in each frame: the smoothed swing is too long."""
    rng, time_s = np.random.default_rng(0), np.arange(1200) / 60
    swing_px = 40 * np.abs(np.sin(2 * np.pi * 1.2 * time_s)) ** 12
    truth = 300 + np.stack([np.zeros_like(swing_px), swing_px], axis=-1)
    members = [of_paw(time_s, truth + 3 * rng.normal(size=truth.shape)) for _ in range(2)]
    smoothed = smooth_ensemble(members, SETTINGS)
    xy = smoothed.poses.xy_px[:, 0, 0]
    sharp = fit_blur(xy, smoothed.raw_xy_px[:, 0, 0], time_s).sharpened(xy, 6)
    is_peak = swing_px > 39
    lost = [float((truth - track)[is_peak, 1].mean()) for track in (xy, sharp)]
    assert lost[0] > 1.0
    assert abs(lost[1]) < 0.5 * lost[0]


def test_the_reach_is_that_of_time():
    assert [len(fit_blur(blurred(noise()), noise(), np.arange(2000) / f).weights) for f in
            (20.0, FPS, 200.0)] == [5, 21, 41]  # fmt: skip
