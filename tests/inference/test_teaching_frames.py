"""Which frames teach: as many as asked for, always the same, spread or where there is news."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.inference.teachers import Lesson
from superanimal_core.inference.teaching_frames import CHOICES, informative_rows
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses

SPACE = KeypointSpace("s", ("a", "b", "c"))
FRAMES = 100
BODY = np.array([[0.0, 0.0], [40.0, 0.0], [20.0, 30.0]])


def poses_of(xy_px):
    return Poses(SPACE, ("animal0",), np.arange(float(len(xy_px))), xy_px, np.ones(xy_px.shape[:3]))


def standing():
    """An animal that stands, and a network that sees what its teacher says."""
    return np.tile(BODY + 100, (FRAMES, 1, 1, 1))


def chosen_of(kind, teacher_px, own_px, most):
    lesson = Lesson(poses_of(teacher_px), np.ones(teacher_px.shape[:3]))
    frame = np.arange(FRAMES)
    return CHOICES[kind](lesson, poses_of(own_px), frame, np.zeros(FRAMES, int), most)


@given(st.sampled_from([*CHOICES]), st.integers(1, 120), st.integers(0, 5))
def test_as_many_as_are_wanted_each_once_and_the_same_again(kind, most, seed):
    random = np.random.default_rng(seed)
    teacher = standing() + random.normal(0, 3, (FRAMES, 1, 3, 2))
    own = teacher + random.normal(0, 3, teacher.shape)
    chosen = chosen_of(kind, teacher, own, most)
    assert len(np.unique(chosen)) == len(chosen) == min(most, FRAMES)
    np.testing.assert_array_equal(chosen, chosen_of(kind, teacher, own, most))


def test_frames_where_the_network_errs_and_the_teacher_knows_are_among_them():
    own = standing()
    wrong = [13, 37, 88]
    own[wrong] += 15
    assert {*wrong} <= {*chosen_of("informative", standing(), own, 12).tolist()}
    assert not {*wrong} <= {*chosen_of("spread", standing(), own, 12).tolist()}


def test_a_frame_whose_teacher_is_not_sure_is_no_news():
    own, weight = standing(), np.ones((FRAMES, 1, 3))
    own[[14, 15]] += 15
    weight[14] = 0.0
    lesson = Lesson(poses_of(standing()), weight)
    rows = informative_rows(lesson, poses_of(own), np.arange(FRAMES), np.zeros(FRAMES, int), 8)
    assert 15 in rows
    assert 14 not in rows


@pytest.mark.parametrize("pose", [np.array([40.0, 0.0]), np.array([0.0, -30.0])])
def test_the_one_pose_that_is_unlike_all_others_is_among_them(pose):
    """However seldom, and wherever in the picture the animal is: places do not count."""
    place = np.random.default_rng(0).uniform(0, 500, (FRAMES, 1, 1, 2))
    teacher = standing() + place
    teacher[61, 0, 2] += pose
    assert 61 in chosen_of("informative", teacher, teacher, 6)
