"""Boxes of our own detector: what all cells say of an animal, instead of what the best one says."""

from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from superanimal_core.network.detector import detect, new_detector
from superanimal_core.network.fcos import MOST_BOXES, SAME_ANIMAL, vote

COLORS = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def candidates(seed, count=40):
    """Boxes around three animals, some of them strays."""
    random = np.random.default_rng(seed)
    animals = np.array([[10.0, 10, 50, 40], [60, 20, 110, 60], [30, 70, 60, 110]])
    boxes = animals[random.integers(0, 3, count)] + random.normal(0, 6, (count, 4))
    return boxes, random.uniform(0.02, 1, count)


def overlap(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    both = max(width, 0) * max(height, 0)
    either = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both
    return both / either if either else 0.0


def voted_by_hand(boxes, scores):
    """The rule, box by box, as far as boxes are kept."""
    kept = []
    for i in np.argsort(-scores):
        if len(kept) < MOST_BOXES and all(overlap(boxes[i], boxes[k]) <= SAME_ANIMAL for k in kept):
            kept.append(i)
    means = []
    for k in kept:
        alike = [
            i for i in range(len(boxes)) if i == k or overlap(boxes[i], boxes[k]) >= SAME_ANIMAL
        ]
        weight = scores[alike] ** 2
        means.append(weight @ boxes[alike] / weight.sum())
    return np.array(means), scores[kept]


def voted(boxes, scores):
    return [each.numpy() for each in vote(torch.from_numpy(boxes), torch.from_numpy(scores))]


@given(st.integers(0, 10_000))
@example(2565)  # more animals than are kept
def test_the_vote_is_the_rule_applied_by_hand(seed):
    boxes, scores = candidates(seed)
    for found, expected in zip(voted(boxes, scores), voted_by_hand(boxes, scores), strict=True):
        np.testing.assert_allclose(found, expected)


def test_two_equal_boxes_are_one_box():
    boxes, scores = np.tile([10.0, 20, 60, 50], (2, 1)), np.array([0.9, 0.4])
    found, score = voted(boxes, scores)
    np.testing.assert_allclose(found, boxes[:1])
    assert score.tolist() == [0.9]


def test_a_box_without_area_stays_where_it_is():
    boxes = np.array([[10.0, 10, 10, 40], [60, 20, 110, 60]])
    found, _ = voted(boxes, np.array([0.9, 0.5]))
    np.testing.assert_allclose(found, boxes)


def test_another_animal_has_no_vote():
    boxes = np.array([[10.0, 10, 50, 40], [60, 20, 110, 60]])
    found, _ = voted(boxes, np.array([0.5, 0.9]))
    np.testing.assert_allclose(found, boxes[::-1])


def test_where_nothing_is_found_there_is_nothing():
    found, scores = voted(np.empty((0, 4)), np.empty(0))
    assert found.shape == (0, 4)
    assert len(scores) == 0


def test_a_box_does_not_jump_when_another_candidate_becomes_the_best():
    """Two boxes 8 px apart change places by a thousandth of the score: the eye sees no change."""
    boxes = np.array([[10.0, 10, 60, 50], [18.0, 10, 68, 50], [14.0, 10, 64, 50]])
    first, second = (voted(boxes, np.array([0.8 + d, 0.8 - d, 0.6])) for d in (5e-4, -5e-4))
    assert np.abs(first[0] - second[0]).max() < 0.02


@pytest.mark.parametrize("pictures", [1, 3])
def test_the_detector_gives_what_its_candidates_vote_for(monkeypatch, pictures):
    torch.manual_seed(0)
    detector = new_detector("lcnet_035", 96, *COLORS, ())
    detector.network.eval()
    detector.network.head.regression_head.bbox_reg.bias.data.fill_(
        3.0
    )  # large boxes, which overlap
    random = np.random.default_rng(0)
    images = [random.integers(0, 255, (96, 96, 3)).astype(np.uint8) for _ in range(pictures)]
    voted = detect(detector, images, torch.device("cpu"))
    module = "superanimal_core.network.fcos"
    monkeypatch.setattr(f"{module}.vote", lambda boxes, scores: (boxes, scores))
    every = detect(detector, images, torch.device("cpu"))
    for (boxes, scores), (all_boxes, all_scores) in zip(voted, every, strict=True):
        assert len(all_boxes) > len(boxes) > 0
        overlaps = [overlap(a, b) for a, b in combinations(all_boxes[:30], 2)]
        assert max(overlaps) > SAME_ANIMAL  # nothing was suppressed before the vote
        expected, expected_scores = voted_by_hand(all_boxes, all_scores)
        np.testing.assert_allclose(boxes, expected[: len(boxes)], atol=1e-3)
        np.testing.assert_allclose(scores, expected_scores[: len(boxes)])
