"""A network of one keypoint space becomes the start of one of another."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_networks import pyramid_bundle, square_crop

from superanimal_core.inference.labeled import predict_labels
from superanimal_core.models.replayed_labels import with_memory
from superanimal_core.pose.keypoints import KeypointSpace, extend_space
from superanimal_core.pose.labels import LabelState
from superanimal_core.training.label_training import fit_labels
from superanimal_core.training.starting_weights import (
    MEMORY_REPLAY,
    NAIVE,
    NEW_HEAD,
    ZERO_SHOT,
    start_from,
)

CPU = torch.device("cpu")
OLD = KeypointSpace("old", ("green", "red"))
EXTENDED = extend_space(OLD, "extended", ("blue",))
MIXED = KeypointSpace("mixed", ("blue", "red", "green"))
OTHER = KeypointSpace("other", ("blue",))
LOOK = {"batch": 16, "precision": "float32", "device": CPU}
REPLAY = {"min_score": 0.3, "min_overlap": 0.3}


def parent_of(world, space=OLD, **more):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    return replace(pyramid_bundle(space, crop=square_crop(margin=1.0)), **more)


def labels_in(world, space, defined, count, first=0):
    """Labels of the world's pictures in another space; what is not `defined` no label knows."""
    labels = world.labels(["lab"] * (first + count)).select(np.arange(first, first + count))
    xy = np.full((count, len(space), 2), np.nan)
    state = np.full((count, len(space)), int(LabelState.NOT_IN_DATASET))
    for name in defined:
        xy[:, space.index(name)] = labels.xy_px[:, world.space.index(name)]
        state[:, space.index(name)] = LabelState.VISIBLE
    return replace(labels, space=space, xy_px=xy, state=state, score=np.ones(state.shape))


def trained(world, bundle, labels, **changes):
    fit_labels(
        bundle,
        labels,
        world.read_image,
        world.training(weight_decay=0.0, **changes),
        world.augment(),
        seed=0,
        device=CPU,
        tell=lambda done, note: None,
    )
    return bundle


def error_px(world, bundle, keypoint):
    """The median over pictures: where a dot is covered by another, nobody sees where it is."""
    labels = labels_in(world, bundle.space, [keypoint], 32, first=96)
    found, _ = predict_labels([bundle], labels, world.read_image, **LOOK)
    column = bundle.space.index(keypoint)
    return float(np.nanmedian(np.linalg.norm(found[0] - labels.xy_px, axis=2)[:, column]))


@pytest.mark.parametrize("mode", [NAIVE, MEMORY_REPLAY])
def test_shared_keypoints_keep_their_channels(world, mode):
    parent = parent_of(world, terms=("t",), trained_on=("old",))
    child = start_from(parent, mode, ("lab",), ("blue",), space=EXTENDED)
    assert child.space == EXTENDED
    assert (child.terms, child.trained_on) == (("t",), ("old", "lab"))
    assert child.taught == ("green", "red", "blue")
    for name, value in parent.network.state_dict().items():
        now = child.network.state_dict()[name]
        if name.startswith("head."):
            assert torch.equal(now[:2], value)
            assert len(now) == 3
        else:
            assert torch.equal(now, value)


def test_what_the_parent_was_not_taught_and_no_label_teaches_stays_untaught(world):
    parent = parent_of(world, taught=("red",))
    assert start_from(parent, NAIVE, ("lab",), ("blue",), space=EXTENDED).taught == ("red", "blue")
    assert start_from(parent, ZERO_SHOT, (), ("blue",), space=EXTENDED).taught == ("red",)
    assert start_from(parent, NEW_HEAD, ("lab",), ("blue",), space=OTHER).taught == ("blue",)


def test_a_new_head_in_another_space_keeps_the_encoder_alone(world):
    parent = parent_of(world)
    child = start_from(parent, NEW_HEAD, ("lab",), ("blue",), space=OTHER)
    assert child.space == OTHER
    before, after = parent.network.state_dict(), child.network.state_dict()
    assert all(torch.equal(after[n], v) for n, v in before.items() if n.startswith("backbone."))
    assert len(after["head.weight"]) == 1


def test_the_same_keypoints_under_another_name_of_the_space_are_the_same_network(world):
    parent, renamed = parent_of(world), KeypointSpace("renamed", OLD.keypoints)
    child = start_from(parent, NAIVE, ("lab",), ("red",), space=renamed)
    assert child.network is parent.network
    assert child.space == renamed


def test_replay_asks_the_parent_for_what_both_know(world):
    parent = trained(world, parent_of(world), labels_in(world, OLD, OLD.keypoints, 48), steps=120)
    labels = labels_in(world, MIXED, ["blue", "green"], 12, first=50)
    look = {"read_image": world.read_image, **LOOK}
    completed = with_memory(labels, parent, MEMORY_REPLAY, look, REPLAY)
    red, green, blue = (MIXED.index(name) for name in ("red", "green", "blue"))
    is_taught = completed.state == LabelState.TAUGHT
    assert is_taught[:, red].mean() > 0.8
    assert not is_taught[:, [green, blue]].any()
    truth = labels_in(world, MIXED, MIXED.keypoints, 12, first=50).xy_px
    np.testing.assert_array_equal(completed.xy_px[:, [green, blue]], truth[:, [green, blue]])
    off = np.linalg.norm(completed.xy_px - truth, axis=2)[:, red]
    assert np.nanmedian(off) < 3
    assert with_memory(labels, parent, NAIVE, look, REPLAY) is labels


def test_an_extended_network_learns_its_own_keypoint_and_keeps_the_parents(world):
    parent = trained(world, parent_of(world), labels_in(world, OLD, OLD.keypoints, 64), steps=150)
    before = {name: error_px(world, parent, name) for name in OLD.keypoints}
    labels = labels_in(world, EXTENDED, ["blue", "red"], 32, first=64)
    look = {"read_image": world.read_image, **LOOK}
    completed = with_memory(labels, parent, MEMORY_REPLAY, look, REPLAY)
    start = start_from(parent, MEMORY_REPLAY, ("lab",), ("blue", "red"), space=EXTENDED)
    untrained = error_px(world, start, "blue")
    child = trained(world, start, completed, steps=120)
    assert error_px(world, child, "blue") < 0.3 * untrained
    for name, error in before.items():
        assert error_px(world, child, name) < 1.15 * error + 0.2
