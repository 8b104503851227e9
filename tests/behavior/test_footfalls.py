"""Footfalls: the model of a swing, jumps, exchanged limbs and belts, where the truth is known."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from stick_animals import BODY, LIMBS, belt_flags, smoothed, walker

from superanimal_core.behavior import swing_fit
from superanimal_core.behavior.exchanges import _viterbi
from superanimal_core.behavior.footfalls import detect_footfalls
from superanimal_core.behavior.gait import _is_stride, measure_strides
from superanimal_core.behavior.jumps import is_jump
from superanimal_core.behavior.swing_fit import (
    SHAPES,
    Windows,
    _ends,
    _normal_equations,
    fit_swings,
    way_part,
)
from superanimal_core.behavior.travel import body_length_px
from superanimal_core.errors import ConfigError
from superanimal_core.settings.behavior import StrideSettings


def settings_of(**changed):
    own = {"limbs": LIMBS, "body": BODY, "min_body_speed_bl_per_s": 0.3, "cm_per_px": None}
    return StrideSettings(**own | {"belt_speed_px_per_s": 0.0, "min_swing_frames": 5} | changed)


def with_xy(poses, xy_px):
    return smoothed(xy_px, poses.poses.time_s, 0.09)


@pytest.mark.parametrize("ramp", SHAPES)
def test_the_slope_of_a_way_is_its_derivative_and_its_ends_rest(ramp):
    part = np.linspace(-0.2, 1.2, 1401)
    way, slope = way_part(part, ramp)
    np.testing.assert_allclose(np.gradient(way, part)[2:-2], slope[2:-2], atol=0.02)
    assert way[0] == 0
    assert way[-1] == 1
    assert slope[part < 0].max(initial=0) == slope[part > 1].max(initial=0) == 0


def windows_of(time_s, way, known=None):
    """Windows of equal length, of which some frames were not seen."""
    known = np.ones(way.shape, bool) if known is None else known
    swing = np.nonzero(known)[0]
    follows = known & np.roll(known, 1, axis=1)
    follows[:, 0] = False
    return Windows(swing, time_s[known], way[known], follows[known])


@pytest.mark.parametrize("ramp", SHAPES)
@pytest.mark.parametrize("fps", [24.0, 100.0])
def test_a_swing_begins_and_ends_between_frames_where_it_did(ramp, fps):
    """Sixty swings that began anywhere between two frames; ends to a twentieth of a frame."""
    rng = np.random.default_rng(0)
    lift, lasting = rng.uniform(0.3, 0.3 + 1 / fps, 60), rng.uniform(0.28, 0.32, 60)
    time_s = np.broadcast_to(np.arange(round(0.9 * fps)) / fps, (60, round(0.9 * fps)))
    way = 80 * way_part((time_s - lift[:, None]) / lasting[:, None], ramp)[0] + 7
    guess_s = 0.44 + rng.uniform(-0.05, 0.05, 60)
    windows = windows_of(time_s - guess_s[:, None], way)
    fit = fit_swings(windows, np.full(60, 0.25), np.zeros(60, int))
    found = guess_s + fit.middle_s - fit.duration_s / 2
    assert np.abs(found - lift).max() < 0.05 / fps
    assert np.abs(fit.duration_s - lasting).max() < 0.1 / fps
    np.testing.assert_allclose(fit.length_px, 80, atol=0.5)


def test_sums_by_swing_are_those_of_each_swing_alone():
    """The normal equations, and where a way starts and goes, of swings of any length."""
    rng = np.random.default_rng(1)
    known = rng.random((20, 30)) < rng.uniform(0.2, 1, (20, 1))
    known[[0, 3, 19]] = False
    columns, way = rng.normal(size=(4, *known.shape)), rng.normal(size=known.shape)
    weight = rng.uniform(0.1, 1, known.shape)
    windows = windows_of(way, way, known)
    edges = np.searchsorted(windows.swing, np.arange(21))
    flat = [column[known] for column in columns]
    normal, right = _normal_equations(flat, weight[known], way[known], edges)
    start, length = _ends(windows.way_px, edges)
    for swing, seen in enumerate(known):
        design = columns[:, swing, seen]
        weighted = design * weight[swing, seen]
        np.testing.assert_allclose(normal[swing], weighted @ design.T, atol=1e-12)
        np.testing.assert_allclose(right[swing], weighted @ way[swing, seen], atol=1e-12)
        own, frames = way[swing, seen], seen.sum()
        first, last = own[: frames // 3], own[2 * frames // 3 :]
        if len(first):
            np.testing.assert_allclose(start[swing], first.mean())
            np.testing.assert_allclose(length[swing], last.mean() - first.mean())
        else:
            assert start[swing] == length[swing] == 0


def test_a_batch_of_swings_is_fitted_as_all_together_where_errors_do_not_last(monkeypatch):
    rng = np.random.default_rng(0)
    time_s = np.broadcast_to(np.linspace(-0.45, 0.45, 40), (30, 40))
    way = 80 * way_part(time_s / rng.uniform(0.25, 0.35, (30, 1)) + 0.5, 0.0)[0]
    windows, guess_s = windows_of(time_s, way, rng.random(way.shape) < 0.9), np.full(30, 0.28)
    whole = fit_swings(windows, guess_s, np.zeros(30, int))
    monkeypatch.setattr(swing_fit, "BATCH", 7)
    parts = fit_swings(windows, guess_s, np.zeros(30, int))
    np.testing.assert_allclose(parts.duration_s, whole.duration_s, rtol=1e-3)
    np.testing.assert_allclose(parts.length_px, whole.length_px, rtol=1e-3)


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0, 100.0, 200.0])
def test_the_duty_factor_does_not_depend_on_the_frame_rate(fps):
    strides = measure_strides(walker(fps=fps, noise_px=0.5), settings_of())
    assert len(strides) >= 4 * 17
    assert np.median(strides.duty_factor) == pytest.approx(0.6, abs=0.01)


def test_time_backwards_swaps_strikes_and_lifts():
    poses = walker(noise_px=0.5)
    forth = detect_footfalls(poses, 0, settings_of()).footfalls
    xy = poses.poses.xy_px[::-1].copy()
    back = detect_footfalls(with_xy(poses, xy), 0, settings_of()).footfalls
    end_s = poses.poses.time_s[-1]
    for one, other in zip(forth, back, strict=True):
        for events, mirrored in ((one.lift_s, other.strike_s), (one.strike_s, other.lift_s)):
            mirrored = end_s - mirrored[np.isfinite(mirrored)]
            inside = events[(events > 0.5) & (events < end_s - 0.5)]
            apart = np.abs(inside[:, None] - mirrored).min(axis=1)
            assert apart.max() < 2e-3


def test_turning_moving_and_scaling_the_scene_scales_lengths_and_nothing_else():
    poses = walker(noise_px=0.5)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    other = with_xy(poses, 1.7 * poses.poses.xy_px @ turn.T + [300.0, -90.0])
    one, two = (measure_strides(p, settings_of()) for p in (poses, other))
    assert len(one) == len(two)
    np.testing.assert_allclose(two.strike_s, one.strike_s, atol=1e-4)
    np.testing.assert_allclose(two.duty_factor, one.duty_factor, atol=1e-3)
    np.testing.assert_allclose(two.stride_length_px, 1.7 * one.stride_length_px, rtol=1e-3)


def test_half_of_the_frames_give_the_same_strides():
    poses = walker(fps=200.0, noise_px=0.5)
    half = smoothed(poses.poses.xy_px[::2], poses.poses.time_s[::2], 0.25)
    one, two = (measure_strides(p, settings_of()) for p in (poses, half))
    for limb in LIMBS:
        a, b = (t.strike_s[t.limb == limb] for t in (one, two))
        assert len(a) == len(b)
        assert np.abs(a - b).max() < 0.01


def test_single_jumps_are_told_and_steps_are_not():
    rng = np.random.default_rng(1)
    poses = walker(noise_px=0.5)
    paw = poses.poses.xy_px[:, 0, 0].copy()
    always = np.ones(len(paw), bool)
    where = rng.choice(np.arange(5, len(paw) - 5, 5), 20, replace=False)
    paw[where] += 60 * rng.choice([-1, 1], (20, 2))
    np.testing.assert_array_equal(np.flatnonzero(is_jump(paw, 120.0, always)), np.sort(where))
    step = poses.poses.xy_px[:, 0, 0].copy()
    step[400:] += 60
    assert not is_jump(step, 120.0, always).any()


@pytest.mark.parametrize("seed", range(3))
def test_strides_bear_jumps_in_two_of_a_hundred_frames(seed):
    rng = np.random.default_rng(seed)
    poses = walker(noise_px=0.5)
    xy = poses.poses.xy_px.copy()
    xy += 60 * (rng.random((*xy.shape[:3], 1)) < 0.02) * rng.choice([-1, 1], xy.shape)
    strides = measure_strides(with_xy(poses, xy), settings_of())
    for limb in LIMBS:
        assert 16 <= (strides.limb == limb).sum() <= 19
    assert np.abs(strides.stride_time_s - 0.4).max() < 0.04


def test_limbs_that_change_places_are_told_frame_by_frame_and_put_back():
    poses = walker(noise_px=0.5)
    xy = poses.poses.xy_px.copy()
    for start, stop in ((200, 260), (500, 590)):
        xy[start:stop, :, [0, 1]] = xy[start:stop, :, [1, 0]]
    walk = detect_footfalls(with_xy(poses, xy), 0, settings_of())
    truly = np.zeros(len(xy), bool)
    truly[200:260] = truly[500:590] = True
    for limb in (0, 1):
        found = walk.is_exchanged[limb]
        assert 2 * (found & truly).sum() / (found.sum() + truly.sum()) > 0.95
    assert not walk.is_exchanged[2:].any()
    mended, clean = (measure_strides(p, settings_of()) for p in (with_xy(poses, xy), poses))
    assert len(mended) >= len(clean) - 4
    assert np.abs(mended.stride_time_s - 0.4).max() < 0.03
    assert ((mended.exchanged_fraction > 0) <= np.isin(mended.limb, LIMBS[:2])).all()
    assert (mended.exchanged_fraction > 0.5).any()


@pytest.mark.parametrize(("share", "is_left_out"), [(0.45, False), (0.55, True), (1.0, True)])
def test_two_tracks_on_one_paw_for_most_of_the_time_are_left_out(share, is_left_out):
    poses = walker()
    xy_px = poses.poses.xy_px.copy()
    left, right = (poses.poses.space.index(name) for name in LIMBS[2:])
    lost = int(share * len(xy_px))
    xy_px[:lost, 0, right] = xy_px[:lost, 0, left] + 0.01
    changed = with_xy(poses, xy_px)
    assert bool(detect_footfalls(changed, 0, settings_of()).is_taken[2:].all()) == is_left_out
    limbs = set(measure_strides(changed, settings_of()).limb)
    assert (limbs == set(LIMBS[:2])) == is_left_out


def resting_behind(poses, seconds, noise_px, last_xy_px):
    """A walk, two tenths of a second in which the paws go to their last places, and a long rest."""
    walk_px, fps = poses.poses.xy_px, round(1 / poses.poses.time_s[1])
    going = np.linspace(0, 1, fps // 5)[:, None, None, None]
    settled = walk_px[-1] + going * (last_xy_px - walk_px[-1])
    rest = np.repeat(last_xy_px[None], seconds * fps, axis=0)
    rest = rest + noise_px * np.random.default_rng(0).normal(size=rest.shape)
    xy_px = np.concatenate([walk_px, settled, rest])
    return smoothed(xy_px, np.arange(len(xy_px)) / fps, 0.09)


@pytest.mark.parametrize("fps", [15.0, 30.0])
@pytest.mark.parametrize("noise_px", [0.2, 1.0])
def test_a_walk_has_its_strides_however_long_the_animal_rests(fps, noise_px):
    """Most frames of a day in a cage show an animal that sleeps; what is usual there is no step."""
    alone = walker(fps=fps, seconds=6.0, noise_px=noise_px)
    resting = resting_behind(alone, 200, noise_px, alone.poses.xy_px[-1])
    walk = detect_footfalls(resting, 0, settings_of())
    assert not walk.is_exchanged.any()
    assert not walk.is_taken.any()
    strides, expected = (measure_strides(p, settings_of()) for p in (resting, alone))
    assert len(strides) >= len(expected) > 50
    assert np.isfinite(walk.xy_px[:, : len(alone.poses.time_s)]).all()


def test_paws_that_stand_side_by_side_for_most_of_the_time_are_not_on_one_paw():
    alone = walker(seconds=6.0)
    square_px = alone.poses.xy_px[-1].copy()
    for left in (0, 2):
        square_px[:, left + 1] = square_px[:, left]
    walk = detect_footfalls(resting_behind(alone, 8, 0.2, square_px), 0, settings_of())
    assert all(len(falls.strike_s) >= 14 for falls in walk.footfalls)
    assert not walk.is_taken.all(axis=1).any()


@pytest.mark.parametrize("seconds", [0, 60])
def test_a_track_on_the_paw_beside_it_is_told_however_long_the_animal_rests(seconds):
    alone = walker(seconds=6.0, noise_px=0.2)
    xy_px = alone.poses.xy_px.copy()
    xy_px[240:360, :, 0] = xy_px[240:360, :, 1] + 0.7
    near_px = xy_px[-1].copy()
    near_px[:, 0] = near_px[:, 1] + 6
    resting = resting_behind(with_xy(alone, xy_px), seconds, 0.2, near_px)
    taken = detect_footfalls(resting, 0, settings_of()).is_taken
    np.testing.assert_array_equal(np.flatnonzero(taken[0]), np.arange(239, 361))
    assert not taken[1:].any()


def test_a_clean_walk_exchanges_nothing():
    for noise_px in (0.0, 1.0, 3.0):
        walk = detect_footfalls(walker(noise_px=noise_px), 0, settings_of())
        assert not walk.is_exchanged.any()
        assert not walk.is_taken.any()


def test_the_likeliest_states_are_those_of_all_sequences():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        exchanged, change = rng.normal(0, 4, 8), rng.normal(-3, 4, 8)

        def nats(states, exchanged=exchanged, change=change):
            changes = np.flatnonzero(np.diff(states)) + 1
            start = -6.0 if states[0] else 0.0
            return start + exchanged[np.array(states, bool)].sum() + change[changes].sum()

        best = max(itertools.product([0, 1], repeat=8), key=nats)
        np.testing.assert_array_equal(_viterbi(exchanged, change), np.array(best, bool))


def test_no_stride_of_a_gap_and_none_that_the_body_contradicts():
    """A paw that is not seen for a stride; and one that steps in place while the body walks on."""
    poses = walker(noise_px=0.3)
    xy = poses.poses.xy_px.copy()
    xy[300:360, 0, 0] = np.nan
    xy[:, 0, 1, 0] = xy[0, 0, 1, 0] + 20 * np.sin(2 * np.pi * 2.5 * poses.poses.time_s)
    strides = measure_strides(with_xy(poses, xy), settings_of())
    first = strides.limb == LIMBS[0]
    gap_s = poses.poses.time_s[300], poses.poses.time_s[359]
    assert not ((strides.strike_s < gap_s[1]) & (strides.next_strike_s > gap_s[0]) & first).any()
    assert not (strides.limb == LIMBS[1]).any()


def test_a_stride_lasts_as_long_as_the_others_goes_as_far_as_the_body_and_its_foot_rests():
    """Each of the three by itself makes a stride none."""
    poses = walker()
    walk, time_s = detect_footfalls(poses, 0, settings_of()), poses.poses.time_s
    falls = walk.footfalls[0]
    events = falls.strike_s[3:8], falls.lift_s[4:9], falls.strike_s[4:9]
    length, period = falls.way_px[4:9], falls.period_s[4:9]
    assert _is_stride(walk, 0, time_s, *events, length, period).all()
    assert not _is_stride(walk, 0, time_s, *events, 0.4 * length, period).any()
    assert not _is_stride(walk, 0, time_s, *events, 2.3 * length, period).any()
    assert not _is_stride(walk, 0, time_s, *events, length, 1.8 * period).any()
    assert not _is_stride(walk, 0, time_s, *events, length, period / 1.8).any()
    carried = walk.xy_px.copy()
    carried[0] += 0.5 * (walk.travel.center_px - walk.travel.center_px[0])
    slips = replace(walk, xy_px=carried)
    assert not _is_stride(slips, 0, time_s, *events, length, period).any()


@pytest.mark.parametrize(("half_gap_s", "is_told"), [(0.03, True), (0.08, False)])
def test_a_strike_is_told_within_a_short_gap_and_not_within_a_long_one(half_gap_s, is_told):
    """The first limb strikes at 2 s; a quarter of a stride is 0.1 s."""
    poses = walker(noise_px=0.2)
    xy = poses.poses.xy_px.copy()
    xy[np.abs(poses.poses.time_s - 2.0) < half_gap_s, 0, 0] = np.nan
    strikes = detect_footfalls(with_xy(poses, xy), 0, settings_of()).footfalls[0].strike_s
    assert (np.nanmin(np.abs(strikes - 2.0)) < 0.02) == is_told


@pytest.mark.parametrize("fps", [24.0, 120.0])
@pytest.mark.parametrize("to_the_right", [True, False])
def test_a_belt_that_was_told_wrong_is_told(fps, to_the_right):
    belt = 200.0 if to_the_right else -200.0
    poses = walker(treadmill=True, to_the_right=to_the_right, noise_px=1.0, fps=fps)
    assert belt_flags(poses, settings_of(belt_speed_px_per_s=belt)) == []
    for wrong in (0.0, -belt):
        [flag] = belt_flags(poses, settings_of(belt_speed_px_per_s=wrong))
        told = "its feet stand on ground that moves at" if not wrong else "the feet say that"
        assert told in flag
        assert ("without one the poses of its feet are wrong" in flag) == (not wrong)
    ground = walker(to_the_right=to_the_right, noise_px=1.0, fps=fps)
    assert belt_flags(ground, settings_of()) == []
    assert len(belt_flags(ground, settings_of(belt_speed_px_per_s=belt))) == 1


def test_a_belt_that_was_not_told_has_no_strides():
    assert len(measure_strides(walker(treadmill=True, noise_px=0.5), settings_of())) == 0


def test_the_length_of_a_body_is_the_median_from_its_first_to_its_last_keypoint():
    xy = np.zeros((5, 3, 2))
    xy[:, 1] = 99.0  # in between, and no part of it
    xy[:, 2] = [[3.0, 4.0], [6.0, 8.0], [30.0, 40.0], [np.nan, 0.0], [5.0, 12.0]]
    assert body_length_px(xy) == (10 + 13) / 2
    assert np.isnan(body_length_px(xy[:, :1]))
    assert np.isnan(body_length_px(xy[3:4]))


def test_settings_that_are_not_needed_any_more_are_named():
    with pytest.raises((ValueError, ConfigError), match="remove min_phase_s"):
        settings_of(min_phase_s=0.03)
