"""Lessons: nothing that is unsure, what is worth most, one of each kind, always the same."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_teachers import BODY_PX, SHAPE, center_of, members_of

from superanimal_core.inference.cohort_lessons import (
    LOOK_PX,
    candidates,
    choose_lessons,
    descriptors,
    informativeness,
    look_of,
    sure_lesson,
)
from superanimal_core.inference.teachers import Lesson, error_of_size, lesson_labels
from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.smoothing.labeled_errors import animal_size_px

FRAMES = SHAPE[0]


def errors_of(values_px):
    return replace(unknown_error(SHAPE), expected_error_px=np.broadcast_to(values_px, SHAPE))


@given(st.floats(0, 1), st.floats(0.01, 1.0), st.integers(0, 9))
def test_labels_below_a_threshold_are_never_taught(min_score, max_error, seed):
    smoothed = center_of(members_of(3, seed=seed))
    expected = errors_of(np.random.default_rng(seed).uniform(0, 40, SHAPE))
    lesson = sure_lesson(smoothed, expected, min_score=min_score, max_error=max_error)
    may = (smoothed.poses.score >= min_score) & (error_of_size(smoothed, expected) <= max_error)
    assert not lesson.weight[~may].any()
    assert (lesson.weight[may] > 0).all()


def test_the_limit_itself_is_taught_and_what_is_beyond_is_not():
    smoothed = center_of(members_of(3))
    size_px = animal_size_px(smoothed.poses)[..., None]
    for factor, is_taught in ((1 - 1e-9, True), (1 + 1e-6, False)):
        expected = errors_of(0.15 * size_px * factor)
        lesson = sure_lesson(smoothed, expected, min_score=0.0, max_error=0.15)
        assert (lesson.is_taught() == is_taught).all()


def test_what_is_informative_is_disagreement_by_weight_over_the_size():
    smoothed = center_of(members_of(3, noise_px=5.0))
    lesson = Lesson(smoothed.poses, np.full(SHAPE, 0.5))
    raw = smoothed.poses.xy_px + np.array([3.0, 4.0])
    worth = informativeness(replace(smoothed, raw_xy_px=raw), lesson)
    size = animal_size_px(smoothed.poses)
    for frame, animal in np.ndindex(*SHAPE[:2]):
        spread = np.sqrt(smoothed.ensemble_variance_px2[frame, animal].sum(axis=1))
        by_hand = (0.5 * (spread + 5.0)).mean() / size[frame, animal]
        assert worth[frame, animal] == pytest.approx(by_hand)
    masked = informativeness(smoothed, Lesson(smoothed.poses, np.zeros(SHAPE)))
    assert not masked.any()


def test_a_stretch_gives_the_most_informative_frame_that_has_neighbors():
    lesson = Lesson(center_of(members_of(1)).poses, np.ones(SHAPE))
    worth = np.zeros((FRAMES, 2))
    worth[[0, 6, 11], 0] = 9.0, 0.5, 9.0  # the ends have no neighbors on one side
    assert candidates(worth, lesson, 6).tolist() == [[6, 0], [6, 1]]
    lesson.weight[6] = 0.0
    assert candidates(worth, lesson, 6)[0, 0] != 6
    lesson.weight[3:9, 0] = 0.0
    assert [*candidates(worth, lesson, 6)[:, 1]] == [1]
    lesson.weight[:] = 0.0
    assert len(candidates(worth, lesson, 6)) == 0


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 5))
def test_a_choice_is_as_large_as_asked_in_order_and_the_same_again(count, most, seed):
    random = np.random.default_rng(seed)
    features, worth = random.normal(size=(count, 5)), random.uniform(size=count)
    chosen = choose_lessons(features, worth, most)
    assert len(set(chosen)) == len(chosen) <= most
    assert len(chosen) == count or count > most
    assert (np.diff(chosen) > 0).all()
    assert (choose_lessons(features, worth, most) == chosen).all()


def test_one_of_each_kind_is_chosen_and_of_each_the_most_informative():
    random = np.random.default_rng(0)
    kinds = np.repeat(np.arange(4), [60, 20, 10, 3])
    features = 10 * np.eye(4)[kinds] + random.normal(0, 0.1, (len(kinds), 4))
    worth = random.uniform(size=len(kinds))
    chosen = choose_lessons(features, worth, 4)
    assert [*kinds[chosen]] == [0, 1, 2, 3]
    for kind, row in enumerate(chosen):
        assert worth[row] == worth[kinds == kind].max()


def test_poses_are_alike_wherever_and_however_large_the_animal_is():
    lesson = Lesson(center_of(members_of(1, noise_px=0.0)).poses, np.ones(SHAPE))
    boxes = np.tile([0.0, 0.0, 99.0, 99.0], (*SHAPE[:2], 1))
    pairs = np.array([0, 1, 2]), np.array([0, 1, 0])
    labels = lesson_labels(lesson, boxes, (640, 480), *pairs, images=["a"] * 3, source="v")
    grown = labels.xy_px.copy()
    grown[2] = BODY_PX * 3 + 200
    grown[1] = BODY_PX[::-1] + 10
    found = descriptors(replace(labels, xy_px=grown), np.zeros((3, LOOK_PX**2)))
    assert found[0] == pytest.approx(found[2])
    assert np.abs(found[0] - found[1]).max() > 0.1


def test_a_look_ignores_brightness_and_boxes_may_leave_the_picture():
    image = np.random.default_rng(0).integers(0, 100, (40, 60, 3)).astype(np.uint8)
    box = np.array([-5.0, 10.0, 70.0, 50.0])
    assert look_of(image + 50, box) == pytest.approx(look_of(image, box), abs=1e-6)
    other = look_of(image[::-1].copy(), box)
    assert np.abs(other - look_of(image, box)).max() > 0.5
    assert np.isfinite(look_of(image, np.array([100.0, 100.0, 101.0, 101.0]))).all()
