"""Marks are found again in the pixels where they were put."""

import numpy as np
import pytest

from superanimal_core.report.marks import (
    draw_box,
    draw_circles,
    draw_dashed_circles,
    draw_disks,
    draw_lines,
)

WHITE = (255, 255, 255)
SIDE = 200


def drawn(draw, *places, **more):
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    draw(image, *places, **more)
    row, column = np.nonzero(image.max(axis=2) > 100)
    return np.column_stack([column, row]) + 0.5


@pytest.mark.parametrize("at", [(100.0, 80.0), (100.5, 80.25)])
def test_circles_and_disks_lie_around_their_places(at):
    xy = np.array([at])
    ring = drawn(draw_circles, xy, np.array([30.0]), [WHITE], 1) - at
    assert np.abs(np.hypot(*ring.T) - 30).max() < 1.2
    assert len(ring) > 2 * np.pi * 30 * 0.7  # all the way around
    disk = drawn(draw_disks, xy, 12.0, [WHITE]) - at
    assert np.hypot(*disk.T).max() < 13
    assert np.sqrt(len(disk) / np.pi) == pytest.approx(12, abs=0.8)


def test_a_dashed_circle_has_gaps_all_around():
    at = np.array([[100.0, 100.0]])
    ring = drawn(draw_dashed_circles, at, np.array([60.0]), [WHITE], 1) - at
    assert np.abs(np.hypot(*ring.T) - 60).max() < 1.5
    turn = np.unique(np.round(np.degrees(np.arctan2(ring[:, 1], ring[:, 0]))).astype(int))
    gaps = np.diff(turn)
    assert (gaps > 5).sum() >= 11
    assert gaps.max() < 20


@pytest.mark.parametrize("draw", [draw_circles, draw_dashed_circles])
def test_a_radius_beyond_every_bound_is_not_seen(draw):
    assert len(drawn(draw, np.array([[100.0, 90.0]]), np.array([1e9]), [WHITE], 1)) == 0


def test_places_beyond_every_bound_break_nothing():
    far = np.array([[1e12, -1e12]])
    assert len(drawn(draw_disks, far, 5.0, [WHITE])) == 0
    assert len(drawn(draw_box, np.array([-1e12, -1e12, 1e12, 1e12]), WHITE, 1)) == 0
    line = drawn(draw_lines, [np.array([[-1e12, 100.0], [1e12, 100.0]])], WHITE, 1)
    assert {*line[:, 0]} == {*np.arange(SIDE) + 0.5}  # from edge to edge


def test_a_box_that_is_not_known_is_not_drawn():
    assert len(drawn(draw_box, np.array([10.0, np.nan, 20, 20]), WHITE, 1)) == 0
    box = drawn(draw_box, np.array([10.0, 20, 110, 60]), WHITE, 1)
    assert np.abs(box.min(axis=0) - [10, 20]).max() <= 1
    assert np.abs(box.max(axis=0) - [110, 60]).max() <= 1
