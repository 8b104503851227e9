"""Animals cut by an edge that is put into the picture."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from dot_world import with_boxes

from superanimal_core.network.crops import apply_affine, invert_affine
from superanimal_core.pose.labels import LabelState
from superanimal_core.training.batches import make_batch
from superanimal_core.training.masking import keypoint_weights
from superanimal_core.training.picture_edge import BEYOND, LEFT_IN_VIEW, PictureEdge, draw_edge

BOX = np.array([20.0, 10.0, 80.0, 50.0])
SIDES = [(axis, before) for axis in (0, 1) for before in (True, False)]


@pytest.mark.parametrize(("axis", "before"), SIDES)
def test_image_box_and_keypoints_end_at_the_same_line(axis, before):
    """Every pixel is asked whether it is left, by a loop of its own."""
    edge = PictureEdge(axis, 33, before)
    image = np.full((60, 100, 3), 7, np.uint8)
    left = edge.blackened(image)
    assert (image == 7).all()
    centers = np.array([(x + 0.5, y + 0.5) for y in range(60) for x in range(100)])
    state = np.full(len(centers), int(LabelState.VISIBLE))
    xy_px, found = edge.without_what_is_beyond(centers, state)
    box = edge.clipped(np.array([0.0, 0.0, 100.0, 60.0]))
    for (x, y), seen, now in zip(centers, found, xy_px, strict=True):
        is_left = (x, y)[axis] < 33 if before else (x, y)[axis] > 33
        assert left[int(y), int(x)].any() == is_left
        assert (seen == LabelState.VISIBLE) == np.isfinite(now).all() == is_left
        assert (box[0] < x < box[2] and box[1] < y < box[3]) == is_left


def test_only_what_has_a_position_can_be_beyond():
    state = np.array([LabelState.NOT_IN_DATASET, LabelState.NOT_LABELED, LabelState.OCCLUDED])
    xy_px = np.array([[np.nan, np.nan], [np.nan, np.nan], [90.0, 5.0]])
    _, found = PictureEdge(0, 50, True).without_what_is_beyond(xy_px, state)
    assert found.tolist() == [LabelState.NOT_IN_DATASET, LabelState.NOT_LABELED, BEYOND]


def test_edges_are_drawn_as_often_as_asked_on_all_sides_and_leave_what_is_said():
    edges = [draw_edge(BOX, 0.4, np.random.default_rng(seed)) for seed in range(2000)]
    drawn = [edge for edge in edges if edge]
    assert abs(len(drawn) / 2000 - 0.4) < 4 * np.sqrt(0.4 * 0.6 / 2000)
    for axis, before in SIDES:
        side = [e for e in drawn if (e.axis, e.is_kept_before) == (axis, before)]
        assert abs(len(side) / len(drawn) - 0.25) < 4 * np.sqrt(0.25 * 0.75 / len(drawn))
        boxes = np.array([edge.clipped(BOX) for edge in side])
        sizes = boxes[:, axis + 2] - boxes[:, axis]
        part = sizes / (BOX[axis + 2] - BOX[axis])
        rounded = 0.5 / (BOX[axis + 2] - BOX[axis])
        assert LEFT_IN_VIEW[0] - rounded <= part.min() < LEFT_IN_VIEW[0] + 0.1
        assert LEFT_IN_VIEW[1] - 0.1 < part.max() <= LEFT_IN_VIEW[1] + rounded


def test_without_edges_nothing_is_drawn():
    generator = np.random.default_rng(3)
    assert draw_edge(BOX, 0.0, generator) is None
    assert generator.random() == np.random.default_rng(3).random()


def test_what_is_left_depends_on_the_place_alone():
    edge = PictureEdge(1, 30, True)
    assert edge.clipped(BOX)[3] == 30
    assert replace(edge, is_kept_before=False).clipped(BOX)[1] == 30


def test_crops_are_black_where_their_batch_says_that_a_keypoint_is_nowhere(world):
    labels = with_boxes(world.labels(["lab"] * 60))
    generators = [np.random.default_rng(seed) for seed in range(60)]
    how = world.augment(picture_edge=1.0, rotation_deg=20.0, flip=0.5), world.bundle().crop
    batch = make_batch(labels, np.arange(60), world.read_image, *how, generators)
    mirror = labels.space.mirror_permutation()
    seen = []
    for row in range(60):
        to_image = batch.to_image[row].numpy().astype(float)
        is_mirrored = np.linalg.det(to_image[:, :2]) < 0
        names = mirror if is_mirrored else np.arange(len(mirror))
        places = apply_affine(invert_affine(to_image), labels.xy_px[row, names])
        for keypoint, (x, y) in enumerate(places):
            state = int(batch.state[row, keypoint])
            if not (1 < x < batch.crops.shape[2] - 1 and 1 < y < batch.crops.shape[1] - 1):
                continue
            light = int(batch.crops[row, int(y), int(x)].max())
            if 60 < light < 190:  # right at the edge
                continue
            assert (light > 100) == (state == LabelState.VISIBLE)
            assert bool(batch.xy_px[row, keypoint].isnan().all()) == (state == BEYOND)
            seen.append(state)
    assert len(seen) > 100
    assert min(seen.count(BEYOND), seen.count(LabelState.VISIBLE)) > 10


def test_that_a_keypoint_is_nowhere_is_a_lesson_of_full_weight():
    state = torch.tensor([[BEYOND, int(LabelState.NOT_LABELED), int(LabelState.NOT_IN_DATASET)]])
    weight = keypoint_weights(state, not_labeled_weight=0.0, masking=True)
    assert weight.tolist() == [[1, 0, 0]]
