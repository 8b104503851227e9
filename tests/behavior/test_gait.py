"""Strides of walking stick animals at known stride rate, duty factor, length and phase."""

import re
import statistics
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stick_animals import BODY, LIMBS, PHASES, limb_flags, smoothed, walker

from superanimal_core.behavior import gait
from superanimal_core.behavior.gait import StrideTable, measure_strides
from superanimal_core.behavior.gait_summary import (
    SUMMARIZED,
    circular_mean,
    limbs_out_of_step,
    summarize_gait,
)
from superanimal_core.behavior.untaught import gait_remarks
from superanimal_core.settings.behavior import StrideSettings

SETTINGS = {
    "limbs": LIMBS,
    "body": BODY,
    "min_body_speed_bl_per_s": 0.3,
    "belt_speed_px_per_s": 0.0,
    "min_swing_frames": 5,
    "cm_per_px": None,
}


def strides_of(poses, **changed):
    return measure_strides(poses, StrideSettings(**SETTINGS | changed))


def walks():
    return [
        {"to_the_right": right, "frequency_hz": hz, "duty_factor": df}
        for right in (True, False)
        for hz, df in ((1.2, 0.7), (2.5, 0.6), (4.0, 0.55))
    ]


@pytest.mark.parametrize("walk", walks(), ids=str)
@pytest.mark.parametrize("noise_px", [0.0, 0.7])
def test_stride_time_and_length_are_those_of_the_walk(walk, noise_px):
    strides = strides_of(walker(**walk, noise_px=noise_px))
    expected = int(8 * walk["frequency_hz"]) - 2
    for limb in LIMBS:
        rows = strides.limb == limb
        assert rows.sum() >= expected - 1
        np.testing.assert_allclose(
            np.median(strides.stride_time_s[rows]), 1 / walk["frequency_hz"], rtol=0.01
        )
        length = 200 / walk["frequency_hz"]
        np.testing.assert_allclose(
            np.median(strides.stride_length_px[rows]), length, rtol=0.02, atol=1
        )
    np.testing.assert_allclose(strides.speed_px_per_s, 200, rtol=0.03)


@pytest.mark.parametrize("walk", walks(), ids=str)
def test_duty_factor_is_that_of_the_walk(walk):
    strides = strides_of(walker(**walk, noise_px=0.5))
    assert np.median(strides.duty_factor) == pytest.approx(walk["duty_factor"], abs=0.01)


def test_strike_times_are_finer_than_a_frame():
    coarse = strides_of(walker(fps=60.0))
    steps = np.diff(coarse.strike_s[coarse.limb == LIMBS[0]])
    assert np.abs(steps - 0.4).max() < 0.25 / 60


def test_phases_are_those_of_the_walk():
    table = summarize_gait(strides_of(walker(noise_px=0.5)), fps=120.0)
    assert list(table.limb) == list(LIMBS)
    for found, expected in zip(table.phase_mean, PHASES, strict=True):
        assert abs((found - expected + 0.5) % 1 - 0.5) < 0.03
    assert (table.phase_resultant > 0.98).all()


def test_a_treadmill_gives_the_strides_of_the_ground():
    belt = strides_of(walker(treadmill=True, noise_px=0.3), belt_speed_px_per_s=200.0)
    ground = strides_of(walker(noise_px=0.3))
    assert abs(len(belt) - len(ground)) <= 2
    assert np.median(belt.stride_length_px) == pytest.approx(80, rel=0.02)
    left = walker(treadmill=True, to_the_right=False, noise_px=0.3)
    assert np.median(strides_of(left, belt_speed_px_per_s=-200.0).stride_time_s) == pytest.approx(
        0.4, rel=0.01
    )


def test_a_pausing_animal_makes_no_strides():
    strides = strides_of(walker(seconds=10.0, pause_s=(4.0, 6.5), noise_px=0.5))
    inside = (strides.strike_s < 6.2) & (strides.next_strike_s > 4.2)
    assert not inside.any()
    assert (strides.strike_s < 4).any()
    assert (strides.strike_s > 6.5).any()
    standing = walker(seconds=4.0, pause_s=(0.0, 4.0), noise_px=0.7)
    assert len(strides_of(standing)) == 0


def test_a_gap_in_the_track_costs_the_strides_around_it_only():
    poses = walker(noise_px=0.3)
    xy = poses.poses.xy_px.copy()
    xy[400:430, 0, 0] = np.nan
    holed = strides_of(smoothed(xy, poses.poses.time_s, 0.09))
    rows = holed.limb == LIMBS[0]
    gap = (poses.poses.time_s[400], poses.poses.time_s[429])
    crossing = (holed.strike_s[rows] < gap[1]) & (holed.next_strike_s[rows] > gap[0])
    assert not crossing.any()
    assert rows.sum() >= (strides_of(poses).limb == LIMBS[0]).sum() - 3


