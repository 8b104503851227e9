"""Lessons: what a teacher says, and how much each position counts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.inference.teachers import (
    HALF_WEIGHT,
    Lesson,
    ensemble_lesson,
    error_of_size,
    error_weight,
    lesson_labels,
    own_lesson,
)
from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import LabelState
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.smoothing import EnsembleSettings
from superanimal_core.smoothing.baselines import take_center
from superanimal_core.smoothing.labeled_errors import animal_size_px

SPACE = KeypointSpace("s", ("a", "b", "c"))
BODY_PX = np.array([[0.0, 0.0], [40.0, 0.0], [20.0, 30.0]])
FRAMES, ANIMALS = 12, 2
SHAPE = (FRAMES, ANIMALS, len(SPACE))


def members_of(count, noise_px=2.0, seed=0):
    """Networks that look at two animals that stand, 300 px apart."""
    random = np.random.default_rng(seed)
    truth = BODY_PX + np.array([[50.0, 50.0], [350.0, 50.0]])[:, None]
    xy = truth + random.normal(0, noise_px, (count, *SHAPE, 2))
    score = random.uniform(0.2, 1.0, (count, *SHAPE))
    names = ("animal0", "animal1")
    return [Poses(SPACE, names, np.arange(FRAMES) / 30, *of) for of in zip(xy, score, strict=True)]


def center_of(members):
    return take_center(members, EnsembleSettings(center="median", min_score=0.1))


def labels_of(lesson):
    frame, individual = np.indices((FRAMES, ANIMALS)).reshape(2, -1)
    boxes = np.tile([0.0, 0.0, 99.0, 99.0], (FRAMES, ANIMALS, 1))
    names = [f"v#frame={f}" for f in frame]
    return lesson_labels(lesson, boxes, (640, 480), frame, individual, images=names, source="v")


@given(st.floats(0.0, 1.0), st.integers(1, 4), st.integers(0, 9))
def test_nothing_below_the_threshold_is_ever_taught(min_score, count, seed):
    members = members_of(count, seed=seed)
    smoothed = center_of(members)
    for lesson in (
        own_lesson(members[0], min_score=min_score),
        ensemble_lesson(smoothed, unknown_error(SHAPE), min_score=min_score),
    ):
        labels = labels_of(lesson)
        score = lesson.poses.score.reshape(-1, len(SPACE))
        is_taught = labels.state == LabelState.TAUGHT
        assert (is_taught == (score >= min_score)).all()
        assert set(labels.state[~is_taught]) <= {LabelState.NOT_IN_DATASET}  # never background
        assert (labels.weight[~is_taught] == 0).all()
        assert (labels.weight[is_taught] > 0).all()
        assert labels.weight.max() <= 1


def test_own_predictions_count_alike_as_in_the_paper():
    lesson = own_lesson(members_of(1)[0], min_score=0.5)
    assert set(np.unique(lesson.weight)) == {0.0, 1.0}


def test_a_calibrated_error_decides_the_weight_and_spread_where_there_is_none():
    smoothed, expected = center_of(members_of(3)), unknown_error(SHAPE)
    size_px = animal_size_px(smoothed.poses)[..., None]
    expected.expected_error_px[:, 0] = (HALF_WEIGHT * size_px)[:, 0]
    lesson = ensemble_lesson(smoothed, expected, min_score=0.0)
    np.testing.assert_allclose(lesson.weight[:, 0], 0.5)
    assert len(np.unique(lesson.weight[:, 1])) == FRAMES * len(SPACE)  # each its own


def test_members_that_are_further_apart_count_less():
    near, far = (center_of(members_of(3, noise_px=noise)) for noise in (1.0, 8.0))
    weights = [
        ensemble_lesson(each, unknown_error(SHAPE), min_score=0.0).weight for each in (near, far)
    ]
    assert np.median(weights[0]) > 3 * np.median(weights[1])


def test_what_no_network_saw_teaches_nothing_however_sure_the_smoother_is():
    smoothed = center_of(members_of(2))
    members = smoothed.members.copy()
    members[3, 0, 1] = 0
    expected = unknown_error(SHAPE)
    expected.expected_error_px[:] = 0.1
    poses = replace(smoothed.poses, score=np.ones(SHAPE))
    lesson = ensemble_lesson(
        replace(smoothed, members=members, poses=poses), expected, min_score=0.5
    )
    assert not lesson.is_taught()[3, 0, 1]
    assert lesson.is_taught().sum() == lesson.weight.size - 1


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_an_error_that_is_no_number_counts_nothing(wrong):
    assert error_weight(np.array([wrong, 0.0, HALF_WEIGHT])).tolist() == [0.0, 1.0, 0.5]


def test_weights_are_inverse_to_the_variance_of_error_and_label():
    error = np.linspace(0, 1, 50)
    inverse = 1 / error_weight(error)
    np.testing.assert_allclose(inverse - 1, (error / HALF_WEIGHT) ** 2, atol=1e-12)


def test_labels_are_those_of_the_frames_and_animals_that_are_asked_for():
    lesson = own_lesson(members_of(1)[0], min_score=0.5)
    labels = labels_of(lesson)
    for row in range(len(labels)):
        frame, individual = divmod(row, ANIMALS)
        taught = labels.state[row] == LabelState.TAUGHT
        place = lesson.poses.xy_px[frame, individual]
        np.testing.assert_array_equal(labels.xy_px[row][taught], place[taught])
        assert labels.individual[row] == f"animal{individual}"
        assert labels.image[row] == f"v#frame={frame}"


def test_errors_of_the_size_do_not_depend_on_how_large_the_animal_is():
    smoothed = center_of(members_of(3))
    larger = replace(
        smoothed,
        poses=replace(smoothed.poses, xy_px=3 * smoothed.poses.xy_px),
        variance_px2=9 * smoothed.variance_px2,
        ensemble_variance_px2=9 * smoothed.ensemble_variance_px2,
    )
    np.testing.assert_allclose(
        error_of_size(larger, unknown_error(SHAPE)), error_of_size(smoothed, unknown_error(SHAPE))
    )


def test_a_lesson_may_be_of_nothing():
    poses = members_of(1)[0]
    labels = labels_of(Lesson(poses, np.zeros(SHAPE)))
    assert (labels.state == LabelState.NOT_IN_DATASET).all()
