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


@pytest.mark.parametrize(("score", "is_lost"), [(0.901, False), (0.899, True)])
def test_a_tenth_less_than_the_usual_score_is_still_trusted(score, is_lost):
    assert is_doubtful(POSE, np.full(4, score), BOX, WINDOW, 1.0) == is_lost


def pose_with(at_edge, x_px):
    """Twenty keypoints over the box, some of them moved to one x."""
    across = np.linspace(11, 49, 20)
    pose = np.stack([across, across[::-1]], axis=1)
    pose[np.arange(at_edge) + 8, 0] = x_px
    return pose


@pytest.mark.parametrize(("at_edge", "is_lost"), [(2, False), (3, True)])
def test_a_tenth_of_the_keypoints_may_lie_at_the_edge(at_edge, is_lost):
    pose = pose_with(at_edge, WINDOW[0])
    assert is_doubtful(pose, np.full(20, 0.9), BOX, WINDOW, 0.9) == is_lost


@pytest.mark.parametrize(("x_px", "is_lost"), [(6.01, False), (5.99, True)])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("is_other_end", [False, True])
def test_the_edge_is_a_fiftieth_of_the_window(x_px, is_lost, axis, is_other_end):
    pose = pose_with(3, 60 - x_px if is_other_end else x_px)  # the window: 50 px from 5 px on
    pose = pose[:, ::-1] if axis else pose
    assert is_doubtful(pose, np.full(20, 0.9), BOX, WINDOW, 0.9) == is_lost


@pytest.mark.parametrize(("score", "is_lost"), [(0.1, True), (0.09, False)])
def test_keypoints_count_from_a_score_of_a_tenth_on(score, is_lost):
    scores = np.full(20, 0.9)
    scores[8:11] = score
    assert is_doubtful(pose_with(3, WINDOW[0]), scores, BOX, WINDOW, np.nan) == is_lost


@pytest.mark.parametrize(("width_px", "is_lost"), [(12.2, False), (11.8, True)])
def test_the_pose_must_fill_three_tenths_of_its_box(width_px, is_lost):
    pose = np.array([[20.0, 10.0], [20.0 + width_px, 50.0]])
    assert is_doubtful(pose, np.full(2, 0.9), BOX, WINDOW, 0.9) == is_lost


def test_the_last_hundred_detected_poses_say_what_is_usual():
    again = Redetection(lambda *_: [])
    assert np.isnan(again.usual_score())
    again.recent_scores.extend([0.0] + [1.0] * 99)
    assert again.usual_score() == pytest.approx(0.99)
    again.recent_scores.append(1.0)
    assert again.usual_score() == 1.0


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


@pytest.mark.parametrize("factor", [0.05, 0.5, 0.89, 0.91, 1.0])
@pytest.mark.parametrize("shift_px", [0.0, 9.5])
def test_keypoints_that_the_network_was_not_taught_change_no_doubt(factor, shift_px):
    """Their scores of 0 lower the usual score as much as that of the pose."""
    box, window = BOX + 1000, WINDOW + 1000  # far from where a forgotten NaN would become 0
    pose, score = POSE + 1000 + np.array([shift_px, 0]), SCORE * factor
    with_untaught = np.concatenate([pose, np.full((6, 2), np.nan)])
    scores = np.concatenate([score, np.zeros(6)])
    usual = np.concatenate([SCORE, np.zeros(6)]).mean()
    found = is_doubtful(with_untaught, scores, box, window, float(usual))
    assert found == is_doubtful(pose, score, box, window, float(SCORE.mean()))
