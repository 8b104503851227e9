from dataclasses import replace

import numpy as np
import pytest

from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import (
    Labels,
    LabelState,
    concatenate_labels,
    fill_boxes,
    held_out_labels,
)
from superanimal_core.pose.poses import Poses, SmoothedPoses

SPACE = KeypointSpace("s", ("a", "b"))


def labels_of(split=("train", "test", "test")):
    n = len(split)
    xy = np.array([[[10.0, 20], [30, 60]]] * n)
    state = np.full((n, 2), int(LabelState.VISIBLE))
    xy[-1] = np.nan
    state[-1] = [LabelState.NOT_LABELED, LabelState.NOT_IN_DATASET]
    text = np.array(["x"] * n, dtype=object)
    return Labels(
        space=SPACE,
        source=text,
        image=text,
        image_size_px=np.tile([100, 80], (n, 1)),
        individual=text,
        group=text,
        split=np.array(split, dtype=object),
        box_xyxy_px=np.full((n, 4), np.nan),
        xy_px=xy,
        state=state,
        score=np.ones((n, 2)),
    )


def test_a_position_is_known_exactly_where_the_state_says_so():
    labels = labels_of()
    assert labels.is_located.tolist() == [[True] * 2, [True] * 2, [False] * 2]
    with pytest.raises(DatasetError, match="finite exactly where the state"):
        replace(labels, state=np.full((3, 2), int(LabelState.VISIBLE)))
    with pytest.raises(DatasetError, match="finite exactly where the state"):
        replace(labels, state=np.zeros((3, 2), dtype=int))


def test_a_keypoint_at_the_origin_is_a_keypoint():
    labels = replace(labels_of(), xy_px=np.where(np.isnan(labels_of().xy_px), np.nan, 0.0))
    assert labels.is_located[:2].all()


def test_arrays_that_do_not_fit_the_space_are_named():
    with pytest.raises(DatasetError, match=r"xy_px has shape \(3, 2, 2\), expected \(3, 3, 2\)"):
        replace(labels_of(), space=KeypointSpace("s", ("a", "b", "c")))


@pytest.mark.parametrize("field", ["source", "split", "box_xyxy_px", "state", "score"])
def test_arrays_that_do_not_fit_each_other_are_refused(field):
    labels = labels_of()
    with pytest.raises((DatasetError, TypeError), match=field):  # beartype's, in the tests
        replace(labels, **{field: getattr(labels, field)[:1]})


def test_animals_without_a_box_get_one_around_their_keypoints():
    labels = labels_of()
    boxes = labels.box_xyxy_px.copy()
    boxes[1] = [0, 0, 50, 50]
    filled = fill_boxes(replace(labels, box_xyxy_px=boxes), 0.1)
    assert filled.box_xyxy_px[0].tolist() == [6, 16, 34, 64]
    assert filled.box_xyxy_px[1].tolist() == [0, 0, 50, 50]
    assert filled.has_box.tolist() == [True, True, False]
    assert len(held_out_labels(filled)) == 1


def test_joined_labels_keep_order_and_refuse_another_space():
    labels = labels_of()
    joined = concatenate_labels([labels, labels.select(np.array([1]))])
    assert joined.split.tolist() == ["train", "test", "test", "test"]
    other = replace(labels, space=KeypointSpace("t", ("b", "a")))
    with pytest.raises(DatasetError, match="'t' and 's' cannot be joined"):
        concatenate_labels([labels, other])
    with pytest.raises(DatasetError, match="no labels to join"):
        concatenate_labels([])


def poses_of(time_s):
    shape = (len(time_s), 1, 2)
    return Poses(SPACE, ("animal0",), np.array(time_s), np.zeros((*shape, 2)), np.ones(shape))


def test_the_rate_is_that_of_the_median_step():
    assert poses_of([0.0, 0.02, 0.04, 1.0]).fps == pytest.approx(50)
    assert np.isnan(poses_of([0.0]).fps)


def test_poses_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        Poses(SPACE, ("a",), np.zeros(3), np.zeros((3, 1, 1, 2)), np.zeros((3, 1, 1)))


def test_a_negative_variance_is_refused():
    poses = poses_of([0.0, 0.1])
    members, zeros = np.ones((2, 1, 2), dtype=int), np.zeros((2, 1, 2, 2))
    with pytest.raises(ValueError, match="variance is negative"):
        SmoothedPoses(poses, zeros - 1, zeros, zeros, members, np.ones((1, 2)))


def test_weights_follow_their_animals_and_others_count_one():
    plain = labels_of()
    weighted = replace(plain, weight=np.arange(6.0).reshape(3, 2) / 6)
    np.testing.assert_array_equal(weighted.select(np.array([2, 0])).weight, weighted.weight[[2, 0]])
    joined = concatenate_labels([plain, weighted])
    np.testing.assert_array_equal(joined.weight, np.concatenate([np.ones((3, 2)), weighted.weight]))
    assert plain.select(np.array([1])).weight is None
    assert concatenate_labels([plain, plain]).weight is None
