"""Keypoints beyond the picture's edge are absent."""

import numpy as np
import pytest

from superanimal_core.inference.out_of_view import AT_EDGE, CUT, SURE, is_out_of_view

WIDTH, HEIGHT, SIDE = 200, 100, 50.0
SIZE = np.array([WIDTH, HEIGHT])
EDGES = ["left", "top", "right", "bottom"]


def box_at(edge, distance_px):
    """A square box of side SIDE, so far inside one edge, and in the middle along it."""
    x, y = (WIDTH - SIDE) / 2, (HEIGHT - SIDE) / 2
    x, y = {
        "left": (distance_px, y),
        "top": (x, distance_px),
        "right": (WIDTH - SIDE - distance_px, y),
        "bottom": (x, HEIGHT - SIDE - distance_px),
    }[edge]
    return np.array([x, y, x + SIDE, y + SIDE])


def point_at(edge, distance_px):
    return {
        "left": (distance_px, 50.0),
        "top": (100.0, distance_px),
        "right": (WIDTH - distance_px, 50.0),
        "bottom": (100.0, HEIGHT - distance_px),
    }[edge]


def is_out(edge, point_px, box_px, score):
    xy = np.array([point_at(edge, point_px), (100.0, 50.0)])
    found = is_out_of_view(xy, np.array([score, 0.0]), box_at(edge, box_px), SIZE)
    assert not found[1]  # in the middle of the picture, however unsure
    return bool(found[0])


@pytest.mark.parametrize("edge", EDGES)
def test_outside_the_picture_is_out_of_view_whatever_the_box(edge):
    beyond = -1.01 * AT_EDGE * SIDE
    assert is_out(edge, beyond, 20.0, 1.0)
    assert not is_out(edge, 0.98 * beyond, 20.0, SURE)  # it lies at the edge, and is surely seen
    assert is_out(edge, -1e-6, 20.0, SURE - 1e-6)
    assert not is_out(edge, 0.0, 20.0, 0.0)


@pytest.mark.parametrize("edge", EDGES)
def test_at_an_edge_only_what_is_unsure_and_in_a_box_that_the_edge_cuts(edge):
    near, cut, unsure = 0.99 * AT_EDGE * SIDE, 0.99 * CUT * SIDE, SURE - 1e-6
    assert is_out(edge, near, cut, unsure)
    assert not is_out(edge, 1.02 * near, cut, unsure)
    assert not is_out(edge, near, 1.02 * cut, unsure)
    assert not is_out(edge, near, cut, SURE)


def test_an_edge_that_cuts_says_nothing_of_the_others():
    at_the_top = is_out_of_view(
        np.array([[20.0, 0.5]]), np.zeros(1), np.array([0.0, 20.0, 50.0, 70.0]), SIZE
    )
    assert not at_the_top.any()


def test_what_is_unknown_is_not_out_of_view():
    nowhere = np.full((1, 2), np.nan)
    assert not is_out_of_view(nowhere, np.zeros(1), box_at("left", 0.0), SIZE).any()
    inside = np.array([[0.1, 50.0]])
    assert not is_out_of_view(inside, np.zeros(1), np.full(4, np.nan), SIZE).any()


def test_pictures_of_their_own_size_each():
    xy = np.tile([[[60.0, 30.0]]], (2, 1, 1, 1))  # two members, one animal each in two pictures
    xy = np.repeat(xy, 2, axis=1)
    boxes = np.tile([40.0, 20.0, 80.0, 40.0], (2, 1))
    found = is_out_of_view(xy, np.ones((2, 2, 1)), boxes, np.array([[80, 40], [50, 40]]))
    assert found[..., 0].tolist() == [[False, True], [False, True]]
