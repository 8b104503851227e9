"""Zones and borders of an arena, against what one can say by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.behavior.arena import (
    Arena,
    arena_features,
    arena_from_mapping,
    border_distance_px,
    is_inside,
    scaled,
)

SQUARE = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]])
CELL = np.array([[0.0, 0.0], [60.0, 0.0], [60.0, 20.0], [20.0, 20.0], [20.0, 80.0], [0.0, 80.0]])
within = st.floats(-20, 120)


@given(within, within)
def test_a_square_is_told_by_its_sides(x, y):
    point = np.array([[x, y]])
    is_in = 0 < x < 100 and 0 < y < 100
    if min(abs(x), abs(x - 100), abs(y), abs(y - 100)) > 1e-6:
        assert is_inside(point, SQUARE)[0] == is_in
    outside = np.hypot(max(-x, x - 100, 0), max(-y, y - 100, 0))
    expected = min(x, 100 - x, y, 100 - y) if is_in else -outside
    assert border_distance_px(point, SQUARE)[0] == pytest.approx(expected, abs=1e-6)


@given(within, within)
def test_a_corner_that_turns_inward_is_no_inside(x, y):
    """An L is a lying and a standing rectangle."""
    edges = [abs(x - e) for e in (0, 20, 60)] + [abs(y - e) for e in (0, 20, 80)]
    if min(edges) > 1e-6:
        is_in = (0 < x < 60 and 0 < y < 20) or (0 < x < 20 and 0 < y < 80)
        assert is_inside(np.array([[x, y]]), CELL)[0] == is_in


def test_the_way_around_and_the_first_corner_do_not_matter():
    points = np.random.default_rng(0).uniform(-20, 120, (500, 2))
    for other in (CELL[::-1], np.roll(CELL, 2, axis=0)):
        np.testing.assert_array_equal(is_inside(points, other), is_inside(points, CELL))
        distances = border_distance_px(points, other)
        np.testing.assert_allclose(distances, border_distance_px(points, CELL))


def test_the_zones_of_an_open_field_are_those_that_were_published():
    """Center 25 to 75, periphery outside of 10 to 90, corners 20 from either side."""
    points = np.array(
        [[50, 50], [30, 70], [24, 50], [5, 50], [15, 15], [95, 85], [21, 5], [np.nan, 1]]
    )
    found = arena_features(points.astype(float), Arena(SQUARE))
    assert found["zone_center"][:7].tolist() == [1, 1, 0, 0, 0, 0, 0]
    assert found["zone_periphery"][:7].tolist() == [0, 0, 0, 1, 0, 1, 1]
    assert found["zone_corner"][:7].tolist() == [0, 0, 0, 0, 1, 1, 0]
    assert all(np.isnan(values[7]) for values in found.values())


def test_zones_of_ones_own_need_no_outline():
    arena = arena_from_mapping({"outline_px": [], "zones_px": {"food": CELL.tolist()}})
    found = arena_features(np.array([[10.0, 10.0], [90.0, 90.0]]), arena)
    assert {name: values.tolist() for name, values in found.items()} == {"zone_food": [1, 0]}
    assert arena_features(np.zeros((2, 2)), None) == {}
    assert arena_from_mapping(None) is None


def test_a_scaled_polygon_keeps_its_middle():
    np.testing.assert_allclose(scaled(CELL, 0.5).mean(axis=0), CELL.mean(axis=0))
    np.testing.assert_allclose(np.ptp(scaled(CELL, 0.5), axis=0), np.ptp(CELL, axis=0) / 2)
