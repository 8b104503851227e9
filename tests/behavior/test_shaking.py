"""A camera that is not still: what feet that stand do together."""

from dataclasses import replace

import numpy as np
import pytest
from stick_animals import BODY, LIMBS, smoothed, walker, walks_of

from superanimal_core.behavior import shaking
from superanimal_core.behavior.footfalls import detect_footfalls
from superanimal_core.behavior.shaking import MIN_FRAMES, MUCH, shaking_px, usual_mean
from superanimal_core.pose.expected_error import SD_OF_RADIUS_90, unknown_error
from superanimal_core.settings.behavior import StrideSettings
from superanimal_core.smoothing.sampling import lasting_noise

SETTINGS = StrideSettings(
    limbs=LIMBS,
    body=BODY,
    min_body_speed_bl_per_s=0.3,
    cm_per_px=None,
    belt_speed_px_per_s=0.0,
    min_swing_frames=5,
)


def shaken(shake_px, lasting_s=0.0, noise_px=1.0, seed=0, **how):
    """A walk as a camera sees it that shakes so far, each keypoint with an error of its own."""
    poses = walker(noise_px=noise_px, seed=seed, **{"seconds": 12.0} | how)
    rng, time_s = np.random.default_rng(seed + 100), poses.poses.time_s
    shake = shake_px * lasting_noise(time_s, lasting_s, 2, rng)
    return smoothed(poses.poses.xy_px + shake[:, None, None], time_s, 1.0)


def measured(poses, settings=SETTINGS):
    return shaking_px(detect_footfalls(poses, 0, settings), poses.poses.time_s)


def shake_flags(poses, expected, settings):
    return shaking.shake_flags(poses, walks_of(poses, settings), expected, settings)


def expecting(poses, sd_px):
    """An account of error in which each keypoint errs by so much."""
    shape = poses.poses.xy_px.shape[:-1]
    return replace(unknown_error(shape), radius_90_px=np.full(shape, sd_px / SD_OF_RADIUS_90))


@pytest.mark.parametrize("fps", [60.0, 200.0])
@pytest.mark.parametrize("shake_px", [1.0, 2.0, 4.0])
def test_how_far_a_camera_shakes_is_measured_whatever_the_noise(shake_px, fps):
    for noise_px in (0.0, 2.0):
        found = measured(shaken(shake_px, noise_px=noise_px, fps=fps))
        assert found == pytest.approx(shake_px, rel=0.15)


@pytest.mark.parametrize("noise_px", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_errors_of_each_keypoint_by_itself_are_no_shaking(noise_px, seed):
    assert measured(shaken(0.0, noise_px=noise_px, seed=seed)) <= 0.3 * noise_px + 1e-6


@pytest.mark.parametrize("shake_px", [0.0, 1.0, 2.0])
def test_a_ground_that_moves_evenly_adds_and_hides_nothing(shake_px):
    """A belt that is told wrong: feet slide, each along its line."""
    wrong = SETTINGS.model_copy(update={"belt_speed_px_per_s": 170.0})
    found = measured(shaken(shake_px, noise_px=0.0, treadmill=True), wrong)
    assert found == pytest.approx(shake_px, rel=0.15, abs=0.01)


def test_shaking_grows_with_the_picture():
    poses = shaken(2.0)
    large = smoothed(3 * poses.poses.xy_px, poses.poses.time_s, 9.0)
    assert measured(large) == pytest.approx(3 * measured(poses), rel=0.02)


def test_two_feet_must_stand_long_enough():
    poses = shaken(2.0)
    one = SETTINGS.model_copy(update={"limbs": LIMBS[:1]})
    assert np.isnan(measured(poses, one))
    walk = detect_footfalls(poses, 0, SETTINGS)
    for seconds in np.arange(0.5, 6.0, 0.5):
        early = [
            replace(f, strike_s=np.where(f.strike_s < seconds, f.strike_s, np.nan))
            for f in walk.footfalls
        ]
        some = replace(walk, footfalls=early)
        both = frames_of_two(some, poses.poses.time_s)
        assert np.isfinite(shaking_px(some, poses.poses.time_s)) == (both >= MIN_FRAMES)


@pytest.mark.parametrize("off_px", [3.0, 10.0, 30.0, 300.0])
@pytest.mark.parametrize("shake_px", [0.0, 2.0])
def test_a_few_frames_in_which_the_whole_animal_is_off_are_no_shaking(shake_px, off_px):
    poses = shaken(shake_px, fps=100.0)
    xy_px = poses.poses.xy_px.copy()
    for first in (200, 545, 900):
        xy_px[first : first + 3] += off_px
    found = measured(smoothed(xy_px, poses.poses.time_s, 1.0))
    assert found == pytest.approx(shake_px, rel=0.15, abs=0.3)


@pytest.mark.parametrize(("sds", "counts"), [(4.99, True), (5.01, False), (-5.01, False)])
def test_what_is_five_standard_deviations_beyond_does_not_count(sds, counts):
    usual = np.repeat([-1.0, 0.0, 1.0], [50, 5, 50])  # median distance from 0: 1, an sd of 1.4826
    values = np.append(usual, sds * 1.4826 / np.sqrt(4.0))  # the mean of four
    weights = np.append(np.ones(len(usual)), 4.0)
    mean = 4.0 * values[-1] / weights.sum() if counts else 0.0
    assert usual_mean(values, weights) == pytest.approx(mean, abs=1e-9)


def test_without_limbs_nothing_is_measured():
    walk = detect_footfalls(poses := shaken(2.0), 0, SETTINGS)
    known = {key: getattr(walk, key)[:0] for key in ("xy_px", "is_exchanged", "is_taken")}
    none = replace(walk, **known, footfalls=[])
    assert np.isnan(shaking_px(none, poses.poses.time_s))


def frames_of_two(walk, time_s):
    """Counted: for each two feet, the frames in which both are in the middle of a stance."""
    stands = np.zeros((len(walk.footfalls), len(time_s)), bool)
    for limb, falls in enumerate(walk.footfalls):
        for n, strike in enumerate(falls.strike_s[:-1]):
            rest = 0.15 * (falls.lift_s[n + 1] - strike)
            if falls.run[n] == falls.run[n + 1]:
                stands[limb] |= (time_s >= strike + rest) & (time_s < falls.lift_s[n + 1] - rest)
    return sum((a & b).sum() for i, a in enumerate(stands) for b in stands[:i])


@pytest.mark.parametrize(("times", "is_told"), [(0.95, False), (1.05, True)])
def test_what_no_error_explains_is_told(times, is_told):
    poses = shaken(2.0, lasting_s=0.02)
    expected = expecting(poses, measured(poses) / (times * MUCH))
    flags = shake_flags(poses, expected, SETTINGS)
    assert len(flags) == is_told
    assert all("animal0: feet that stand shake together by" in flag for flag in flags)


@pytest.mark.filterwarnings("error")
def test_nothing_is_told_where_no_error_is_known_nor_seen():
    poses = shaken(4.0)
    assert shake_flags(poses, unknown_error(poses.poses.xy_px.shape[:-1]), SETTINGS) == []
    unseen = smoothed(np.full_like(poses.poses.xy_px, np.nan), poses.poses.time_s, 1.0)
    assert shake_flags(unseen, expecting(unseen, 1.0), SETTINGS) == []