def test_lengths_in_cm_need_a_scale():
    poses = walker()
    assert np.isnan(strides_of(poses).stride_length_cm).all()
    scaled = strides_of(poses, cm_per_px=0.05)
    np.testing.assert_allclose(scaled.stride_length_cm, scaled.stride_length_px * 0.05)
    np.testing.assert_allclose(scaled.speed_cm_per_s, scaled.speed_px_per_s * 0.05)


def test_swings_of_few_frames_are_flagged():
    assert strides_of(walker(fps=120.0)).is_resolved.all()
    slow_camera = strides_of(walker(fps=18.0))
    assert not slow_camera.is_resolved.any()


def test_a_swing_is_resolved_from_the_very_number_of_frames_on():
    poses = walker(noise_px=0.7)
    strides = strides_of(poses)
    time_s = poses.poses.time_s
    frames = [
        int(((time_s >= lift) & (time_s < strike)).sum())
        for lift, strike in zip(strides.lift_s, strides.next_strike_s, strict=True)
    ]
    assert len(set(frames)) > 1
    for least in set(frames):
        is_resolved = strides_of(poses, min_swing_frames=least).is_resolved
        assert is_resolved.tolist() == [count >= least for count in frames]


def test_unknown_limbs_and_absent_animals_give_an_empty_table():
    poses = walker(seconds=2.0)
    assert len(strides_of(poses, limbs=("wing",))) == 0
    absent = smoothed(np.full_like(poses.poses.xy_px, np.nan), poses.poses.time_s, 1.0)
    empty = strides_of(absent)
    assert len(empty) == 0
    assert {len(getattr(empty, f.name)) for f in fields(StrideTable)} == {0}
    assert len(summarize_gait(empty, fps=100.0)) == 0


def test_the_summary_counts_and_averages():
    strides = strides_of(walker(noise_px=0.3))
    table = summarize_gait(strides, fps=120.0)
    assert table.strides.sum() == len(strides)
    np.testing.assert_allclose(table.stride_frequency_hz, 2.5, rtol=0.01)
    np.testing.assert_allclose(table.time_resolution_ms, 1000 / (120 * np.sqrt(12)))


def test_the_summary_is_that_of_each_limbs_own_strides():
    how = {"cm_per_px": 0.1, "min_swing_frames": 19, "is_from_above": True}
    strides = strides_of(walker(noise_px=0.7), **how)
    table = summarize_gait(strides, fps=120.0)
    for row, limb in enumerate(table.limb):
        mine = strides.limb == limb
        assert table.resolved_fraction[row] == strides.is_resolved[mine].mean()
        for name in SUMMARIZED:
            values = getattr(strides, name)[mine]
            values = values[np.isfinite(values)]
            expected = (statistics.mean, statistics.stdev, statistics.median)
            for what, of in zip(("mean", "sd", "median"), expected, strict=True):
                found = getattr(table, f"{name}_{what}")[row]
                assert found == pytest.approx(of(values.tolist())), (name, what)
    assert 0 < table.resolved_fraction.mean() < 1


def test_one_stride_has_no_deviation():
    strides = strides_of(walker(seconds=1.1))
    table = summarize_gait(strides, fps=120.0)
    assert (table.strides == 1).any()
    assert (np.isnan(table.stride_time_s_sd) == (table.strides == 1)).all()


@given(st.integers(0, 2**16))
def test_strides_are_read_off_their_frames_as_by_loops(seed):
    """The frame of a strike, the body's speed, and the phase in the reference's strides."""
    random = np.random.default_rng(seed)
    time_s = np.cumsum(random.uniform(0.01, 0.05, 60))
    strikes = np.sort(random.uniform(time_s[1], time_s[-2], 8))
    starts, stops = strikes[:-1], strikes[1:]
    frames = gait._nearest_frame(time_s, strikes)
    assert frames.tolist() == [int(np.abs(time_s - s).argmin()) for s in strikes]
    speed = random.uniform(0, 9, 60)
    means = gait._mean_between(speed, time_s, starts, stops)
    for start, stop, mean in zip(starts, stops, means, strict=True):
        within = speed[(time_s >= start) & (time_s < stop)]
        alone = speed[time_s >= start][0]  # between two frames
        assert mean == pytest.approx(within.mean() if len(within) else alone)
    whole = random.random(len(starts)) < 0.7
    reference = {"strike_s": starts[whole], "next_strike_s": stops[whole]}
    others = np.append(random.uniform(time_s[0], time_s[-1], 20), strikes)
    for strike, phase in zip(others, gait._phase(others, reference), strict=True):
        around = [
            (strike - a) / (b - a)
            for a, b in zip(*reference.values(), strict=True)
            if a <= strike < b
        ]
        np.testing.assert_allclose([phase], around or [np.nan])


