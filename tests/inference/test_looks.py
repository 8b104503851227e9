import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.inference.looks import (
    ABSENT_S,
    FLOOR,
    HELD_BYTES,
    LONGEST_S,
    TOLD,
    gaps_to_halve,
    next_gap,
    next_look,
)

ABSENT = [np.nan] * 4
SMALL = 1000  # bytes of a frame


def boxes_at(*lefts):
    """Boxes of one animal, 100 px long and 50 px high, by their left side (px)."""
    return np.array([[[x, 20.0, x + 100.0, 70.0]] if x is not None else [ABSENT] for x in lefts])


def test_an_animal_that_rests_needs_no_look_between():
    assert gaps_to_halve([0, 16], boxes_at(50, 50), 0) == []


@pytest.mark.parametrize(("moved_px", "middles"), [(10.0, []), (10.1, [8])])
def test_a_box_may_move_a_tenth_of_its_longer_side(moved_px, middles):
    assert TOLD == 0.1
    assert gaps_to_halve([0, 16], boxes_at(50, 50 + moved_px), 0) == middles


@pytest.mark.parametrize("side", range(4))
def test_every_side_of_a_box_counts(side):
    boxes = boxes_at(50, 50)
    boxes[1, 0, side] += 12.0
    assert gaps_to_halve([0, 16], boxes, 0) == [8]


def test_of_two_boxes_the_longer_one_says_what_is_little():
    boxes = boxes_at(50, 50)
    boxes[1, 0, 2] += 10.5  # 110.5 px long
    assert gaps_to_halve([0, 16], boxes, 0) == []
    assert gaps_to_halve([0, 16], boxes[::-1], 0) == []


@pytest.mark.parametrize(("off_px", "middles"), [(9.9, []), (10.1, [24])])
@pytest.mark.parametrize("sign", [-1, 1])
def test_an_animal_that_goes_on_evenly_needs_none_either(off_px, middles, sign):
    """The look in the middle lies beside the line by `off_px`; only the last gap is open."""
    boxes = boxes_at(0, 200 + sign * off_px, 400)
    assert gaps_to_halve([0, 16, 32], boxes, 16) == middles


@pytest.mark.parametrize(("gap", "middles"), [(32, []), (34, [33])])
def test_a_look_beside_speaks_for_a_gap_of_twice_its_own(gap, middles):
    boxes = boxes_at(0, 160, 160 + 10 * gap)
    assert gaps_to_halve([0, 16, 16 + gap], boxes, 16) == middles
    later = boxes_at(0, 10 * gap, 10 * gap + 160)
    assert gaps_to_halve([0, gap, gap + 16], later, 0) == ([17] if middles else [])


def test_frames_side_by_side_have_none_between():
    assert gaps_to_halve([0, 1, 3], boxes_at(0, 500, None), 0) == [2]
    assert gaps_to_halve([0, 1], boxes_at(0, None), 0) == []


def test_what_was_settled_before_is_not_looked_at_again():
    assert gaps_to_halve([0, 16, 32], boxes_at(0, 500, 500), 16) == []


@pytest.mark.parametrize(("before", "after"), [(50, None), (None, 50)])
def test_an_animal_that_comes_or_goes_is_looked_for(before, after):
    assert gaps_to_halve([0, 16], boxes_at(before, after), 0) == [8]


def test_where_no_animal_was_none_is_looked_for_between():
    assert gaps_to_halve([0, 16], boxes_at(None, None), 0) == []


def test_each_of_several_animals_must_be_told():
    still, moved = boxes_at(50, 50), boxes_at(200, 300)
    assert gaps_to_halve([0, 16], np.concatenate([still, moved], axis=1), 0) == [8]
    assert gaps_to_halve([0, 16], np.concatenate([still, still], axis=1), 0) == []


@given(st.data())
def test_halving_finds_the_very_frame_in_which_an_animal_comes_or_goes(data):
    """As in a whole search, whatever the frame."""
    last = data.draw(st.integers(1, 70))
    first = data.draw(st.integers(1, last))
    comes = data.draw(st.booleans())
    looks, missing = [0], [last]
    while missing:
        looks = sorted({*looks, *missing})
        boxes = boxes_at(*(50 if (frame >= first) == comes else None for frame in looks))
        missing = gaps_to_halve(looks, boxes, 0)
    assert {first - 1, first} <= set(looks)
    assert len(looks) <= 2 + np.ceil(np.log2(last))


def test_the_distance_doubles_and_halves():
    assert [next_gap(gap, True) for gap in (1, 2, 16)] == [2, 4, 32]
    assert [next_gap(gap, False) for gap in (1, 2, 3, 16)] == [1, 1, 1, 8]


def look_after(last, gap, fps=30.0, *, frames=1000, frame_bytes=SMALL, is_complete=True):
    times = np.arange(frames) / fps
    return next_look(last, gap, times, frame_bytes, is_complete=is_complete)


def test_the_next_look_is_the_distance_away():
    assert look_after(100, 7) == 107
    assert look_after(997, 7) == 999  # the last frame


@pytest.mark.parametrize("fps", [25.0, 30.0, 59.94, 200.0])
@pytest.mark.parametrize(("is_complete", "longest_s"), [(True, 0.5), (False, 0.25)])
def test_looks_are_half_a_second_apart_at_most_or_a_quarter_where_animals_may_come(
    fps, is_complete, longest_s
):
    assert longest_s == (LONGEST_S if is_complete else ABSENT_S)
    found = look_after(100, 500, fps, is_complete=is_complete) - 100
    assert found / fps <= longest_s + 1e-6 < (found + 1) / fps


def test_in_a_slow_video_some_frames_may_be_passed_over_all_the_same():
    assert look_after(100, 500, 1.0) == 100 + 8 == 100 + FLOOR
    assert look_after(100, 3, 1.0) == 103
    assert look_after(100, 500, 1.0, is_complete=False) == 101


@pytest.mark.parametrize(("frame_bytes", "gap"), [(HELD_BYTES // 12, 12), (HELD_BYTES, FLOOR)])
def test_frames_that_wait_fit_into_memory(frame_bytes, gap):
    assert HELD_BYTES == 256_000_000
    assert look_after(100, 500, frame_bytes=frame_bytes) == 100 + gap
    assert look_after(100, 500, frame_bytes=HELD_BYTES // 12 + 1) == 100 + 11


def test_a_pause_of_the_camera_is_stepped_over():
    times = np.concatenate([np.arange(50) / 30, 3600 + np.arange(50) / 30])
    assert next_look(47, 16, times, SMALL, is_complete=True) == 47 + FLOOR
    assert next_look(49, 16, times, SMALL, is_complete=False) == 50
