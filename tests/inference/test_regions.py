import numpy as np
import pytest
from boxed_labels import labels_of_boxes
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from superanimal_core.inference.regions import (
    boxed_regions,
    cut_regions,
    labels_in_regions,
    region_around,
    visible_reach,
)
from superanimal_core.inference.views import cut_views
from superanimal_core.network.crops import CropGeometry
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.settings import AugmentSettings
from superanimal_core.training.augment import random_change

WIDTH, HEIGHT = 300, 240
AUGMENT = AugmentSettings(
    rotation_deg=180, scale=0.5, shift=0.2, flip=0.5,
    brightness=0, contrast=0, noise=0, blur=0, cutout=0, picture_edge=0, patch_mask=None,
)  # fmt: skip
IMAGE = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3)).astype(np.uint8)


def crop_of(size_px=(64, 48), margin=1.25, in_whole_pixels=False):
    return CropGeometry(size_px, margin, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), in_whole_pixels)


box = st.tuples(
    st.floats(-20, WIDTH), st.floats(-20, HEIGHT), st.floats(2, 120), st.floats(2, 120)
).map(lambda b: np.array([b[0], b[1], b[0] + b[2], b[1] + b[3]]))


@given(box, st.integers(0, 2**16))
@settings(max_examples=300, deadline=None)
def test_training_crops_of_a_region_are_those_of_the_whole_picture(box, seed):
    """Whatever way an animal is turned, shrunk and shifted, nothing that is seen is missing."""
    crop = crop_of()
    x0, y0, x1, y1 = region_around(box[None], crop, visible_reach(AUGMENT, (1.0,)), (WIDTH, HEIGHT))
    part, corner = IMAGE[y0:y1, x0:x1], np.array([x0, y0])
    change = random_change(AUGMENT, np.random.default_rng(seed))
    whole = crop.cut(IMAGE, box, change).pixels
    inside = crop.cut(part, box - np.tile(corner, 2), change).pixels
    np.testing.assert_allclose(whole.astype(int), inside.astype(int), atol=4)


def has_edge_between_pixels(box, crop, scale):
    """Whether the last digit of a sum decides to which pixel an edge of the window is rounded."""
    center, sides = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) * scale
    aspect = crop.size_px[0] / crop.size_px[1]
    half = np.array([max(sides[0], sides[1] * aspect), max(sides[1], sides[0] / aspect)])
    edges = np.concatenate([center - half / 2 * crop.margin, center + half / 2 * crop.margin])
    return bool((np.abs(edges % 1 - 0.5) < 1e-6).any())


@pytest.mark.parametrize("in_whole_pixels", [False, True])
@given(box)
@settings(max_examples=200, deadline=None)
def test_looks_at_a_region_are_those_at_the_whole_picture(in_whole_pixels, box):
    crop, scales = crop_of(in_whole_pixels=in_whole_pixels), (1.0, 1.6)
    for scale in scales:  # a rounding does not decide which squares are averaged
        shrink = scale * 1.25 * ((box[2:] - box[:2]) / [64, 48]).max()
        assume(abs(shrink - round(shrink)) > 1e-6)
        assume(not (in_whole_pixels and has_edge_between_pixels(box, crop, scale)))
    region = region_around(box[None], crop, visible_reach(AUGMENT, scales), (WIDTH, HEIGHT))
    [(_, part)] = cut_regions([IMAGE], {0: region})
    [frame] = boxed_regions([part], box[None, None], [region])
    whole = cut_views(crop, IMAGE, box, scales, True)
    inside = cut_views(crop, frame.image, frame.boxes_xyxy_px[0], scales, True)
    for a, b in zip(whole, inside, strict=True):
        np.testing.assert_allclose(a.pixels.astype(int), b.pixels.astype(int), atol=4)
        np.testing.assert_allclose(a.to_image[:, 2], b.to_image[:, 2] + region[:2], atol=1e-6)


@pytest.mark.parametrize("shrink", range(2, 16))
def test_very_large_animals_are_averaged_over_the_same_squares(shrink):
    crop, image = crop_of((16, 16), 1.0), np.kron(IMAGE, np.ones((4, 4, 1), np.uint8))
    box = np.array([200.0, 200, 200 + 16.5 * shrink, 200 + 16.5 * shrink])
    x0, y0, x1, y1 = region_around(box[None], crop, 1.3, (4 * WIDTH, 4 * HEIGHT))
    inside = crop.cut(image[y0:y1, x0:x1], box - [x0, y0, x0, y0]).pixels
    whole = crop.cut(image, box).pixels
    np.testing.assert_allclose(whole.astype(int), inside.astype(int), atol=2)


def test_a_region_holds_all_animals_and_no_more_than_the_picture():
    boxes = np.array([[10.0, 10, 20, 20], [np.nan] * 4, [150, 100, 160, 110]])
    region = region_around(boxes, crop_of(), 1.0, (WIDTH, HEIGHT))
    assert region.tolist() == [0, 0, 168, 118]  # crops of 16.7 by 12.5 px; 2 px more
    nothing = region_around(boxes[1:2], crop_of(), 1.0, (WIDTH, HEIGHT))
    assert nothing.tolist() == [0, 0, 1, 1]


def test_frames_after_the_last_region_are_not_read():
    read = []
    frames = (read.append(i) or IMAGE for i in range(10))
    regions = {1: np.array([0, 0, 5, 5]), 3: np.array([2, 3, 9, 9])}
    cut = dict(cut_regions(frames, regions))
    assert [*cut] == [1, 3]
    assert cut[3].shape == (6, 7, 3)
    assert read == [0, 1, 2, 3]


def test_labels_move_with_their_region():
    boxes = np.array([[10.0, 10, 20, 30], [12, 20, 40, 50]])
    labels = labels_of_boxes(KeypointSpace("s", ("a", "b")), boxes)
    regions = [np.array([5, 7, 50, 60])] * len(labels)
    moved = labels_in_regions(labels, regions)
    np.testing.assert_allclose(moved.xy_px, labels.xy_px - [5, 7])
    np.testing.assert_allclose(moved.box_xyxy_px, labels.box_xyxy_px - [5, 7, 5, 7])
    assert moved.image_size_px[0].tolist() == [45, 53]
