"""A frame of a day-long recording is smoothed as in the minute around it."""

import numpy as np
import pytest
from test_learned_noise import SETTINGS

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.smoothing.constant_velocity import smooth_velocity, velocity_prior
from superanimal_core.smoothing.eks import smooth_keypoint, step_per_strength
from superanimal_core.smoothing.gaps import open_gaps_s
from superanimal_core.smoothing.kalman import Observations
from superanimal_core.smoothing.latent_walk import LatentWalk, smooth_walk
from superanimal_core.smoothing.local_level import (
    filter_local_level,
    local_level_log_likelihood,
    smooth_local_level,
)

DAY = np.arange(24 * 3600 * 60) / 60.0
MINUTE, BEFORE = 3600, 2000  # frames; a walk forgets what lies further back than `BEFORE`


def series(frames, seed=0):
    """A walk through an arena, seen with noise of 1 px; a second without it every hour."""
    rng = np.random.default_rng(seed)
    y = 900 + 300 * np.sin(DAY[:frames] / 7) + rng.normal(size=frames)
    noise = np.ones(frames)
    noise[(DAY[:frames] % 3600) < 1] = np.inf
    return np.where(np.isfinite(noise), y, np.nan), noise


@pytest.mark.parametrize("hour", [0.5, 12.5, 23.9])
def test_the_local_level_of_a_day_is_that_of_its_minutes(hour):
    y, noise = series(len(DAY))
    steps = 0.05 * step_per_strength(DAY, np.isfinite(noise), 5.0)
    start = int(hour * 3600 * 60)
    part = slice(start - BEFORE, start + MINUTE + BEFORE)
    inner = slice(BEFORE, BEFORE + MINUTE)
    for smooth in (smooth_local_level, filter_local_level):
        whole = smooth(y, noise, steps)
        alone = smooth(y[part], noise[part], steps[part][:-1])
        for long, short in zip(whole, alone, strict=True):
            np.testing.assert_allclose(long[part][inner], short[inner], rtol=1e-9)


def test_a_velocity_is_kept_through_a_day_as_through_its_minutes():
    y, noise = series(len(DAY))
    steps = step_per_strength(DAY, np.isfinite(noise), 5.0)
    whole = smooth_velocity(y, noise, velocity_prior(steps, 0.1), 0.05)
    for hour in (0.5, 23.9):
        start = int(hour * 3600 * 60)
        part = slice(start - BEFORE, start + MINUTE + BEFORE)
        prior = velocity_prior(steps[part][:-1], 0.1)
        alone = smooth_velocity(y[part], noise[part], prior, 0.05)
        for long, short in zip(whole, alone, strict=True):
            inner = slice(BEFORE, BEFORE + MINUTE)
            np.testing.assert_allclose(long[part][inner], short[inner], rtol=1e-7)


@pytest.mark.parametrize("motion", ["random_walk", "constant_velocity"])
def test_a_keypoint_of_two_hours_is_that_of_its_minutes_where_the_strength_is_known(motion):
    """Its weights look at neighbors only; what is learned of the noise is learned of all."""
    frames = 2 * 3600 * 60
    rng = np.random.default_rng(0)
    y = 900 + 300 * np.sin(DAY[:frames, None] / [7, 5])
    members = [y + rng.normal(size=y.shape) for _ in range(2)]
    score = [np.full(frames, 0.9)] * 2
    fixed = SETTINGS.model_copy(update={"strength": 3.0, "motion": motion})
    whole = smooth_keypoint(members, score, DAY[:frames], fixed)
    part = slice(frames // 2, frames // 2 + MINUTE)
    alone = smooth_keypoint([m[part] for m in members], [s[part] for s in score], DAY[part], fixed)
    assert np.abs(whole.xy_px[part] - alone.xy_px)[500:-500].max() < 1
    assert np.abs(whole.xy_px - y).mean() < 0.5


def test_the_likelihood_of_a_day_is_the_sum_of_its_hours():
    """Hours that nothing links are independent, so that the sum is known."""
    y, noise = series(len(DAY))
    hour = 3600 * 60
    steps = np.full(len(y) - 1, 0.05)
    steps[hour - 1 :: hour] = np.inf
    parts = [slice(a, a + hour) for a in range(0, len(y), hour)]
    hours = [local_level_log_likelihood(y[p], noise[p], steps[p.start : p.stop - 1]) for p in parts]
    whole = local_level_log_likelihood(y, noise, steps)
    assert whole == pytest.approx(sum(hours), rel=1e-10)


def test_a_walk_of_three_dimensions_is_that_of_its_minutes():
    frames = 8 * 3600 * 10
    rng = np.random.default_rng(0)
    y = 400 + rng.normal(size=(frames, 3)).cumsum(axis=0)
    walk = LatentWalk(
        y[0], 1e4 * np.eye(3), np.eye(3), np.ones(frames - 1),
        Observations(y, np.ones((frames, 3)), np.eye(3)),
    )  # fmt: skip
    mean, covariance = smooth_walk(walk, 0.05)
    part = slice(frames - 9000, frames)
    late = LatentWalk(
        y[part][0], 1e4 * np.eye(3), np.eye(3), walk.steps[part],
        Observations(y[part], np.ones((9000, 3)), np.eye(3)),
    )  # fmt: skip
    alone = smooth_walk(late, 0.05)
    np.testing.assert_allclose(mean[part][BEFORE:], alone[0][BEFORE:], rtol=1e-9)
    np.testing.assert_allclose(covariance[part][BEFORE:], alone[1][BEFORE:], atol=1e-10)


def test_gaps_of_the_last_hour_are_as_long_as_they_are():
    xy = np.ones((len(DAY), 1, 1, 2))
    xy[-9000:-8997] = np.nan
    score = np.ones((len(DAY), 1, 1))
    poses = Poses(KeypointSpace("s", ("a",)), ("animal0",), DAY, xy, score)
    assert open_gaps_s(poses, 0.06) == pytest.approx([4 / 60], abs=1e-9)


@pytest.mark.parametrize("hour", [0, 1, 7, 23])
def test_a_gap_of_just_the_limit_is_bridged_at_every_hour(hour):
    """Twelve frames at 60 per second: 0.2 s, whatever rounding makes of the time stamps."""
    time_s = DAY[hour * 3600 * 60 + 17 :][:1000]
    linked = []
    for start in range(10, 900, 37):
        observed = np.ones(1000, bool)
        observed[start + 1 : start + 12] = False
        linked.append(np.isfinite(step_per_strength(time_s, observed, 0.2)).all())
        xy = np.where(observed[:, None, None, None], np.ones((1000, 1, 1, 2)), np.nan)
        score = np.ones((1000, 1, 1))
        poses = Poses(KeypointSpace("s", ("a",)), ("animal0",), time_s, xy, score)
        assert len(open_gaps_s(poses, 0.2)) == 0
        assert len(open_gaps_s(poses, 0.199)) == 1
    assert all(linked)
