"""What goes on at a time, compared with asking every interval."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.report.running import behaviors, stances

TIMES = st.integers(0, 12).map(float)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), TIMES, TIMES)))
def test_it_is_what_every_interval_says(intervals):
    bouts = [
        {"individual": i, "behavior": b, "start_s": start, "stop_s": stop}
        for i, b, start, stop in intervals
    ]
    found = behaviors(bouts, ["a", "b"])
    for animal in "ab":
        for time_s in np.arange(-1, 14, 0.5):
            true = {b for i, b, s, e in intervals if i == animal and s <= time_s < e}
            assert sorted(found[animal].at(time_s)) == sorted(true)


def test_a_paw_stands_from_strike_to_lift_which_is_left_out():
    rows = [
        {"individual": "a", "limb": "paw", "strike_s": 1.0, "lift_s": 1.2},
        {"individual": "a", "limb": "paw", "strike_s": 1.5, "lift_s": np.nan},
    ]
    paws = stances(rows, ["a"])["a"]
    stands = [time_s for time_s in (0.9, 1.0, 1.1, 1.2, 1.5, 1.6) if paws.at(time_s)]
    assert stands == [1.0, 1.1]
    assert stances(rows, ["b"])["b"].at(1.1) == []
