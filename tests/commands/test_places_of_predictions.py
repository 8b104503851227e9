"""Predictions that cannot be of the picture that they were brought for."""

import numpy as np
import pytest

from superanimal_core.commands.places_of_predictions import place_doubts
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses

SIZE = (200, 100)  # px: 4 px beyond the border are within the margin


def poses(xy, score=0.9):
    xy = np.asarray(xy, dtype=float).reshape(-1, 1, 1, 2)
    scores = np.broadcast_to(score, xy.shape[:1]).reshape(-1, 1, 1)
    return Poses(KeypointSpace("s", ("nose",)), ("a",), np.arange(len(xy)) / 30, xy, scores)


def doubts(*members):
    return list(place_doubts(members, [f"{i}.csv" for i in range(len(members))], SIZE))


def inside(count=100):
    return np.random.default_rng(0).uniform((0, 0), SIZE, (count, 2))


def test_positions_in_the_picture_are_not_told():
    assert doubts(poses(inside())) == []


@pytest.mark.parametrize(
    "wrong", [lambda xy: 2 * xy + 9, lambda xy: xy[:, ::-1], lambda xy: xy * (1000, 1)]
)
def test_another_size_exchanged_axes_and_lost_points_are_told_of_the_file(wrong):
    [told] = doubts(poses(inside()), poses(wrong(inside())))
    assert "% of the positions of 1.csv lie beyond the picture of 200 x 100 px" in told


@pytest.mark.parametrize(
    ("count", "to", "score", "is_told"),
    [
        (6, (204.1, 50), 0.5, True),
        (5, (204.1, 50), 0.5, False),
        (6, (203.9, 50), 0.5, False),
        (6, (100, -4.1), 0.5, True),
        (100, (300, 50), 0.49, False),
        (100, (np.nan, np.nan), 0.9, False),
    ],
)
def test_what_networks_guess_beyond_the_border_is_not_told(count, to, score, is_told):
    xy, scores = inside(), np.full(100, 0.9)
    xy[:count], scores[:count] = to, score
    assert len(doubts(poses(xy, scores))) == is_told


@pytest.mark.parametrize(("largest", "is_told"), [(1.5, True), (1.6, False)])
def test_positions_as_parts_of_the_picture_are_told(largest, is_told):
    """With half a pixel, which readers add for the center of a pixel."""
    xy = inside() / SIZE
    xy[0] = largest
    assert (
        doubts(poses(xy))
        == ["all positions of 0.csv are between 0 and 1: are they parts of the picture?"] * is_told
    )