def test_circular_mean_does_not_break_at_one():
    mean, resultant = circular_mean(np.array([0.95, 0.05]))
    assert min(mean, 1 - mean) == pytest.approx(0, abs=1e-9)
    assert resultant == pytest.approx(np.cos(0.1 * np.pi))


def out_of_step(poses):
    table = summarize_gait(strides_of(poses), fps=120.0)
    return limbs_out_of_step(
        table.individual, table.limb, table.strides, table.stride_time_s_median
    )


@pytest.mark.parametrize("walk", walks(), ids=str)
def test_no_limb_of_a_walk_is_out_of_step(walk):
    assert out_of_step(walker(**walk, noise_px=0.7)) == []


def taken_by_turns():
    """The right front track follows whichever front paw is ahead: two strikes a stride."""
    poses = walker(noise_px=0.3)
    xy = poses.poses.xy_px.copy()
    left, right = (poses.poses.space.index(limb) for limb in LIMBS[:2])
    is_behind = xy[:, 0, right, 0] < xy[:, 0, left, 0]
    xy[is_behind, 0, right] = xy[is_behind, 0, left]
    return smoothed(xy, poses.poses.time_s, 0.09)


def test_a_paw_that_is_taken_for_the_other_one_by_turns_is_told_and_has_no_false_strides():
    taken = taken_by_turns()
    assert out_of_step(taken) == []
    strides = strides_of(taken)
    assert (strides.limb == "left_front").sum() >= 17  # the other paw keeps its own
    assert (strides.stride_time_s > 0.3).all()
    [flag] = limb_flags(taken, StrideSettings(**SETTINGS))
    assert flag.startswith("animal0: right_front taken for the limb beside, and left out, in ")


def test_limbs_that_changed_places_are_told_in_one_sentence():
    poses = walker(noise_px=0.3)
    xy = poses.poses.xy_px.copy()
    left, right = (poses.poses.space.index(limb) for limb in LIMBS[:2])
    stop = len(xy) // 4
    xy[:stop, 0, [left, right]] = xy[:stop, 0, [right, left]]
    [flag] = limb_flags(smoothed(xy, poses.poses.time_s, 0.09), StrideSettings(**SETTINGS))
    assert re.fullmatch(
        r"animal0: left_front, right_front exchanged with the limb beside, and put back, "
        r"in (\d+%)( to \d+%)? of the frames",
        flag,
    )


@pytest.mark.parametrize(("often", "is_told"), [(1.49, False), (1.51, True)])
@pytest.mark.parametrize("power", [1, -1])
def test_a_limb_is_out_of_step_from_half_as_many_strikes_more_on(often, is_told, power):
    limbs = np.array(["a", "b", "c"], dtype=object)
    stride_time_s = np.array([0.4, 0.4, 0.4 / often**power])
    found = limbs_out_of_step(limbs[[0, 0, 0]], limbs, np.array([3, 3, 3]), stride_time_s)
    assert [limb for _, limb, _ in found] == ["c"] * is_told


def test_a_limb_with_two_strides_says_nothing_of_the_others():
    limbs = np.array(["a", "b", "c"], dtype=object)
    stride_time_s = np.array([0.4, 0.4, 0.2])
    assert limbs_out_of_step(limbs[[0, 0, 0]], limbs, np.array([3, 2, 3]), stride_time_s) == []


def test_two_limbs_do_not_tell_which_one_is_out_of_step():
    pair = np.array(["l", "r"], dtype=object)
    found = limbs_out_of_step(pair[[0, 0]], pair, np.array([9, 9]), np.array([0.4, 0.2]))
    assert found == []


@pytest.mark.parametrize("untaught", [*LIMBS, *BODY])
def test_strides_are_missing_exactly_where_a_flag_says_so(untaught):
    """A limb takes its own strides along, an end of the body all, its middle none."""
    poses = walker(seconds=4.0)
    space = poses.poses.space
    taught = [name for name in space.keypoints if name != untaught]
    poses.poses.xy_px[:, :, space.index(untaught)] = np.nan
    left = {*LIMBS} - {untaught}
    lost_all = untaught in (BODY[0], BODY[-1])
    assert {*strides_of(poses).limb} == (set() if lost_all else left)
    said = gait_remarks(space, taught, LIMBS, BODY)
    assert [untaught in flag for flag in said] == ([] if untaught == BODY[1] else [True])
