"""Labeled animals in the boxes that they would have in a video."""

from dataclasses import replace

import numpy as np
import torch
from boxed_labels import labels_of_boxes
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.inference.labeled import detect_labeled
from superanimal_core.network.detector import DetectorBundle
from superanimal_core.pose.keypoints import KeypointSpace

CPU = torch.device("cpu")
SPACE = KeypointSpace("s", ("a",))


class Knowing(torch.nn.Module):
    """Finds in every picture the boxes that the picture's first pixel numbers, in their order."""

    def __init__(self, boxes, scores):
        super().__init__()
        self.boxes, self.scores, self.asked = boxes, scores, []

    def forward(self, images):
        which = [round(float(image[0, 0, 0]) * 255) for image in images]
        self.asked.append(which)
        return [
            {
                "boxes": torch.tensor(self.boxes[i], dtype=torch.float32).reshape(-1, 4),
                "scores": torch.tensor(self.scores[i], dtype=torch.float32),
                "labels": torch.zeros(len(self.scores[i]), dtype=torch.int64),
            }
            for i in which
        ]


def found(labels, boxes, scores, min_score=0.3, batch=2):
    network = Knowing(boxes, scores)
    detector = DetectorBundle(network, "none", {}, None, None, 0, ())

    def read_image(name):
        return np.full((60, 80, 3), int(name), np.uint8)

    how = {"min_score": min_score, "batch": batch, "device": CPU}
    return detect_labeled(detector, labels, read_image, **how), network.asked


def labels_in(boxes, images):
    labels = labels_of_boxes(SPACE, np.array(boxes, dtype=np.float64))
    return replace(labels, image=np.array([str(i) for i in images], dtype=object))


LEFT, RIGHT = [0.0, 0.0, 20.0, 20.0], [50.0, 30.0, 80.0, 60.0]
NEAR_LEFT, NEAR_RIGHT = [2.0, 2.0, 22.0, 22.0], [48.0, 28.0, 78.0, 58.0]


def test_each_animal_has_the_box_that_overlaps_it_whatever_the_order():
    boxes, _ = found(
        labels_in([LEFT, RIGHT], [0, 0]), {0: [NEAR_RIGHT, NEAR_LEFT]}, {0: [0.9, 0.8]}
    )
    np.testing.assert_array_equal(boxes, [NEAR_LEFT, NEAR_RIGHT])


def test_as_many_boxes_count_as_there_are_animals_and_the_best_first():
    """As in a video of one animal: a surer box elsewhere takes its place."""
    labels = labels_in([LEFT], [0])
    boxes, _ = found(labels, {0: [NEAR_RIGHT, NEAR_LEFT]}, {0: [0.9, 0.8]})
    np.testing.assert_array_equal(boxes, [NEAR_RIGHT])


def test_an_animal_for_which_there_is_no_box_left_is_absent():
    labels = labels_in([LEFT, RIGHT], [0, 0])
    boxes, _ = found(labels, {0: [NEAR_RIGHT]}, {0: [0.9]})
    np.testing.assert_array_equal(boxes, [[np.nan] * 4, NEAR_RIGHT])
    boxes, _ = found(labels, {0: []}, {0: []})
    assert np.isnan(boxes).all()


def test_the_edge_of_the_score_and_of_the_picture():
    labels = labels_in([RIGHT, RIGHT], [0, 1])
    over = [50.0, 30.0, 99.0, 99.0]
    boxes, _ = found(labels, {0: [over], 1: [over]}, {0: [0.5], 1: [0.49]}, min_score=0.5)
    np.testing.assert_array_equal(boxes[0], [50, 30, 80, 60])
    assert np.isnan(boxes[1]).all()


@given(st.integers(0, 1000), st.integers(1, 7))
def test_every_picture_is_looked_at_once_in_batches(seed, batch):
    images = np.random.default_rng(seed).integers(0, 5, 9)
    boxes, scores = {i: [NEAR_LEFT] for i in range(5)}, {i: [0.9] for i in range(5)}
    found_boxes, asked = found(labels_in([LEFT] * 9, images), boxes, scores, batch=batch)
    assert sorted(i for some in asked for i in some) == sorted(set(images.tolist()))
    assert max(map(len, asked)) <= batch
    has_box = np.isfinite(found_boxes).all(axis=1)
    assert has_box.sum() == len(set(images.tolist()))  # one box a picture, for one of its animals


def test_without_a_detector_the_whole_picture_is_the_box():
    labels = labels_in([LEFT, RIGHT], [0, 1])
    how = {"min_score": 0.3, "batch": 2, "device": CPU}
    boxes = detect_labeled(None, labels, lambda name: None, **how)
    np.testing.assert_array_equal(boxes, [[0, 0, 80, 60]] * 2)


def test_nothing_labeled_is_nothing_asked():
    boxes, asked = found(labels_in([LEFT], [0]).select(np.zeros(1, bool)), {}, {})
    assert boxes.shape == (0, 4)
    assert asked == []
