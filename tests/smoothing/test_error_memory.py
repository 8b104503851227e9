"""How long errors last, from tracks whose errors have a known memory."""

import numpy as np
import pytest

from superanimal_core.smoothing.error_memory import (
    LAG_S,
    LONGEST_S,
    MIN_FRAMES,
    correlation_time_s,
    correlation_times_s,
)
from superanimal_core.smoothing.sampling import lasting_noise

FPS = 100.0
TIME_S = np.arange(6000) / FPS


def noise(lasting_s, sd_px=1.0, seed=0, time_s=TIME_S):
    return sd_px * lasting_noise(time_s, lasting_s, 2, np.random.default_rng(seed))


def ones(time_s=TIME_S):
    return np.ones(len(time_s))


@pytest.mark.parametrize("lasting_s", [0.03, 0.1, 0.3, 1.0])
@pytest.mark.parametrize("fps", [30.0, 200.0])
def test_the_memory_of_an_animal_at_rest_is_found(lasting_s, fps):
    time_s = np.arange(round(120 * fps)) / fps
    found = correlation_time_s(noise(lasting_s, 2.0, time_s=time_s), 2 * ones(time_s), time_s)
    assert found == pytest.approx(lasting_s, rel=0.35)


def test_errors_without_memory_hardly_last():
    assert correlation_time_s(noise(0.0), ones(), TIME_S) < 0.02


def test_even_motion_adds_nothing():
    way = np.stack([300 * TIME_S, -40 * TIME_S], axis=1)
    still, moving = (correlation_time_s(noise(0.2) + xy, ones(), TIME_S) for xy in (0.0, way))
    assert moving == pytest.approx(still, rel=1e-6)


def test_the_quiet_half_of_the_frames_is_enough():
    """A paw that swings in 40 % of the time."""
    part = (2.5 * TIME_S) % 1
    swing = np.clip((part - 0.6) / 0.4, 0, 1)
    paw = np.stack([80 * swing**2 * (3 - 2 * swing), -20 * np.sin(np.pi * swing)], axis=1)
    paw[:, 0] += 80 * np.floor(2.5 * TIME_S)
    assert correlation_time_s(noise(0.2) + paw, ones(), TIME_S) == pytest.approx(0.2, rel=0.4)


def test_errors_that_are_smaller_than_expected_seem_to_last():
    """What is not seen to tremble must last: the size is the labels' word."""
    short, long = (correlation_time_s(noise(0.2), sd * ones(), TIME_S) for sd in (1.0, 2.0))
    assert long == pytest.approx(4 * short, rel=0.3)


def test_a_track_that_never_trembles_has_the_longest_memory():
    assert correlation_time_s(np.full((len(TIME_S), 2), 7.0), ones(), TIME_S) == LONGEST_S


def test_as_few_frames_as_the_limit_are_enough_and_fewer_are_not():
    lag = round(LAG_S * FPS)
    for frames, is_known in ((MIN_FRAMES + 2 * lag, True), (MIN_FRAMES + 2 * lag - 1, False)):
        found = correlation_time_s(noise(0.2)[:frames], ones()[:frames], TIME_S[:frames])
        assert np.isfinite(found) == is_known


@pytest.mark.filterwarnings("error")
def test_frames_that_come_by_turns_are_even_two_by_two():
    """33 and 50 ms in turn: no second difference of neighbors is even."""
    time_s = np.cumsum(np.tile([1 / 30, 1 / 20], 1500))
    found = correlation_time_s(noise(0.3, time_s=time_s), ones(time_s), time_s)
    assert found == pytest.approx(0.3, rel=0.4)


@pytest.mark.parametrize("frames", [0, 1, 2, 3, 6])
def test_very_short_videos_are_unknown(frames):
    assert np.isnan(correlation_time_s(noise(0.2)[:frames], ones()[:frames], TIME_S[:frames]))


def test_holes_and_pauses_are_left_out():
    xy, time_s = noise(0.2), TIME_S.copy()
    whole = correlation_time_s(xy, ones(), time_s)
    xy[1000:1500] = np.nan
    time_s[3000:] += 50.0
    assert correlation_time_s(xy, ones(), time_s) == pytest.approx(whole, rel=0.15)


def test_each_keypoint_has_its_own_memory_and_is_unknown_without_a_size():
    xy = np.stack([noise(0.03), noise(0.5), noise(0.5)], axis=1)[:, None]
    sd_px = np.ones((len(TIME_S), 1, 3)) * [1.0, 1.0, np.nan]
    found = correlation_times_s(xy, sd_px, TIME_S)
    assert found.shape == (1, 3)
    assert found[0, 0] < 0.1 < found[0, 1]
    assert np.isnan(found[0, 2])
