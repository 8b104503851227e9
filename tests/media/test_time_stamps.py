import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.media.time_stamps import (
    MAX_IRREGULAR,
    MAX_WRONG_RUN,
    frames_left_out,
    presentation_times,
)

STEP = 0.04
STEPS = st.lists(st.floats(0.001, 2.0), min_size=2, max_size=60)


def times_of(stamps, packets=None, rate=25.0):
    stamps = np.asarray(stamps, dtype=float)
    order = np.arange(len(stamps)) if packets is None else np.asarray(packets)
    return presentation_times(stamps, order, rate)


@given(STEPS)
def test_rising_stamps_stay_as_they_are(steps):
    stamps = np.cumsum(steps)
    np.testing.assert_array_equal(times_of(stamps), stamps)


@given(STEPS, st.integers(0, 58), st.floats(100.0, 1000.0))
def test_one_stamp_ahead_moves_no_other_frame(steps, place, ahead_s):
    stamps = np.cumsum(steps)
    place = min(place, len(stamps) - 2)  # the last one may be right: a pause
    wrong = stamps.copy()
    wrong[place] += ahead_s + stamps[-1]
    times = times_of(wrong)
    np.testing.assert_array_equal(np.delete(times, place), np.delete(stamps, place))
    assert (np.diff(times) > 0).all()


@given(STEPS, st.lists(st.booleans(), min_size=60, max_size=60))
def test_missing_stamps_lie_between_their_neighbors(steps, is_missing):
    stamps = np.cumsum(steps)
    gone = np.array(is_missing[: len(stamps)])
    times = times_of(np.where(gone, np.nan, stamps))
    assert (np.diff(times) > 0).all()
    if not gone.all():
        np.testing.assert_array_equal(times[~gone], stamps[~gone])


def test_without_any_stamp_the_rate_tells_the_times():
    np.testing.assert_allclose(times_of([np.nan] * 5, rate=50.0), np.arange(5) / 50)


@pytest.mark.parametrize("group", [(0, 2, 1), (0, 2, 3, 1), (0, 3, 2, 4, 1)])
def test_decoding_times_are_given_to_the_frames_in_the_order_shown(group):
    """B frames in AVI: the packets' stamps rise, the frames come in another order."""
    packets = np.concatenate([np.array(group) + i for i in range(0, 60, len(group))])
    slots = np.sort(packets) * STEP
    np.testing.assert_allclose(times_of(packets * STEP, packets), slots)


def test_presentation_times_in_another_order_of_packets_stay():
    packets = [0, 2, 3, 1, 5, 6, 4]
    stamps = np.cumsum([0.0, 0.04, 0.05, 0.2, 0.01, 0.04, 0.3])
    np.testing.assert_array_equal(times_of(stamps, packets), stamps)


def test_of_two_equal_stamps_the_first_counts():
    np.testing.assert_allclose(times_of([0.0, 0.04, 0.08, 0.08]), np.arange(4) * STEP)


@pytest.mark.parametrize("more", [0, 1])
def test_a_clock_set_anew_goes_on_after_the_frame_before(more):
    """Frames of uneven steps after the reset keep them; a shorter run counts as slips."""
    second = np.cumsum([0.0, *np.tile([0.04, 0.06], 50)])[: MAX_WRONG_RUN + more]
    times = times_of(np.concatenate([np.arange(60) * STEP, second]))
    assert (np.diff(times) > 0).all()
    np.testing.assert_allclose(times[:60], np.arange(60) * STEP)
    keeps_its_steps = np.allclose(np.diff(times[60:]), np.diff(second))
    assert keeps_its_steps == bool(more)


def test_a_million_frames_in_decoding_order_take_no_squared_time():
    packets = (np.arange(300_000).reshape(-1, 3)[:, [0, 2, 1]]).ravel()
    times = times_of(packets * STEP, packets)
    np.testing.assert_allclose(times, np.arange(300_000) * STEP)


def test_frames_left_out_of_a_regular_recording_are_counted():
    kept = np.delete(np.arange(100), [20, 50, 51, 52])
    left_out = frames_left_out(kept * STEP)
    assert left_out[19] == 1
    assert left_out[48] == 3
    assert left_out.sum() == 4


@pytest.mark.parametrize("fps", [29.97, 59.94, 120, 300, 400])
def test_rounded_stamps_leave_nothing_out(fps):
    assert not frames_left_out(np.round(np.arange(500) / fps, 3)).any()


@pytest.mark.parametrize(("longer", "is_regular"), [(10, True), (11, False)])
def test_a_variable_rate_leaves_nothing_out(longer, is_regular):
    steps = np.full(100, STEP)
    steps[: longer * 5 : 5] = 3 * STEP
    assert (longer / 100 <= MAX_IRREGULAR) == is_regular
    assert frames_left_out(np.r_[0.0, np.cumsum(steps)]).any() == is_regular
