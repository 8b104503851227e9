from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from superanimal_core.inference.adapt import (
    held_out_frames,
    labeled_frames,
    select_pseudo_labels,
)
from superanimal_core.inference.adaptation_training import adaptation_training, training_on
from superanimal_core.inference.teachers import own_lesson
from superanimal_core.inference.teaching_frames import alike
from superanimal_core.inference.verdicts import judge_adaptation
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import LabelState
from superanimal_core.pose.poses import Poses

CONFIG = Path(__file__).resolve().parents[2] / "config/config.yaml"
SPACE = KeypointSpace("s", ("a", "b", "c"))
EVERY = np.ones(len(SPACE), bool)  # keypoint was taught
LIMITS = {"min_score": 0.5, "max_jitter_ratio": 1.05, "max_displacement_ratio": 5.0}


def poses_of(frames=40, individuals=1, seed=0, step_px=1.0):
    random = np.random.default_rng(seed)
    shape = (frames, individuals, len(SPACE))
    xy = 50 + np.cumsum(random.normal(0, step_px, (*shape, 2)), axis=0)
    names = tuple(f"animal{i}" for i in range(individuals))
    return Poses(SPACE, names, np.arange(frames) / 30, xy, random.uniform(0, 1, shape))


def boxes_of(poses):
    return np.tile([0.0, 0.0, 100.0, 80.0], (*poses.score.shape[:2], 1))


def selected(poses, boxes=None, **changes):
    settings = {
        "video": "raw/v.mp4",
        "frames": "spread",
        "every_frames": 1,
        "max_frames": 1000,
        "held": np.zeros(0, int),
        "looks": alike,
    }
    boxes = boxes_of(poses) if boxes is None else boxes
    lesson = own_lesson(poses, min_score=changes.pop("min_score", 0.6))
    return select_pseudo_labels(lesson, poses, boxes, (100, 80), **(settings | changes))


def judged(before, after, is_taught=EVERY, **limits):
    frame = np.arange(len(before))
    limits = LIMITS | limits
    return judge_adaptation(before, after, is_taught, frame=frame, witness=None, **limits)


@given(st.floats(0.0, 1.0), st.integers(1, 5), st.integers(1, 30))
def test_pseudo_labels_are_the_confident_predictions(min_score, every, most):
    poses = poses_of(individuals=2)
    labels = selected(poses, min_score=min_score, every_frames=every, max_frames=most)
    assert len(labels) <= most
    for row, frame in enumerate(labeled_frames(labels)):
        individual = int(str(labels.individual[row])[-1])
        assert frame % every == 0
        sure = poses.score[frame, individual] >= min_score
        assert sure.any()
        assert (labels.state[row] == np.where(sure, LabelState.TAUGHT, 0)).all()
        np.testing.assert_array_equal(labels.xy_px[row][sure], poses.xy_px[frame, individual][sure])
        np.testing.assert_array_equal(labels.score[row][sure], poses.score[frame, individual][sure])
        assert np.isnan(labels.xy_px[row][~sure]).all()


def test_a_score_of_just_the_limit_is_taught():
    poses = poses_of(10)
    poses.score[:] = [0.6, 0.599, 0.601]
    labels = selected(poses, min_score=0.6)
    assert (labels.state == [LabelState.TAUGHT, 0, LabelState.TAUGHT]).all()


def test_held_out_frames_are_left_alone():
    poses = poses_of(100)
    held = held_out_frames(100, 0.15)
    assert held.tolist() == [*range(42, 57)]
    labels = selected(poses, min_score=0.0, held=held)
    assert labeled_frames(labels) == [*range(42), *range(57, 100)]


@pytest.mark.parametrize(("frames", "fraction"), [(1, 0.15), (2, 0.15), (3, 0.0), (5, 1.0)])
def test_a_short_video_still_has_held_out_frames(frames, fraction):
    held = held_out_frames(frames, fraction)
    assert 1 <= len(held) <= frames
    assert set(held) <= {*range(frames)}


@given(st.integers(1, 700), st.floats(0.9, 1.0))
@example(23, 1.0)
@example(71, 0.97)
def test_blocks_stay_apart_and_within_a_video_of_which_nearly_all_is_held_out(frames, fraction):
    held = held_out_frames(frames, fraction)
    assert held[0] >= 0
    assert held[-1] < frames
    assert (np.diff(held) > 0).all()


