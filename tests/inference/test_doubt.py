import numpy as np
import pytest
import torch
from tiny_networks import square_crop

from superanimal_core.inference.detect import GivenBoxes
from superanimal_core.inference.doubt import is_doubtful
from superanimal_core.inference.predict import Redetection, predict_batches
from superanimal_core.network.pose_network import HeatmapNetwork
from superanimal_core.pose.keypoints import KeypointSpace

BOX = np.array([10.0, 10.0, 50.0, 50.0])
WINDOW = np.array([5.0, 5.0, 55.0, 55.0])
POSE = np.array([[15.0, 20.0], [45.0, 20.0], [30.0, 45.0], [15.0, 45.0]])
SCORE = np.full(4, 0.9)


def test_a_pose_that_fills_its_box_is_trusted():
    assert not is_doubtful(POSE, SCORE, BOX, WINDOW, 0.9)
    assert not is_doubtful(POSE, SCORE, BOX, WINDOW, np.nan)


@pytest.mark.parametrize(
    ("pose", "score", "usual"),
    [
        (POSE, SCORE * 0.5, 0.9),  # the scores fall
        (POSE, SCORE * 0.05, np.nan),  # nothing is seen
        (POSE + np.array([9.5, 0]), SCORE, 0.9),  # the animal leaves the crop
        (POSE * 0.1 + 12, SCORE, 0.9),  # the box is far from the pose's extent
    ],
)
def test_poses_that_speak_against_their_box_are_not(pose, score, usual):
    assert is_doubtful(pose, score, BOX, WINDOW, usual)


class Brightest(HeatmapNetwork):
    """Stands for a network: keypoint k is where color k is brightest, its score how bright."""

    def __init__(self):
        super().__init__(2, stride_px=1, sigma_px=1.0, is_subpixel=True)

    def forward(self, crops):
        return crops[:, :2]


def test_an_animal_that_jumps_between_detections_is_found_again(bundle_of_network):
    """Two bright dots jump in frame 2; interpolated boxes stay behind, new detection follows."""
    frames, boxes = [], np.tile([20.0, 20.0, 40.0, 40.0], (5, 1, 1))
    for frame in range(5):
        image = np.zeros((100, 100, 3), np.uint8)
        x = 67 if frame == 2 else 22
        image[22:25, x : x + 3, 0] = 250
        image[35:38, x + 13 : x + 16, 1] = 250
        frames.append(image)
    asked = []

    def detect_again(images, before):
        asked.append(len(images))
        return [np.array([[65.0, 20.0, 85.0, 40.0]]) for _ in images]

    scores = np.array([[0.9], [0.9], [np.nan], [np.nan], [0.9]])
    [seen] = [
        *predict_batches(
            [bundle_of_network(Brightest(), KeypointSpace("s", ("a", "b")), square_crop(32))],
            GivenBoxes(boxes, scores).boxed(frames, 0),
            batch=5,
            precision="float32",
            device=torch.device("cpu"),
            redetection=Redetection(detect_again),
        )
    ]
    assert asked == [1]
    np.testing.assert_allclose(seen.xy_px[0, 2, 0, 0], [68.5, 23.5], atol=1.5)
    np.testing.assert_allclose(seen.xy_px[0, 3, 0, 0], [23.5, 23.5], atol=1.5)
    assert seen.boxes_xyxy_px[2, 0, 0] == 65.0
    assert np.flatnonzero(seen.is_found_again[:, 0]).tolist() == [2]
    assert boxes[2, 0, 0] == 20.0  # what was given stays
