"""Which frames teach: as many as asked for, always the same, spread or where there is news."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.inference.teachers import Lesson
from superanimal_core.inference.teaching_frames import (
    CHOICES,
    alike,
    informative_rows,
    main_directions,
)
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


def chosen_of(kind, teacher_px, own_px, most, looks=alike):
    lesson = Lesson(poses_of(teacher_px), np.ones(teacher_px.shape[:3]))
    frame = np.arange(FRAMES)
    alone = np.zeros(FRAMES, int)
    return CHOICES[kind](lesson, poses_of(own_px), frame, alone, most, looks)


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
    alone = np.zeros(FRAMES, int)
    rows = informative_rows(lesson, poses_of(own), np.arange(FRAMES), alone, 8, alike)
    assert 15 in rows
    assert 14 not in rows


@pytest.mark.parametrize("pose", [np.array([40.0, 0.0]), np.array([0.0, -30.0])])
def test_the_one_pose_that_is_unlike_all_others_is_among_them(pose):
    """However seldom, and wherever in the picture the animal is: places do not count."""
    place = np.random.default_rng(0).uniform(0, 500, (FRAMES, 1, 1, 2))
    teacher = standing() + place
    teacher[61, 0, 2] += pose
    assert 61 in chosen_of("informative", teacher, teacher, 6)


def kinds_of(count):
    """A kind for each frame, each as often as the others."""
    return np.random.default_rng(4).permutation(np.arange(FRAMES) % count)


def in_kinds(count):
    """Looks of so many kinds, hardly different within a kind."""
    places = np.random.default_rng(1).normal(0, 1, (count, 7))
    noise = np.random.default_rng(2).normal(0, 0.01, (FRAMES, 7))
    return lambda frame, individual: (places[kinds_of(count)] + noise)[frame]


@pytest.mark.parametrize("count", [25, 30])
def test_of_each_kind_of_look_the_frame_where_the_network_errs_most_teaches(count):
    own, kinds = standing(), kinds_of(count)
    own += np.random.default_rng(3).uniform(0.1, 0.3, (FRAMES, 1, 1, 1))
    worst = [int(np.flatnonzero(kinds == kind)[-1]) for kind in range(count)]
    own[worst] += 3
    chosen = chosen_of("kinds", standing(), own, count, in_kinds(count))
    assert chosen.tolist() == sorted(worst)


def test_a_kind_that_is_rare_is_among_them():
    def looks(frame, individual):
        return np.random.default_rng(0).normal(0, 0.1, (len(frame), 3)) + 5 * (frame == 61)[:, None]

    assert 61 in chosen_of("kinds", standing(), standing(), 25, looks)


def test_only_four_times_as_many_as_are_wanted_are_looked_at_evenly():
    asked = []

    def looks(frame, individual):
        asked.append(frame)
        return np.random.default_rng(0).normal(size=(len(frame), 3))

    chosen_of("kinds", standing(), standing(), 5, looks)
    np.testing.assert_array_equal(asked, [np.linspace(0, FRAMES - 1, 20).round()])
    chosen_of("kinds", standing(), standing(), FRAMES, looks)
    chosen_of("spread", standing(), standing(), 5, looks)
    assert len(asked) == 1  # where all are taken nobody looks


def test_the_main_directions_hold_the_distances():
    """All directions: rows are as far from each other as before. The first: the widest."""
    features = np.random.default_rng(0).normal(size=(30, 6)) * [9, 1, 1, 1, 1, 1]
    turned = main_directions(features, 6)
    apart = [np.linalg.norm(of[:, None] - of, axis=-1) for of in (features, turned)]
    np.testing.assert_allclose(*apart, atol=1e-9)
    first = main_directions(features, 1)[:, 0]
    assert abs(np.corrcoef(first, features[:, 0])[0, 1]) > 0.99
