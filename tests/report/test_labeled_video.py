"""What is drawn into a frame, and what is not: found again in its pixels."""

from dataclasses import replace

import numpy as np
import pytest

from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.report.labeled_video import draw_poses, frame_line

SPACE = KeypointSpace("two", ("nose", "tail"))
SIDE = 480
NO_BOX = np.full((1, 1, 4), np.nan)


def posed(center_px, individuals=("animal0",)):
    """The nose of every animal in the same place, its tail unknown; a large posterior variance."""
    shape = 1, len(individuals), 2
    xy = np.full((*shape, 2), np.nan)
    xy[:, :, 0] = center_px
    variance = np.full(xy.shape, 900.0)
    poses = Poses(SPACE, individuals, np.array([1.25]), xy, np.full(shape, 0.9))
    return SmoothedPoses(
        poses, variance, xy, variance, np.full(shape, 2), np.ones((len(individuals), 2))
    )


def expected_of(smoothed, radius_px=np.nan, is_extrapolated=False):
    unknown = unknown_error(smoothed.poses.score.shape)
    return replace(
        unknown,
        radius_90_px=np.full(unknown.radius_90_px.shape, radius_px),
        is_extrapolated=np.broadcast_to(is_extrapolated, unknown.is_extrapolated.shape),
    )


def drawn_distances_px(smoothed, expected, side=SIDE):
    """Distances of drawn pixels from the nose, the line of text left out."""
    black = np.zeros((side, side, 3), np.uint8)
    (image,) = draw_poses([black], smoothed, expected, NO_BOX, min_score=0.1)
    row, column = np.nonzero(image.max(axis=2) > 100)
    zoom = image.shape[0] / side
    x, y = smoothed.poses.xy_px[0, 0, 0] * zoom
    return np.hypot(column + 0.5 - x, row + 0.5 - y)[row > 40]


@pytest.mark.parametrize(("side", "drawn_px"), [(480, 60.0), (240, 120.0)])  # small ones: enlarged
def test_the_circle_has_the_radius_of_90_percent(side, drawn_px):
    smoothed = posed((side / 2, side / 2 + 10))
    distance = drawn_distances_px(smoothed, expected_of(smoothed, 60.0), side)
    ring = distance[distance > 5]
    assert np.abs(ring - drawn_px).max() < 1.5
    assert len(ring) > 2 * np.pi * drawn_px * 0.7  # all the way around


def test_a_radius_that_is_not_known_draws_no_circle():
    smoothed = posed((240.0, 250.0))
    distance = drawn_distances_px(smoothed, expected_of(smoothed))
    assert len(distance) > 10
    assert distance.max() < 4


def test_a_radius_beyond_every_bound_leaves_the_rest_of_the_frame():
    smoothed = posed((240.0, 250.0))
    assert drawn_distances_px(smoothed, expected_of(smoothed, 1e9)).max() < 4


def test_a_keypoint_without_a_position_is_not_drawn():
    smoothed = posed((np.nan, np.nan))
    assert not len(drawn_distances_px(smoothed, expected_of(smoothed, 60.0)))


def test_the_line_says_which_animals_are_extrapolated():
    one, two = posed((240.0, 250.0)), posed((240.0, 250.0), ("left", "right"))
    assert frame_line(one, expected_of(one), 0) == "frame 0  1.25 s"
    assert frame_line(one, expected_of(one, 9.0, True), 0) == "frame 0  1.25 s  extrapolated"
    said = frame_line(two, expected_of(two, 9.0, [[False, True]]), 0)
    assert said == "frame 0  1.25 s  extrapolated: right"
