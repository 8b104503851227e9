"""When a student stands in for its ensemble: at the edge, on both sides of it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.inference.trusted_student import as_one_frame, has_box, judge_student
from superanimal_core.pose.expected_error import unknown_error
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses

SPACE = KeypointSpace("s", tuple("abcde"))
ANIMALS = 4
SHAPE = (1, ANIMALS, len(SPACE))
EVERY = np.ones(len(SPACE), bool)
LIMITS = {"min_score": 0.5, "max_disagreement": 0.2}


def poses_of(xy_px, score=0.9):
    names = tuple(map(str, range(ANIMALS)))
    return Poses(SPACE, names, np.zeros(1), xy_px, np.broadcast_to(score, SHAPE).copy())


def known(radius_px):
    return replace(unknown_error(SHAPE), radius_90_px=np.full(SHAPE, radius_px))


def where(seed=0):
    return np.random.default_rng(seed).uniform(0, 100, (*SHAPE, 2))


def moved(xy_px, count, by_px):
    """The first `count` positions moved by a distance, in all directions."""
    flat = xy_px.reshape(-1, 2).copy()
    angle = np.arange(count)
    flat[:count] += by_px * np.column_stack([np.cos(angle), np.sin(angle)])
    return flat.reshape(xy_px.shape)


@pytest.mark.parametrize(("count", "is_trusted"), [(0, True), (4, True), (5, False), (20, False)])
def test_a_student_is_trusted_up_to_the_part_that_may_disagree(count, is_trusted):
    """A fifth of 20 positions is 4: at the limit it is trusted, with one more it is not."""
    xy = where()
    trust = judge_student(
        poses_of(moved(xy, count, 5.1)), known(3.0), poses_of(xy), known(4.0), EVERY, **LIMITS
    )
    assert trust.is_trusted == is_trusted
    assert trust.disagreement == pytest.approx(count / 20)
    assert trust.compared == 20


@pytest.mark.parametrize(("by_px", "disagreement"), [(4.999, 0.0), (5.001, 1.0)])
def test_too_far_apart_is_beyond_both_circles_together(by_px, disagreement):
    xy = where()
    both = known(3.0), known(4.0)
    for one, other in (both, both[::-1]):
        seen = poses_of(moved(xy, 20, by_px)), one, poses_of(xy), other
        assert judge_student(*seen, EVERY, **LIMITS).disagreement == disagreement


@given(st.integers(0, 20), st.floats(0.0, 1.0), st.integers(0, 9))
def test_the_verdict_is_what_counting_says(count, limit, seed):
    xy = where(seed)
    limits = LIMITS | {"max_disagreement": limit}
    seen = poses_of(moved(xy, count, 50.0)), known(3.0), poses_of(xy), known(4.0)
    assert judge_student(*seen, EVERY, **limits).is_trusted == (count / 20 <= limit)


def test_the_same_poses_are_trusted_and_none_at_all_are_not():
    xy = where()
    same = poses_of(xy), known(1.0), poses_of(xy), known(1.0)
    assert judge_student(*same, EVERY, **LIMITS).is_trusted
    unsure = poses_of(xy, 0.4), known(1.0), poses_of(xy, 0.4), known(1.0)
    trust = judge_student(*unsure, EVERY, **LIMITS)
    assert not trust.is_trusted
    assert trust.compared == 0


def test_a_keypoint_that_one_of_both_is_sure_of_is_asked_for():
    """A student that is sure where the ensemble sees nothing, or the other way round, is wrong."""
    xy, nowhere = where(), np.full((*SHAPE, 2), np.nan)
    for student, ensemble in ((xy, nowhere), (nowhere, xy)):
        scores = [np.where(np.isfinite(of[..., 0]), 0.9, 0.0) for of in (student, ensemble)]
        seen = poses_of(student, scores[0]), known(3.0), poses_of(ensemble, scores[1]), known(4.0)
        trust = judge_student(*seen, EVERY, **LIMITS)
        assert (trust.is_trusted, trust.disagreement) == (False, 1.0)


def test_what_nobody_taught_is_not_asked_for():
    xy = where()
    taught = np.array([True, True, False, True, True])
    apart = xy.copy()
    apart[:, :, 2] += 500
    seen = poses_of(apart), known(1.0), poses_of(xy), known(1.0)
    assert judge_student(*seen, taught, **LIMITS).is_trusted
    assert judge_student(*seen, taught, **LIMITS).compared == 16
    assert judge_student(*seen, EVERY, **LIMITS).disagreement == 0.2


def test_without_a_calibration_of_both_no_student_is_trusted():
    xy = where()
    for own, theirs in ((unknown_error(SHAPE), known(9.0)), (known(9.0), unknown_error(SHAPE))):
        trust = judge_student(poses_of(xy), own, poses_of(xy), theirs, EVERY, **LIMITS)
        assert not trust.is_trusted
        assert "fewer than 30 labels are held out, or all of one video" in trust.reason


def test_the_animals_of_all_frames_become_those_of_one():
    random = np.random.default_rng(0)
    boxes = random.uniform(0, 9, (3, 2, 4))
    boxes[1, 0] = np.nan
    boxes[2, 1, 3] = np.nan
    xy, score = random.uniform(size=(3, 2, 5, 2)), random.uniform(size=(3, 2, 5))
    seen = Poses(SPACE, ("animal0", "animal1"), np.arange(3.0), xy, score)
    (together,) = as_one_frame([seen], has_box(boxes))
    assert together.xy_px[0].tolist() == [
        xy[f, i].tolist() for f, i in ((0, 0), (0, 1), (1, 1), (2, 0))
    ]
    assert together.score.shape == (1, 4, 5)
