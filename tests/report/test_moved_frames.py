"""Pictures of the frames that moved most."""

import numpy as np

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.report.moved_frames import AFTER, BEFORE, SIDE_PX, draw_moved, most_moved

SPACE = KeypointSpace("s", ("a", "b"))


def poses_of(xy_px):
    shape = xy_px.shape[:3]
    names = tuple(f"animal{i}" for i in range(shape[1]))
    return Poses(SPACE, names, np.arange(float(shape[0])), xy_px, np.ones(shape))


def test_they_are_the_frames_and_animals_with_the_largest_mean_displacement():
    before, after = np.zeros((6, 2, 2, 2)), np.zeros((6, 2, 2, 2))
    after[4, 1, :, 0] = 5.0
    after[2, 0, 0] = [30.0, 40.0]
    after[2, 0, 1] = np.nan  # the mean is over what is known
    after[1, 1, 1, 1] = 8.0
    after[3] = np.nan
    assert most_moved(poses_of(before), poses_of(after)).tolist() == [[2, 0], [4, 1], [1, 1]]
    nowhere = poses_of(np.full((6, 2, 2, 2), np.nan))
    assert most_moved(nowhere, nowhere).tolist() == []


def test_dots_lie_where_the_keypoints_are_in_the_box():
    image = np.zeros((100, 100, 3), np.uint8)
    box = np.array([[20.0, 20.0, 70.0, 70.0]])
    before, after = np.array([[45.0, 45.0], [np.nan] * 2]), np.array([[70.0, 20.0], [np.nan] * 2])
    strip = draw_moved([image, image], np.repeat(box, 2, axis=0), [before] * 2, [after] * 2)
    assert strip.shape == (SIDE_PX, 2 * SIDE_PX, 3)
    scale = SIDE_PX / 60
    assert strip[round(5 * scale), round(55 * scale)].tolist() == list(AFTER)
    is_ring = (np.abs(strip[:, :SIDE_PX].astype(int) - BEFORE) < 40).all(axis=2)
    rows, columns = np.nonzero(is_ring)
    np.testing.assert_allclose([columns.mean(), rows.mean()], SIDE_PX / 2, atol=1.5)
