"""The error on labels held out, on boxes that can be measured by hand."""

import numpy as np
import pytest
from labeled_animals import labeled_errors

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.smoothing.held_out_error import held_out_error

CORNERS_PX = np.array([[0.0, 0.0], [40.0, 0.0], [40.0, 80.0]])  # the longer side is 80 px


def told(off_px, is_disturbed=None, scale=1.0, seen_of_last=3):
    """What is said where animals of three keypoints are so many pixels to the right of labels.

    Of the last animal the first `seen_of_last` keypoints are found.
    """
    off_px = np.asarray(off_px, dtype=float)
    labels = labeled_errors(1.0, off_px, is_disturbed=is_disturbed).animals
    labels.label_xy_px[...] += CORNERS_PX * scale
    found = np.broadcast_to(CORNERS_PX * scale, (1, len(off_px), 3, 2)).copy()
    found += np.nanmax(np.nan_to_num(off_px), axis=1)[:, None, None] * [1.0, 0.0]
    found[0, -1, seen_of_last:] = np.nan
    names = tuple(str(animal) for animal in range(len(off_px)))
    poses = Poses(KeypointSpace("s", ("a", "b", "c")), names, np.zeros(1), found, found[..., 0])
    nothing = np.zeros_like(found)
    members = np.ones(found.shape[:3], int)
    smoothed = SmoothedPoses(poses, nothing, found, nothing, members, np.ones((len(names), 3)))
    return held_out_error(smoothed, labels)


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_it_is_the_median_distance_over_the_longer_side(scale):
    off_px = scale * np.repeat([[8.0], [4.0], [2.0], [8.0], [1.0]], 3, axis=1)
    assert told(off_px, scale=scale) == {
        "held_out_error_of_size": pytest.approx(4 / 80),
        "held_out_labels": 15,
    }


def test_labels_that_are_not_there_and_disturbed_pictures_do_not_count():
    off_px = np.repeat([[8.0], [8.0], [2.0], [2.0], [2.0], [80.0]], 3, axis=1)
    off_px[0, :2] = np.nan
    found = told(off_px, is_disturbed=np.arange(6) == 5)
    assert found == {"held_out_error_of_size": pytest.approx(2 / 80), "held_out_labels": 13}


@pytest.mark.parametrize(("labels", "is_told"), [(9, False), (10, True)])
def test_ten_labels_are_enough(labels, is_told):
    off_px = np.full(12, 4.0)
    off_px[labels:] = np.nan
    found = told(off_px.reshape(4, 3))
    assert found["held_out_labels"] == labels
    assert (found["held_out_error_of_size"] == pytest.approx(4 / 80)) == is_told
    assert (found["held_out_error_of_size"] is None) == (not is_told)


def test_an_animal_of_one_known_keypoint_has_no_size_to_compare_with():
    """Nor a warning: what cannot be divided is left out."""
    off_px = np.full((4, 3), 4.0)
    off_px[3, 1:] = np.nan
    whole = told(off_px)
    alone = told(off_px, seen_of_last=1)
    assert (whole["held_out_labels"], alone["held_out_labels"]) == (10, 9)
    assert whole["held_out_error_of_size"] == pytest.approx(4 / 80)
    assert alone["held_out_error_of_size"] is None
