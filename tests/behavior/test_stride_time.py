"""The animal's stride time, from limbs of which some tracks go from paw to paw."""

import numpy as np
import pytest

from superanimal_core.behavior.exchanges import part_together
from superanimal_core.behavior.swings import ALONE, REGULAR, Swings, stride_time_s

RATE = 1000


def limb(strides_s):
    """Swings of one walk, whose strikes are so far apart."""
    strike = np.round(RATE * np.cumsum([0.1, *strides_s])).astype(int)
    return Swings(strike - 50, strike, np.zeros(len(strike), int))


def found_s(*limbs):
    time_s = np.arange(12 * RATE) / RATE
    return stride_time_s([limb(each) for each in limbs], time_s)[1]


def test_limbs_that_agree_all_count():
    middles, _ = stride_time_s([limb([0.4] * 9), limb([0.44] * 9)], np.arange(12 * RATE) / RATE)
    assert len(middles) == 18


def test_three_tracks_that_go_from_paw_to_paw_do_not_outvote_the_one_that_does_not():
    steady, doubled = [0.44] * 10, [0.2, 0.24] * 10
    assert found_s(doubled, steady, doubled, doubled) == pytest.approx(0.44)


@pytest.mark.parametrize(("part", "counts"), [(ALONE + 0.01, True), (ALONE - 0.01, False)])
def test_a_limb_counts_from_a_part_of_the_longest_stride_time_on(part, counts):
    other = [0.5 * part] * 9
    middles, _ = stride_time_s([limb([0.5] * 9), limb(other)], np.arange(12 * RATE) / RATE)
    assert (len(middles) == 18) == counts


def test_a_limb_that_misses_strikes_does_not_make_the_others_wrong():
    some_missed = [0.8, 0.4, 0.8, 0.4, 1.2, 0.4, 0.8, 0.8]
    assert found_s([0.4] * 20, some_missed, [0.4] * 20) == pytest.approx(0.4)


@pytest.mark.parametrize(("off", "counts"), [(REGULAR - 0.01, False), (REGULAR + 0.01, True)])
def test_limbs_are_judged_by_one_that_keeps_its_time(off, counts):
    """The slow limb's strides are off their median of 0.5 s by so much of it."""
    slow = [0.5 * (1 - off), 0.5, 0.5 * (1 + off)] * 3
    middles, _ = stride_time_s([limb(slow), limb([0.32] * 9)], np.arange(12 * RATE) / RATE)
    assert (len(middles) > len(slow)) == counts


@pytest.mark.parametrize(("strides", "counted"), [(2, 11), (3, 9)])
def test_few_strides_say_nothing_about_their_limb(strides, counted):
    assert len(found_s([0.5] * 9, [0.34] * strides)) == counted


def test_nothing_found_is_no_stride_time():
    assert not len(found_s([], []))


@pytest.mark.parametrize(("frames", "expected"), [(0, 0.0), (49, 0.49), (51, 0.51), (100, 1.0)])
def test_tracks_of_one_paw_are_told_by_the_distance_of_the_other_pair(frames, expected):
    """The far paw's track lies on the near one in so many of 100 frames."""
    near = np.stack([np.linspace(0, 50, 100), np.zeros(100)], axis=1)
    far = np.add(near, [20.0, 0.0])
    lost = np.where(np.arange(100)[:, None] < frames, near + 0.5, far)
    assert part_together([(near, lost), (near, far)]) == pytest.approx([expected, 0.0])


def test_a_pair_that_was_never_seen_together_is_not_judged():
    nowhere = np.full((5, 2), np.nan)
    assert np.isnan(part_together([(nowhere, nowhere)])).all()
