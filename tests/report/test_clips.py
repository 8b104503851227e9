"""Which stretches of a video are shown: the worst by brute force, the rest by lot."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.report.clips import Part, chosen_clips

DOUBTS = st.lists(st.sampled_from([0.0, 1.0, 2.0, 5.0, np.nan]), min_size=1, max_size=40)


def worst_start(doubt, length, taken):
    """The start of the worst stretch that overlaps with none, looking at all of them."""
    best, found = -np.inf, None
    for start in range(len(doubt) - length + 1):
        part = doubt[start : start + length]
        known = part[np.isfinite(part)]
        is_free = all(abs(start - other) >= length for other in taken)
        if is_free and 2 * len(known) >= length and known.mean() > best + 1e-9:
            best, found = known.mean(), start
    return found


@given(DOUBTS, st.integers(1, 6), st.integers(0, 3))
def test_the_worst_are_those_that_brute_force_finds(doubt, length, worst):
    doubt = np.array(doubt)
    parts = chosen_clips(doubt, length, worst, 0, "v")
    if len(doubt) <= length * worst:
        assert parts == [Part(0, len(doubt))]
        return
    true = []
    while len(true) < worst and (start := worst_start(doubt, length, true)) is not None:
        true.append(start)
    assert [part.start for part in parts] == true


@given(DOUBTS, st.integers(1, 6), st.integers(0, 3), st.integers(0, 3), st.text(max_size=3))
def test_stretches_lie_in_the_video_and_do_not_overlap(doubt, length, worst, by_lot, name):
    parts = chosen_clips(np.array(doubt), length, worst, by_lot, name)
    taken = sorted((part.start, part.stop) for part in parts)
    assert all(0 <= start < stop <= len(doubt) for start, stop in taken)
    assert all(stop <= start for (_, stop), (start, _) in pairwise(taken))
    if len(doubt) > length * (worst + by_lot):
        assert all(stop - start == length for start, stop in taken)


def test_a_video_without_room_for_all_is_shown_whole():
    doubt = np.arange(41.0)
    assert chosen_clips(doubt[:40], 10, 2, 2, "v") == [Part(0, 40)]
    assert chosen_clips(doubt, 10, 2, 2, "v") != [Part(0, 41)]


def test_the_lot_is_drawn_by_name_alone_and_comes_everywhere():
    doubt = np.zeros(1000)
    chosen = chosen_clips(doubt, 10, 0, 3, "m1")
    assert chosen == chosen_clips(doubt + 7, 10, 0, 3, "m1")
    assert chosen != chosen_clips(doubt, 10, 0, 3, "m2")
    starts = [part.start for i in range(400) for part in chosen_clips(doubt, 10, 0, 3, f"v{i}")]
    tenths = np.histogram(starts, 10, (0, 990))[0]
    assert tenths.min() > 0.6 * tenths.mean()


def test_parts_say_what_they_are_shown_for():
    doubt = np.r_[np.zeros(50), 9.0, np.zeros(50), 5.0, np.zeros(50)]
    parts = chosen_clips(doubt, 3, 2, 1, "m1")
    assert [part.title for part in parts] == ["worst 1 of 2", "worst 2 of 2", "by lot 1 of 1"]
    assert parts[0].start <= 50 < parts[0].stop
    assert parts[1].start <= 101 < parts[1].stop


@pytest.mark.parametrize(("known", "counts"), [(2, True), (1, False)])
def test_a_stretch_of_which_half_is_known_is_compared(known, counts):
    doubt = np.zeros(100)
    doubt[40:44] = np.nan
    doubt[40 : 40 + known] = 50.0
    doubt[36:40] = doubt[44:48] = np.nan
    (part,) = chosen_clips(doubt, 4, 1, 0, "v")
    assert (part.start <= 40 < part.stop) == counts
