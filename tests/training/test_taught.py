"""Which keypoints labels teach, and what a network keeps of what its parent was taught."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.inference.labeled import predict_labels
from superanimal_core.models.replayed_labels import with_memory
from superanimal_core.pose.labels import LabelState
from superanimal_core.settings import EarlyStoppingSettings
from superanimal_core.training.early_stopping import choose_held_out
from superanimal_core.training.starting_weights import (
    MEMORY_REPLAY,
    NAIVE,
    NEW_HEAD,
    SCRATCH,
    ZERO_SHOT,
    start_from,
)
from superanimal_core.training.taught import MIN_POSITIONS, taught_keypoints

CPU = torch.device("cpu")
LOOK = {"batch": 8, "precision": "float32", "device": CPU}


def labels_with_blue(world, blue, animals):
    """Animals of which so many have a blue dot; red and green are always labeled."""
    sources = ["whole"] * blue + ["part"] * (animals - blue)
    return world.labels(sources, {"part": ["blue"]})


@pytest.mark.parametrize(
    ("blue", "animals", "is_taught"),
    [
        (MIN_POSITIONS, 12, True),
        (MIN_POSITIONS - 1, 12, False),
        (0, 12, False),
        (2, 2, True),  # fewer animals than the least number: each must have it
        (1, 2, False),
        (1, 1, True),
        (0, 1, False),
    ],
)
def test_a_keypoint_is_taught_from_the_least_number_of_positions_on(
    world, blue, animals, is_taught
):
    labels = labels_with_blue(world, blue, animals)
    found = taught_keypoints(labels, world.training(), world.augment())
    assert found == (("red", "green", "blue") if is_taught else ("red", "green"))


@given(st.integers(0, 2**16), st.integers(0, 8), st.sampled_from([0.0, 0.5]))
def test_taught_is_what_enough_usable_animals_show_in_one_mirror_image_or_the_other(
    world, seed, animals, flip
):
    """Against loops over every animal and keypoint."""
    random = np.random.default_rng(seed)
    labels = world.labels(["lab"] * (animals + 1)).select(np.arange(animals))
    state = random.choice([int(s) for s in LabelState], labels.state.shape)
    boxes = np.where(random.random((animals, 1)) < 0.2, np.nan, labels.box_xyxy_px)
    xy = np.where((state >= LabelState.OCCLUDED)[..., None], [30.0, 30.0], np.nan)
    labels = replace(labels, state=state, xy_px=xy, box_xyxy_px=boxes)
    usable = [a for a in range(animals) if np.isfinite(boxes[a]).all() and max(state[a]) >= 2]
    partner = {"red": "green", "green": "red", "blue": "blue"}
    expected = []
    for name in world.space.keypoints:
        shown = {name, partner[name]} if flip else {name}
        positions = sum(state[a, world.space.index(k)] >= 2 for a in usable for k in shown)
        if positions and positions >= min(MIN_POSITIONS, len(usable)):
            expected.append(name)
    found = taught_keypoints(labels, world.training(), world.augment(flip=flip))
    assert found == tuple(expected)


def test_what_is_held_out_to_stop_early_teaches_nothing(world):
    labels = world.labels(["lab"] * 12)
    rule = EarlyStoppingSettings(fraction=0.5, every_steps=1, patience=1)
    is_held = choose_held_out(labels, rule.fraction)
    only_held = np.where(is_held, LabelState.VISIBLE, LabelState.NOT_IN_DATASET)
    state = labels.state.copy()
    state[:, world.space.index("blue")] = only_held
    xy = np.where((state >= LabelState.OCCLUDED)[..., None], labels.xy_px, np.nan)
    labels = replace(labels, state=state, xy_px=xy)
    assert taught_keypoints(labels, world.training(), world.augment())[-1] == "blue"
    found = taught_keypoints(labels, world.training(early_stopping=rule), world.augment())
    assert found == ("red", "green")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (SCRATCH, ("blue",)),
        (NEW_HEAD, ("blue",)),
        (NAIVE, ("red", "blue")),
        (MEMORY_REPLAY, ("red", "blue")),
        (ZERO_SHOT, ("red",)),
    ],
)
def test_a_child_knows_what_its_head_was_taught(world, mode, expected):
    parent = replace(world.bundle(), taught=("red",))
    assert start_from(parent, mode, ("lab",), ("blue",)).taught == expected


def test_a_child_of_a_parent_of_whom_nobody_knows_counts_as_taught_everything(world):
    child = start_from(world.bundle(), NAIVE, ("lab",), ("blue",))
    assert child.is_taught.all()


def test_a_teacher_does_not_teach_what_it_was_not_taught(world):
    """Even where its scores for such a keypoint are as high as for the others."""
    teacher = replace(world.bundle(), taught=("red", "green"))
    teacher.network.head.bias.data.fill_(0.9)  # sure of everything, everywhere
    labels = world.labels(["lab"] * 6, {"lab": ["green", "blue"]})
    completed = with_memory(
        labels,
        teacher,
        MEMORY_REPLAY,
        {"read_image": world.read_image, **LOOK},
        {"min_score": 0.0, "min_overlap": 0.0},
    )
    blue, green = world.space.index("blue"), world.space.index("green")
    assert (completed.state[:, green] == LabelState.TAUGHT).any()
    assert (completed.state[:, blue] == LabelState.NOT_IN_DATASET).all()
    knows_all, _ = predict_labels([replace(teacher, taught=None)], labels, world.read_image, **LOOK)
    assert np.isfinite(knows_all).all()
