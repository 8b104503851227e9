"""Two animals that walk beside each other and are taken for each other for a while."""

from dataclasses import fields

import numpy as np
import pytest
from stick_animals import BODY, LIMBS, limb_flags, smoothed, walker

from superanimal_core.behavior.animal_exchanges import AnimalExchanges, find_animal_exchanges
from superanimal_core.behavior.gait import measure_strides
from superanimal_core.settings.behavior import StrideSettings

SETTINGS = StrideSettings(
    limbs=[*LIMBS],
    body=[*BODY],
    min_body_speed_bl_per_s=0.5,
    belt_speed_px_per_s=0.0,
    min_swing_frames=2,
    cm_per_px=None,
)
FREQUENCIES_HZ = (2.5, 2.8)
SPEED_PX_PER_S, BODY_PX = 200.0, 120.0
FROM_S = 3.03
HOW_FAR = {"body_length_px": BODY_PX, "most_apart_s": 0.3}


def two_walkers(fps=60.0, beside_px=(20.0, 60.0), apart_s=0.13, seconds=8.0):
    """Positions and times of two animals at one speed, with steps of their own."""
    one = walker(fps=fps, seconds=seconds, frequency_hz=FREQUENCIES_HZ[0]).poses
    later = round(apart_s * fps)
    other = walker(fps=fps, seconds=seconds + 1, frequency_hz=FREQUENCIES_HZ[1]).poses
    track = other.xy_px[later : later + len(one), 0] + beside_px
    track[..., 0] -= SPEED_PX_PER_S * later / fps
    return np.stack([one.xy_px[:, 0], track], axis=1), one.time_s


def exchanged(xy_px, time_s, start_s, lasting_s):
    where = (time_s >= start_s) & (time_s < start_s + lasting_s)
    changed = xy_px.copy()
    changed[where, :2] = xy_px[where][:, [1, 0]]
    return changed


def strides_of(xy_px, time_s):
    return measure_strides(smoothed(xy_px, time_s, 0.01), SETTINGS)


def farthest_s(found, claimed, truth, mine):
    """How far these strides are, at most, from a true one of the same limb, lifts included."""
    farthest = [0.0]
    for limb in LIMBS:
        names = ("strike_s", "lift_s", "next_strike_s")
        some, true = (
            np.stack([getattr(table, name)[rows & (table.limb == limb)] for name in names], axis=1)
            for table, rows in ((found, claimed), (truth, mine))
        )
        farthest += np.abs(some[:, None] - true).max(axis=2).min(axis=1).tolist()
    return max(farthest)


@pytest.mark.parametrize("lasting_s", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0, 100.0])
def test_no_stride_is_of_two_animals(fps, lasting_s):
    """Each stride is one that an animal makes who is never taken for another: whose, is told."""
    xy, time_s = two_walkers(fps)
    truth = strides_of(xy, time_s)
    found = strides_of(exchanged(xy, time_s, FROM_S, lasting_s), time_s)
    edges = np.array([FROM_S, FROM_S + lasting_s])
    spans = (found.strike_s[:, None] < edges) & (found.next_strike_s[:, None] > edges)
    assert not spans.any()
    meanwhile = (found.strike_s > edges[0]) & (found.next_strike_s < edges[1] + 1 / fps)
    for animal in range(2):
        mine, others = (truth.individual == f"animal{i}" for i in (animal, 1 - animal))
        claimed = found.individual == f"animal{animal}"
        assert farthest_s(found, claimed & ~meanwhile, truth, mine) < 0.5 / fps
        assert farthest_s(found, claimed & meanwhile, truth, others) < 0.5 / fps
    assert len(found) > len(truth) - 2 * 2 * 2 * len(LIMBS)  # two at each edge, of each limb


@pytest.mark.parametrize("beside_px", [(0.0, 30.0), (60.0, 30.0), (0.0, 120.0), (-60.0, 5.0)])
def test_noisy_walkers_walk_at_their_own_pace_all_the_time(beside_px):
    """Before exchanges were looked for, strides across them were steady, and no walk."""
    rng = np.random.default_rng(1)
    xy, time_s = two_walkers(beside_px=beside_px)
    xy = exchanged(xy, time_s, FROM_S, 0.5) + rng.normal(size=xy.shape)
    table = strides_of(xy, time_s)
    steady = table.is_steady & table.is_resolved
    assert steady.sum() > 100
    assert set(table.gait[steady]) <= {"walk", ""}
    meanwhile = (table.strike_s > FROM_S) & (table.next_strike_s < FROM_S + 0.5)
    number = (table.individual == "animal1") ^ meanwhile
    pace = table.stride_time_s * np.array(FREQUENCIES_HZ)[number.astype(int)]
    np.testing.assert_allclose(pace, 1, atol=0.08)
    np.testing.assert_allclose(table.turn_rad, 0, atol=0.1)


def test_an_exchange_is_told():
    xy, time_s = two_walkers()
    poses = smoothed(exchanged(xy, time_s, FROM_S, 0.5), time_s, 0.01)
    flags = limb_flags(poses, SETTINGS)
    assert flags == [
        f"animal{i}: its track and another animal's changed places, 2 times; strides there are "
        "left out"
        for i in range(2)
    ]
    assert limb_flags(smoothed(xy, time_s, 0.01), SETTINGS) == []


