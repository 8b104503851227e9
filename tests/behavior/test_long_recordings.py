"""A day of frames is measured as exactly as a minute of them."""

import numpy as np
import pytest
from stick_animals import BODY, LIMBS, walker

from superanimal_core.behavior.actions import definitions_from_mapping, predict_bouts
from superanimal_core.behavior.features import FeatureTable
from superanimal_core.behavior.gait import measure_strides
from superanimal_core.behavior.gait_intervals import stride_intervals
from superanimal_core.behavior.kinematics import (
    angular_velocity_rad_per_s,
    moving_mean,
    velocity_px_per_s,
    velocity_sd_px_per_s,
)
from superanimal_core.behavior.windows import window_moments
from superanimal_core.settings.behavior import StrideSettings

DAY = np.arange(24 * 3600 * 60) / 60.0
FREQUENCY_HZ = 2.5
GAIT = {
    "limbs": LIMBS,
    "body": BODY,
    "min_body_speed_bl_per_s": 0.3,
    "belt_speed_px_per_s": 0.0,
    "min_swing_frames": 4,
    "cm_per_px": None,
}


def wandering(time_s):
    """An animal that swings by 300 px at 0.3 Hz in an arena, and the truth of its velocity."""
    turn = 2 * np.pi * 0.3
    return 900 + 300 * np.sin(turn * time_s), 300 * turn * np.cos(turn * time_s)


def line_fit(x, time_s, middle, window_s):
    """The slope of one window, fitted by itself."""
    near = np.abs(time_s - time_s[middle]) <= window_s / 2 + 1e-7
    return np.polyfit(time_s[near] - time_s[middle], x[near], 1)[0]


def test_velocities_of_a_day_are_those_of_each_window_alone():
    x, truth = wandering(DAY)
    velocity = velocity_px_per_s(x[:, None], DAY, 0.1)[:, 0]
    for frame in np.random.default_rng(0).integers(10, len(DAY) - 10, 50):
        near = slice(frame - 8, frame + 9)
        alone = line_fit(x[near], DAY[near], 8, 0.1)
        assert velocity[frame] == pytest.approx(alone, abs=1e-6)
    # the line through +-3 frames of a sine is flatter than its tangent by less than this
    assert np.abs(velocity - truth)[3:-3].max() < 3.0


def test_a_line_of_a_day_has_its_slope_in_every_frame():
    for window_s in (0.0, 0.1, 2.0):
        velocity = velocity_px_per_s(5 + 40 * DAY[:, None], DAY, window_s)
        assert np.abs(velocity - 40).max() < 1e-5


def test_the_sd_of_a_velocity_does_not_depend_on_the_hour():
    sd = velocity_sd_px_per_s(np.full(len(DAY), 0.5), 0.1, DAY, 0.1)[10:-10]
    assert np.ptp(sd) < 1e-6 * sd[0]


def test_one_wild_value_is_forgotten_behind_its_window():
    values = np.full((len(DAY), 1), 7.0)
    values[1000] = 1e30
    mean = moving_mean(values, DAY, 0.1)
    assert np.abs(np.delete(mean, np.arange(990, 1011), axis=0) - 7).max() == 0


def test_a_spinning_animal_turns_at_its_rate_all_day():
    angle = (25.0 * DAY + np.pi) % (2 * np.pi) - np.pi
    rate = angular_velocity_rad_per_s(angle, DAY, 0.1)
    assert np.abs(rate - 25).max() < 1e-5


@pytest.mark.parametrize("longest", [1, 2, 3, 64, 301])
def test_windows_of_any_length_are_their_own_sums(longest):
    rng = np.random.default_rng(longest)
    frames = 300_000 if longest == 3 else 400
    values = rng.normal(size=(frames, 2))
    values[rng.random((frames, 2)) < 0.3] = np.nan
    time_s = rng.uniform(0.005, 0.02, frames).cumsum()
    first = np.maximum(np.arange(frames) - longest // 2, 0)
    stop = np.minimum(first + longest, frames)
    found = window_moments(values, time_s, first, stop)
    for frame in rng.integers(0, frames, 30):
        inside = slice(first[frame], stop[frame])
        for column in (0, 1):
            known = np.isfinite(values[inside, column])
            x, t = values[inside, column][known], time_s[inside][known]
            assert found.count[frame, column] == len(x)
            if len(x):
                assert found.value[frame, column] == pytest.approx(x.mean(), abs=1e-12)
                t = t - t.mean()
                assert found.tt[frame, column] == pytest.approx((t * t).sum(), abs=1e-12)
                assert found.tx[frame, column] == pytest.approx((t * x).sum(), abs=1e-12)


def test_a_hole_of_a_day_within_a_window_spoils_nothing():
    time_s = np.concatenate([DAY[:100], DAY[:100] + 90_000.0])
    velocity = velocity_px_per_s(40 * time_s[:, None], time_s, 0.1)
    np.testing.assert_allclose(velocity, 40, atol=1e-6)


def eight_hours():
    """Eight hours at 60 Hz on a treadmill: 72,000 strides a limb; as the camera sees it."""
    hours = 8 * 3600.0
    return walker(frequency_hz=FREQUENCY_HZ, fps=60.0, seconds=hours, treadmill=True)


@pytest.mark.slow
def test_a_walk_of_eight_hours_has_all_of_its_strides():
    one_limb = {"limbs": LIMBS[:1], "belt_speed_px_per_s": 200.0}
    strides = measure_strides(eight_hours(), StrideSettings(**GAIT | one_limb))
    assert len(strides) == pytest.approx(72_000, abs=2)
    assert np.abs(strides.stride_time_s - 1 / FREQUENCY_HZ).max() < 0.004
    assert np.ptp(strides.speed_px_per_s) < 1e-3


def test_many_strides_are_found_again_without_comparing_each_with_each():
    walk = walker(frequency_hz=10.0, duty_factor=0.5, fps=120.0, seconds=400.0)
    strides = measure_strides(walk, StrideSettings(**GAIT | {"limbs": LIMBS[:1]}))
    assert len(strides) > 3_900
    again = stride_intervals(strides, [strides])
    assert (again["draws"] == 1).all()
    np.testing.assert_array_equal(again["stride_time_s_low"], strides.stride_time_s)


@pytest.mark.parametrize(("max_gap_s", "bouts"), [(0.2, 1), (0.199, 2)])
def test_bouts_do_not_depend_on_the_hour(max_gap_s, bouts):
    """A break of 12 frames at 60 per second, and bouts of 12, are 0.2 s at every hour."""
    holds = np.zeros(60)
    holds[10:22] = holds[34:46] = 1.0
    rule = {"conditions": [{"feature": "x", "above": 0.5, "below": None}]}
    rule |= {"min_duration_s": 0.2, "max_gap_s": max_gap_s}
    definitions = definitions_from_mapping({"walk": rule})
    names = np.full(60, "animal0", dtype=object)
    for start in range(0, len(DAY) - 60, 50_001):
        features = FeatureTable(np.arange(60), DAY[start : start + 60], names, {"x": holds})
        assert len(predict_bouts(features, definitions)) == bouts
