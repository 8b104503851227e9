import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.pose.boxes import (
    box_area_px2,
    box_center_px,
    box_iou,
    boxes_from_keypoints,
    clip_boxes,
    expand_boxes,
)


def pixels(box):
    return {(x, y) for x in range(box[0], box[2]) for y in range(box[1], box[3])}


sides = st.integers(0, 12)
boxes = st.tuples(sides, sides, sides, sides)


@given(boxes, boxes)
def test_overlap_is_the_count_of_common_pixels_over_that_of_all(first, second):
    ours, theirs = pixels(first), pixels(second)
    expected = len(ours & theirs) / len(ours | theirs) if ours | theirs else 0.0
    found = box_iou(np.array([first], float), np.array([second], float))
    assert found[0, 0] == pytest.approx(expected)
    assert box_area_px2(np.array([first], float)) == len(ours)


def test_an_unknown_box_overlaps_with_nothing():
    assert box_iou(np.full((1, 4), np.nan), np.array([[0.0, 0, 1, 1]])).tolist() == [[0.0]]


def test_boxes_hold_the_known_keypoints_with_a_margin():
    xy = np.array([[[1.0, 2.0], [5.0, np.nan], [3.0, 8.0]], [[np.nan] * 2] * 3])
    boxes = boxes_from_keypoints(xy, 0.5)
    assert boxes[0].tolist() == [0.5, 1.5, 5.5, 8.5]
    assert np.isnan(boxes[1]).all()


@given(st.floats(0.1, 3))
def test_an_expanded_box_keeps_its_center(factor):
    box = np.array([[10.0, 20.0, 30.0, 60.0]])
    larger = expand_boxes(box, factor)
    np.testing.assert_allclose(box_center_px(larger), box_center_px(box))
    assert box_area_px2(larger) == pytest.approx(box_area_px2(box) * factor**2)


def test_a_clipped_box_is_its_part_in_the_image():
    assert clip_boxes(np.array([-5.0, 10, 700, 30]), 640, 480).tolist() == [0, 10, 640, 30]