def test_the_frames_and_the_step_of_an_exchange():
    xy, time_s = two_walkers(beside_px=(0.0, 60.0))
    third = xy[:, :1] + [0.0, 200.0]
    xy = exchanged(np.concatenate([xy, third], axis=1), time_s, 3.0, 0.5)
    found = [find_animal_exchanges(xy, i, time_s, **HOW_FAR) for i in range(3)]
    for one, sign in zip(found[:2], (1, -1), strict=True):
        assert one.before.tolist() == [179, 209]
        assert one.after.tolist() == [180, 210]
        np.testing.assert_allclose(one.step_px, sign * np.array([[0, 60], [0, -60]]), atol=6)
    assert len(found[2].after) == 0


def test_the_body_goes_on_where_its_track_steps():
    xy, time_s = two_walkers()
    changed = exchanged(xy, time_s, FROM_S, 0.5)
    found = find_animal_exchanges(changed, 0, time_s, **HOW_FAR)
    whole = found.without_steps(changed[:, 0])
    steps = np.diff(whole[:, len(LIMBS) :], axis=0)
    assert np.abs(steps - [SPEED_PX_PER_S / 60, 0]).max() < 6
    np.testing.assert_allclose(whole[: found.after[0]], xy[: found.after[0], 0])


@pytest.mark.parametrize("fps", [24.0, 100.0])
@pytest.mark.parametrize("across_px", [0.0, 5.0, 40.0])
@pytest.mark.parametrize("to_the_right", [True, False])
def test_animals_that_pass_each_other_keep_their_tracks(to_the_right, across_px, fps):
    """One that comes up to meet the other, or overtakes it, at up to 18 body lengths per second."""
    for speed in (100.0, 400.0, 1200.0):
        one = walker(fps=fps, seconds=6, speed_px_per_s=speed).poses
        quick, begins = (2.5, -4.0) if to_the_right else (1.0, 6.0)
        how = {"speed_px_per_s": quick * speed, "to_the_right": to_the_right}
        other = walker(fps=fps, seconds=6, **how).poses.xy_px
        xy = np.concatenate([one.xy_px, other + np.array([begins * speed, across_px])], axis=1)
        xy += 2 * np.random.default_rng(0).normal(size=xy.shape)
        assert len(find_animal_exchanges(xy, 0, one.time_s, **HOW_FAR).after) == 0


def still_pair(way_px=(0.0, 40.0), after_px=None, keypoints=5, frames=10):
    """Two animals of which nothing moves; from the middle on, one is elsewhere beside the other."""
    xy = np.zeros((frames, 2, keypoints, 2))
    xy[:, 0] = way_px
    xy[frames // 2 :, 0] = -np.array(way_px) if after_px is None else after_px
    return xy, np.arange(frames) / 10


def count(xy_px, time_s, **changed):
    return len(find_animal_exchanges(xy_px, 0, time_s, **(HOW_FAR | changed)).after)


@pytest.mark.parametrize(("apart_px", "times"), [(12.1, 1), (11.9, 0)])
def test_animals_are_a_tenth_of_a_body_length_apart(apart_px, times):
    assert count(*still_pair((0.0, apart_px))) == times


@pytest.mark.parametrize(
    ("turned_deg", "times"), [(180, 1), (127.2, 1), (126.5, 0), (90, 0), (0, 0)]
)
def test_the_way_is_about_the_opposite(turned_deg, times):
    """Half as long a way from the opposite one as from the same: beyond 126.9 degrees."""
    turn = np.deg2rad(turned_deg)
    after = 40 * np.array([np.sin(turn), np.cos(turn)])
    assert count(*still_pair(after_px=after)) == times


@pytest.mark.parametrize(("known", "times"), [(3, 1), (2, 0)])
def test_three_keypoints_say_so(known, times):
    xy, time_s = still_pair()
    xy[:, 0, known:] = np.nan
    assert count(xy, time_s) == times


@pytest.mark.parametrize(("changed", "times"), [(4, 1), (3, 0)])
def test_more_than_half_of_the_keypoints_say_so(changed, times):
    xy, time_s = still_pair(keypoints=6)
    xy[:, 0, changed:] = xy[0, 0, 0]
    assert count(xy, time_s) == times


@pytest.mark.parametrize(("unseen", "times"), [(2, 1), (3, 0)])
def test_what_was_not_seen_for_long_says_nothing(unseen, times):
    """Ten frames per second: three frames are 0.3 s, four are 0.4 s."""
    xy, time_s = still_pair()
    xy[5 : 5 + unseen, 1] = np.nan
    assert count(xy, time_s, most_apart_s=0.3 + 1e-9) == times


def test_one_animal_is_never_exchanged():
    xy, time_s = still_pair()
    assert count(xy[:, :1], time_s) == 0


def test_a_stride_that_ends_before_or_begins_after_an_exchange_is_whole():
    one = AnimalExchanges(np.array([4]), np.array([5]), np.zeros((1, 2)))
    time_s = np.arange(10) / 10
    start = np.array([0.1, 0.1, 0.45, 0.5, 0.49, 0.3])
    stop = np.array([0.4, 0.41, 0.47, 0.8, 0.8, 0.9])
    within = one.lie_within(start, stop, time_s)
    assert within.tolist() == [False, True, True, False, True, True]


def test_an_exchange_without_a_stride_makes_none():
    xy, time_s = still_pair(keypoints=len(LIMBS) + len(BODY), frames=60)
    assert count(xy, time_s) == 1
    table = strides_of(xy, time_s)
    assert all(len(getattr(table, field.name)) == 0 for field in fields(table))
