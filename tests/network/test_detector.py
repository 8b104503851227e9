from dataclasses import replace

import numpy as np
import pytest
import torch

from superanimal_core.network import devices
from superanimal_core.network.crops import apply_affine
from superanimal_core.network.detector import detect, image_affine, new_detector

CPU = torch.device("cpu")
COLORS = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # mean and standard deviation


class FixedBoxes(torch.nn.Module):
    """Stands for a network: the same box (in its square) for every image."""

    def __init__(self, box):
        super().__init__()
        self.box = torch.tensor([box], dtype=torch.float32)
        self.seen = []

    def forward(self, images):
        self.seen += [tuple(image.shape) for image in images]
        result = {"boxes": self.box, "scores": torch.tensor([0.75]), "labels": torch.tensor([0])}
        return [result for _ in images]


class Answers(torch.nn.Module):
    """Stands for a network: answers by a function of the images."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, images):
        return self.answer(images)


def test_the_whole_image_is_fitted_into_the_square():
    affine = image_affine(320, 160, 96)
    corners = apply_affine(affine, np.array([[0.0, 0.0], [320.0, 160.0]]))
    np.testing.assert_allclose(corners, [[0, 24], [96, 72]])


def test_boxes_come_back_in_image_pixels():
    detector = new_detector("lcnet_035", 96, *COLORS, ())
    network = FixedBoxes([0.0, 24.0, 48.0, 48.0])
    fixed = replace(detector, network=network)
    images = [np.zeros((160, 320, 3), np.uint8), np.zeros((320, 320, 3), np.uint8)]
    (first, score), (second, _) = detect(fixed, images, CPU)
    np.testing.assert_allclose(first, [[0, 0, 160, 80]], atol=1e-4)
    np.testing.assert_allclose(second, [[0, 80, 160, 160]], atol=1e-4)
    assert score.tolist() == [0.75]
    assert network.seen == [(3, 96, 96)] * 2


def test_a_new_detector_gives_scored_boxes_best_first():
    torch.manual_seed(0)
    detector = new_detector("lcnet_035", 96, *COLORS, ("lab",))
    detector.network.eval()
    images = [np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)] * 2
    found = detect(detector, images, CPU)
    assert len(found) == 2
    for boxes, scores in found:
        assert boxes.shape == (len(scores), 4)
        assert (np.diff(scores) <= 0).all()
        assert (boxes[:, 2:] >= boxes[:, :2]).all()


def test_boxes_of_other_labels_do_not_count():
    def network(images):
        boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [1.0, 1.0, 9.0, 9.0]])
        result = {
            "boxes": boxes,
            "scores": torch.tensor([0.9, 0.8]),
            "labels": torch.tensor([2, 1]),
        }
        return [result for _ in images]

    whole = replace(
        new_detector("lcnet_035", 96, *COLORS, ()), network=Answers(network), size_px=None
    )
    boxes, scores = detect(replace(whole, animal_label=1), [np.zeros((9, 9, 3), np.uint8)], CPU)[0]
    assert boxes.tolist() == [[1, 1, 9, 9]]
    assert scores == pytest.approx([0.8])


def test_a_detector_that_sees_whole_images_gets_them_in_its_colors():
    seen = []

    def network(images):
        seen.extend(images)
        empty = torch.zeros(0)
        return [{"boxes": torch.zeros(0, 4), "scores": empty, "labels": empty} for _ in images]

    whole = replace(
        new_detector("lcnet_035", 96, *COLORS, ()),
        network=Answers(network),
        size_px=None,
        colors=((0.5, 0.4, 0.3), (0.2, 0.3, 0.4)),
    )
    image = np.random.default_rng(0).integers(0, 256, (30, 50, 3)).astype(np.uint8)
    detect(whole, [image], CPU)
    expected = (image / 255 - [0.5, 0.4, 0.3]) / [0.2, 0.3, 0.4]
    np.testing.assert_allclose(seen[0].permute(1, 2, 0).numpy(), expected, atol=1e-5)


def test_the_network_computes_in_the_chosen_precision_and_boxes_are_float64(monkeypatch):
    monkeypatch.setattr(devices, "has_precision", lambda *_: True)
    kinds = []

    def network(images):
        product = images[0].flatten()[None, :4] @ torch.eye(4)
        kinds.append(product.dtype)
        labels = torch.zeros(1, dtype=torch.int64)
        return [{"boxes": product.abs(), "scores": product[0, :1].abs(), "labels": labels}]

    whole = replace(
        new_detector("lcnet_035", 96, *COLORS, ()), network=Answers(network), size_px=None
    )
    for precision in ("float32", "bfloat16"):
        boxes, scores = detect(whole, [np.ones((9, 9, 3), np.uint8)], CPU, precision)[0]
        assert boxes.dtype == scores.dtype == np.float64
    assert kinds == [torch.float32, torch.bfloat16]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_boxes_in_a_lower_precision_are_those_of_float32_within_it(monkeypatch, precision):
    monkeypatch.setattr(devices, "has_precision", lambda *_: True)
    torch.manual_seed(0)
    detector = new_detector("lcnet_035", 96, *COLORS, ())
    detector.network.eval()
    image = np.random.default_rng(0).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    exact, _ = detect(detector, [image], CPU)[0]
    boxes, _ = detect(detector, [image], CPU, precision)[0]
    nearest = np.abs(boxes[:, None] - exact).max(axis=-1).min(axis=1)
    assert len(boxes)
    assert np.median(nearest) <= (0 if precision == "float32" else 96 / 2**7)  # 8 bits
