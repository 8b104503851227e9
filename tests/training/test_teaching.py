"""Distillation: what lessons teach beside labels, and how much each position counts."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.inference.labeled import predict_labels
from superanimal_core.pose.labels import LabelState
from superanimal_core.training.batches import labeled_stream
from superanimal_core.training.label_training import fit_labels
from superanimal_core.training.objectives import supervised_objective
from superanimal_core.training.processes import Processes
from superanimal_core.training.teaching import (
    fit_labels_and_lessons,
    lesson_objective,
    shares_of_batch,
)

CPU = torch.device("cpu")
HOW = {"seed": 0, "device": CPU, "tell": lambda done, note: None}


def lessons_of(world, count=16, weight=1.0, first=0):
    """What a teacher that is always right says of pictures."""
    labels = world.labels(["lab"] * (first + count)).select(np.arange(first, first + count))
    shape = labels.state.shape
    taught = np.full(shape, int(LabelState.TAUGHT))
    return replace(labels, state=taught, weight=np.broadcast_to(weight, shape).copy())


def student(world, labels, lessons, training=None, flip=0.5, **changes):
    training = training or world.training(weight_decay=0.0, **changes)
    bundle = world.bundle()
    how = {"lessons": lessons, "read_lesson": world.read_image, "taught_share": 0.5}
    given = bundle, labels, world.read_image, training, world.augment(flip=flip, noise=0.02)
    fit_labels_and_lessons(*given, **how, **HOW)
    return bundle


def same_weights(one, other):
    pairs = zip(one.network.state_dict().values(), other.network.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_without_lessons_a_student_is_an_ordinary_network_to_the_last_bit(world):
    labels, training = world.labels(["lab"] * 8), world.training(steps=3)
    plain = world.bundle()
    fit_labels(
        plain, labels, world.read_image, training, world.augment(flip=0.5, noise=0.02), **HOW
    )
    none = lessons_of(world).select(np.arange(0))
    assert same_weights(student(world, labels, none, training), plain)
    nowhere = replace(lessons_of(world), box_xyxy_px=np.full((16, 4), np.nan))
    assert same_weights(student(world, labels, nowhere, training), plain)
    assert not same_weights(student(world, labels, lessons_of(world), training), plain)


def test_a_position_without_weight_teaches_nothing_wherever_it_is(world):
    labels = world.labels(["lab"] * 8, {"lab": ["blue"]})
    weight = np.array([1.0, 1.0, 0.0])
    lessons = lessons_of(world, weight=weight)
    elsewhere = lessons.xy_px.copy()
    elsewhere[:, 2] = 20.0
    right, wrong = (
        student(world, labels, each, steps=3)
        for each in (lessons, replace(lessons, xy_px=elsewhere))
    )
    assert same_weights(right, wrong)
    counted = replace(lessons, xy_px=elsewhere, weight=np.ones_like(lessons.weight))
    assert not same_weights(student(world, labels, counted, steps=3), right)


def measured(world, objective, lessons):
    stream = labeled_stream(
        lessons,
        world.read_image,
        world.bundle().crop,
        world.augment(),
        batch=6,
        sampling_temperature=1.0,
        seed=3,
        processes=Processes(0, 1),
    )
    batch = stream(0)
    outputs = world.bundle().network.eval()(world.bundle().crop.normalize(batch.crops))
    return [value.item() for value in objective.measure(outputs, batch)]


@pytest.mark.parametrize("weight", [1.0, 0.5, 0.01])
def test_a_position_counts_as_its_weight_in_a_persons_labels(world, weight):
    """Not over the sum of the weights: then doubtful lessons would count as much as sure ones."""
    network = world.bundle().network
    lessons = lessons_of(world, weight=weight)
    loss, count = measured(world, lesson_objective("l", network, 1.0), lessons)
    people = replace(lessons, weight=None)
    plain, labels = measured(world, supervised_objective("l", network, world.training()), people)
    assert count == labels == 18
    assert loss == pytest.approx(weight * plain, rel=1e-5)


def test_what_is_masked_is_no_lesson_and_no_background(world):
    network = world.bundle().network
    lessons = lessons_of(world, weight=np.array([0.7, 0.2, 0.0]))
    state, xy = lessons.state.copy(), lessons.xy_px.copy()
    state[:, 2], xy[:, 2] = LabelState.NOT_IN_DATASET, np.nan
    masked = replace(lessons, state=state, xy_px=xy)
    loss, count = measured(world, lesson_objective("l", network, 1.0), masked)
    assert count == 12
    assert loss == pytest.approx(measured(world, lesson_objective("l", network, 1.0), lessons)[0])


@pytest.mark.slow
def test_a_keypoint_that_only_the_teacher_knows_is_learned_and_the_others_are_kept(world):
    labels = world.labels(["lab"] * 32, {"lab": ["blue"]})
    state, xy = lessons_of(world, 32, first=32).state, lessons_of(world, 32, first=32).xy_px
    state[:, :2], xy[:, :2] = LabelState.NOT_IN_DATASET, np.nan
    lessons = replace(lessons_of(world, 32, first=32), state=state, xy_px=xy)
    bundle = student(world, labels, lessons, world.training(steps=250, batch=16), flip=0.0)
    unseen = world.labels(["lab"] * 96).select(np.arange(64, 96))
    look = {"batch": 8, "precision": "float32", "device": CPU}
    predicted, _ = predict_labels([bundle], unseen, world.read_image, **look)
    error = np.median(np.linalg.norm(predicted[0] - unseen.xy_px, axis=2), axis=0)
    assert (error < 5).all(), error


@given(st.integers(2, 200), st.floats(0.01, 0.99))
def test_a_batch_is_shared_and_nobody_is_left_out(batch, share):
    taught, own = shares_of_batch(batch, share)
    assert taught + own == batch
    assert min(taught, own) >= 1
    assert abs(taught - share * batch) <= 1


def test_the_same_labels_and_lessons_make_the_same_student(world):
    labels, lessons = world.labels(["lab"] * 8), lessons_of(world)
    again = [student(world, labels, lessons, steps=4) for _ in range(2)]
    assert same_weights(*again)
