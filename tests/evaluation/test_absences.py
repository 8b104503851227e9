"""When a video shows no animal."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.evaluation.absences import find_absences, told_absences


@given(st.lists(st.booleans(), max_size=30))
def test_stretches_hold_exactly_the_frames_without_a_pose_and_are_as_long_as_can_be(has_pose):
    time_s = np.arange(len(has_pose)) + 100.0
    found = find_absences(np.array(has_pose, dtype=bool), time_s)
    frames = [np.arange(a["first_s"] - 100, a["last_s"] - 99).astype(int) for a in found]
    assert [len(each) for each in frames] == [a["frames"] for a in found]
    missing = np.concatenate([np.empty(0, int), *frames]).tolist()
    assert missing == [i for i, known in enumerate(has_pose) if not known]
    assert all(before[-1] + 1 < after[0] for before, after in pairwise(frames))


@pytest.mark.parametrize(
    ("lengths", "told"),
    [
        ([2], "no animal in 2 of 40 frames (5%): 0.0 to 1.0 s"),
        ([1, 9, 2, 3], "no animal in 15 of 40 frames (38%): 10.0 to 18.0 s, 20.0 to 21.0 s, 30.0"
         " to 32.0 s, and more (in all 4)"),
    ],
)  # fmt: skip
def test_the_longest_are_told_in_their_order_and_the_others_counted(lengths, told):
    stretches = [
        {"frames": n, "first_s": 10.0 * i, "last_s": 10.0 * i + n - 1}
        for i, n in enumerate(lengths)
    ]
    assert told_absences(stretches, 40) == told
