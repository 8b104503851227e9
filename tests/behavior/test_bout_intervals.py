"""How sure bouts are, from draws whose bouts are known."""

from dataclasses import fields, replace

import numpy as np
import pytest
from stick_animals import walker

from superanimal_core.behavior.actions import BoutTable, definitions_from_mapping, predict_bouts
from superanimal_core.behavior.bout_intervals import (
    bout_intervals,
    bouts_of_draws,
    keypoints_of_behaviors,
)
from superanimal_core.behavior.features import frame_features
from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.settings.behavior import AnatomySettings

ANATOMY = AnatomySettings(front="nose", neck="back", center="back", rear="tail_base")
PARTS = ["nose", "back", "tail_base"]


def table(*spans, behavior="walk", individual="animal0"):
    """Bouts from start to stop (s), at 10 frames per second."""
    start, stop = np.array(spans, dtype=float).reshape(-1, 2).T
    names = [np.full(len(spans), name, dtype=object) for name in (individual, behavior)]
    return BoutTable(*names, (10 * start).astype(int), (10 * stop).astype(int), start, stop)


def definitions(*features):
    conditions = [{"feature": feature, "above": 0.5, "below": None} for feature in features]
    one = {"conditions": conditions, "min_duration_s": 0.2, "max_gap_s": 0.1}
    return definitions_from_mapping({"walk": one})


def test_draws_with_the_same_bouts_give_points_and_certainty():
    bouts = table((1, 2), (4, 8))
    found = bout_intervals(bouts, [bouts] * 4)
    np.testing.assert_allclose(found["probability"], 1)
    assert found["draws"].tolist() == [4, 4]
    for end in ("low", "high"):
        np.testing.assert_allclose(found[f"start_s_{end}"], bouts.start_s)
        np.testing.assert_allclose(found[f"stop_s_{end}"], bouts.stop_s)


def test_the_probability_is_the_part_of_the_bout_that_the_draws_show():
    """One draw shows all of it, one its first half and its last tenth, one nothing, one others."""
    other = replace(table((0, 10)), behavior=np.array(["pause"], dtype=object))
    drawn = [table((0, 10)), table((0, 5), (9, 10)), table((20, 30)), other]
    found = bout_intervals(table((0, 10)), drawn)
    np.testing.assert_allclose(found["probability"], (1 + 0.6) / 4)
    assert found["draws"].tolist() == [2]


def test_an_interval_reaches_as_far_to_both_sides_as_nine_in_ten_draws():
    """All draws begin later than measured: the truth may be earlier by as much."""
    late = np.linspace(0.01, 0.99, 99)  # the 90th of 99 is the quantile 0.9
    found = bout_intervals(table((5, 9)), [table((5 + by, 9)) for by in late])
    np.testing.assert_allclose([found["start_s_low"][0], found["start_s_high"][0]], [4.1, 5.9])
    np.testing.assert_allclose(found["stop_s_low"], 9)


@pytest.mark.parametrize(("found_in", "reason"), [(2, ""), (1, "seldom found")])
def test_a_bout_found_in_half_of_the_draws_has_an_interval(found_in, reason):
    bouts = table((1, 2))
    drawn = [bouts] * found_in + [table((5, 6))] * (4 - found_in)
    found = bout_intervals(bouts, drawn)
    assert found["no_interval_because"].tolist() == [reason]
    assert np.isfinite(found["stop_s_high"][0]) == (reason == "")
    np.testing.assert_allclose(found["probability"], found_in / 4)


def test_animals_have_bouts_of_their_own():
    found = bout_intervals(table((1, 2)), [table((1, 2), individual="animal1")])
    assert found["draws"].tolist() == [0]
    assert found["probability"].tolist() == [0.0]


def test_nothing_is_said_without_draws():
    found = bout_intervals(table((1, 2)), [])
    assert np.isnan(found["probability"]).all()
    assert np.isnan(found["start_s_low"]).all()
    assert found["no_interval_because"].tolist() == ["no draws"]
    assert {len(values) for values in bout_intervals(table(), []).values()} == {0}


def test_the_bouts_of_a_draw_are_those_of_its_features():
    walk = walker(pause_s=(3.0, 5.0), fps=50.0)
    expected = unknown_error(walk.poses.score.shape)
    rule, how = definitions("speed_bl_per_s"), {"window_s": 0.1, "cm_per_px": None}
    errors = expected.of_keypoints(walk.poses.space, PARTS)
    drawn = bouts_of_draws([walk.of_keypoints(PARTS)], errors, rule, ANATOMY, **how)
    alone = predict_bouts(frame_features(walk.poses, expected, ANATOMY, **how), rule)
    assert len(drawn) == 1
    assert len(alone) == 2
    for field in fields(BoutTable):
        np.testing.assert_array_equal(getattr(drawn[0], field.name), getattr(alone, field.name))


@pytest.mark.parametrize(
    ("feature", "names"),
    [
        ("speed_bl_per_s", PARTS),
        ("speed_left_front_px_per_s", ["left_front", *PARTS]),
        ("motion_px_per_s", None),
        ("hull_area_px2", None),
    ],
)
def test_only_the_keypoints_of_the_conditions_are_drawn(feature, names):
    space = walker(seconds=0.1).poses.space
    found = keypoints_of_behaviors(definitions(feature), ANATOMY, space)
    assert found == ([*space.keypoints] if names is None else names)