@given(st.integers(20, 5000), st.floats(0.02, 0.5))
def test_held_out_frames_are_blocks_all_over_the_video(frames, fraction):
    """As many as asked for, none twice, and in every part of the video about as many."""
    held = held_out_frames(frames, fraction)
    assert len(held) == min(max(round(frames * fraction), 2), 600)
    assert (np.diff(held) > 0).all()
    assert 0 <= held[0] <= held[-1] < frames
    blocks = np.split(held, np.flatnonzero(np.diff(held) > 1) + 1)
    assert len(blocks) == min(max(len(held) // 10, 1), 6)
    assert min(map(len, blocks)) >= min(len(held), 10)
    middles = np.array([block.mean() for block in blocks])
    assert np.ptp(np.diff(middles, prepend=-middles[0] - 1)) <= 3  # as far from each other


def test_at_most_so_many_are_taken_evenly():
    labels = selected(poses_of(100), min_score=0.0, max_frames=10)
    steps = np.diff(labeled_frames(labels))
    assert len(labels) == 10
    assert steps.min() >= 10
    assert steps.max() <= 12


def test_frames_without_a_box_or_a_sure_keypoint_are_left_out():
    poses = poses_of(10)
    poses.score[:] = 0.9
    poses.score[3] = 0.1
    boxes = boxes_of(poses)
    boxes[5, 0, 2] = np.nan
    labels = selected(poses, boxes)
    assert labeled_frames(labels) == [0, 1, 2, 4, 6, 7, 8, 9]
    assert len(selected(poses, boxes, min_score=0.95)) == 0
    assert labels.image[0] == "raw/v.mp4#frame=0"
    assert set(labels.split) == {"train"}


def changed(poses, xy_px=None, score=None):
    return Poses(
        SPACE,
        poses.individuals,
        poses.time_s,
        poses.xy_px if xy_px is None else xy_px,
        poses.score if score is None else score,
    )


@pytest.fixture
def before():
    poses = poses_of(30)
    return changed(poses, score=np.full_like(poses.score, 0.8))


def test_an_unchanged_network_is_kept(before):
    verdict = judged(before, before)
    assert verdict.is_kept
    assert verdict.jitter_ratio == pytest.approx(1)
    assert verdict.displacement_ratio == 0
    assert verdict.dropped_before == verdict.dropped_after == 0


def test_an_animal_that_does_not_move_at_all_is_judged_too(before):
    still = changed(before, xy_px=np.repeat(before.xy_px[:1], 30, axis=0))
    verdict = judged(still, still)
    assert verdict.is_kept
    assert verdict.jitter_ratio == verdict.displacement_ratio == 0


def test_a_steadier_network_is_kept_and_the_ratio_is_that_of_the_steps(before):
    middle = before.xy_px.mean(axis=0)
    calm = changed(before, xy_px=middle + 0.5 * (before.xy_px - middle))
    verdict = judged(before, calm, max_displacement_ratio=100.0)
    assert verdict.is_kept
    assert verdict.jitter_ratio == pytest.approx(0.5)


def test_more_jitter_is_rolled_back(before):
    noise = np.random.default_rng(1).normal(0, 2, before.xy_px.shape)
    verdict = judged(before, changed(before, xy_px=before.xy_px + noise))
    assert not verdict.is_kept
    assert "jitter grew" in verdict.reason


def test_wandering_off_is_rolled_back(before):
    verdict = judged(before, changed(before, xy_px=before.xy_px + 50))
    assert not verdict.is_kept
    assert verdict.jitter_ratio == pytest.approx(1)
    assert "keypoints moved by" in verdict.reason


def test_dropping_keypoints_is_rolled_back(before):
    score = before.score.copy()
    score[:, :, 0] = 0.1
    verdict = judged(before, changed(before, score=score))
    assert not verdict.is_kept
    assert (verdict.dropped_before, verdict.dropped_after) == (0, 1)
    assert "1.0 keypoints per frame dropped, 0.0 before" in verdict.reason


@pytest.mark.parametrize(("frames", "is_kept"), [(15, True), (16, False)])
def test_half_a_keypoint_more_may_be_dropped_of_every_frame(before, frames, is_kept):
    score = before.score.copy()
    score[:frames, :, 0] = 0.49
    verdict = judged(before, changed(before, score=score))
    assert verdict.is_kept == is_kept
    assert verdict.dropped_after == pytest.approx(frames / 30)


def test_a_score_of_just_the_limit_is_sure(before):
    at_limit = changed(before, score=np.full_like(before.score, LIMITS["min_score"]))
    verdict = judged(at_limit, at_limit)
    assert verdict.is_kept
    assert verdict.dropped_before == verdict.dropped_after == 0


def test_wandering_is_the_median_and_jitter_the_mean_of_what_is_sure_on_both_sides(before):
    """Against loops: a step counts where both of its frames are sure, before and after."""
    random = np.random.default_rng(3)
    score = np.where(random.random(before.score.shape) < 0.1, 0.2, 0.8)
    xy = before.xy_px + random.standard_t(1.5, before.xy_px.shape)
    xy[score < 0.5] += 300.0
    verdict = judged(before, changed(before, xy_px=xy, score=score))
    moved, steps = [], ([], [])
    for place in np.ndindex(score.shape):
        frame, *who = place
        if score[place] >= 0.5:
            moved.append(np.linalg.norm(xy[place] - before.xy_px[place]))
        if frame and score[place] >= 0.5 and score[(frame - 1, *who)] >= 0.5:
            for of, positions in zip(steps, (before.xy_px, xy), strict=True):
                of.append(np.linalg.norm(positions[place] - positions[(frame - 1, *who)]))
    mean = np.mean(steps[0])
    assert verdict.displacement_ratio == pytest.approx(np.median(moved) / mean)
    assert verdict.jitter_ratio == pytest.approx(np.mean(steps[1]) / mean)


def test_without_a_confident_keypoint_nothing_speaks_for_the_network(before):
    verdict = judged(before, changed(before, score=before.score * 0))
    assert not verdict.is_kept
    assert "no keypoint has a score of 0.5" in verdict.reason


def test_absent_poses_are_no_reason_to_keep(before):
    absent = changed(before, xy_px=before.xy_px * np.nan, score=before.score * 0)
    assert not judged(absent, absent).is_kept


def test_adaptation_inherits_neither_the_warm_up_nor_an_unmasked_pretraining():
    pretraining = yaml.safe_load(CONFIG.read_text())["training"]
    own = ("masking", "bagging", "warmup_steps", "frozen_batch_norm")
    training = adaptation_training(**{k: v for k, v in pretraining.items() if k not in own})
    assert (training.masking, training.warmup_steps) == (True, 0)
    assert training.frozen_batch_norm
    assert not training.bagging
    assert training.weight_decay == pretraining["weight_decay"]
    for inherited in ({"masking": False}, {"warmup_steps": 100}):
        with pytest.raises(TypeError):
            adaptation_training(**pretraining | inherited)


def test_a_stretch_of_a_video_is_held_out_whole_where_there_are_two():
    """So that frames beside each other are on one side; from a single stretch none can be."""
    labels = selected(poses_of(frames=100), min_score=0.0)
    assert labels.group.tolist() == [f"raw/v.mp4#{frame // 5}" for frame in range(100)]
    of = yaml.safe_load(CONFIG.read_text())["training"]
    of = {k: v for k, v in of.items() if k not in ("masking", "bagging", "warmup_steps")}
    del of["frozen_batch_norm"]
    of["early_stopping"] = {"fraction": 0.2, "every_steps": 5, "patience": 2}
    for count, is_held in ((5, False), (6, True)):
        training = training_on(labels.select(np.arange(count)), **of)
        assert (training.early_stopping is not None) == is_held
    assert training_on(labels, **of | {"early_stopping": None}).early_stopping is None


def test_what_has_no_position_is_no_pseudo_label_and_no_dropped_keypoint_where_untaught(before):
    poses = changed(before, xy_px=before.xy_px.copy())
    poses.xy_px[:, :, 2], poses.score[:, :, 2] = np.nan, 0.0
    labels = selected(poses, min_score=0.0)
    assert (labels.state == [LabelState.TAUGHT, LabelState.TAUGHT, 0]).all()
    knows_two = np.array([True, True, False])
    verdict = judged(poses, poses, knows_two)
    assert verdict.is_kept
    assert verdict.dropped_before == verdict.dropped_after == 0
    assert judged(poses, poses).dropped_after == 1


@pytest.mark.parametrize(("score", "is_kept"), [(0.0, True), (0.9, False), (np.nan, False)])
def test_a_keypoint_that_went_out_of_view_is_no_loss_and_any_other_without_a_position_is(
    score, is_kept
):
    before = changed(poses_of(), score=np.full((40, 1, 3), 0.9))
    xy, scores = before.xy_px.copy(), before.score.copy()
    xy[7, 0, 1], scores[7, 0, 1] = np.nan, score
    verdict = judged(before, changed(before, xy_px=xy, score=scores))
    assert verdict.is_kept is is_kept
    assert ("no position or score" in verdict.reason) is not is_kept
