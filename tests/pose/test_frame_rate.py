import numpy as np
import pytest

from superanimal_core.pose.frame_rate import PAUSE_STEPS, frames_per_second


@pytest.mark.parametrize("fps", [24.0, 29.97, 59.94, 120.0, 300.0, 700.0])
def test_the_rate_is_right_also_of_stamps_in_whole_milliseconds(fps):
    stamps = np.round(np.arange(int(10 * fps)) / fps, 3)
    assert frames_per_second(stamps) == pytest.approx(fps, rel=2e-4)


def test_of_a_variable_rate_it_is_frames_over_duration():
    stamps = np.cumsum(np.tile([0.01, 0.05], 100))
    assert frames_per_second(stamps) == pytest.approx(199 / (stamps[-1] - stamps[0]))


@pytest.mark.parametrize(("steps", "is_pause"), [(PAUSE_STEPS, False), (PAUSE_STEPS + 0.01, True)])
def test_a_pause_is_no_part_of_the_duration(steps, is_pause):
    stamps = np.r_[np.arange(50), 49 + steps + np.arange(50)] * 0.5
    assert (frames_per_second(stamps) == pytest.approx(2.0)) == is_pause


@pytest.mark.parametrize("frames", [0, 1])
def test_less_than_two_frames_have_no_rate(frames):
    assert np.isnan(frames_per_second(np.zeros(frames)))
