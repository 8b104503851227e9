from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.inference.labeled import predict_labels
from superanimal_core.network.bundle import new_bundle
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.training.label_training import fit_labels
from superanimal_core.training.replay import complete_labels, is_same_animal
from superanimal_core.training.starting_weights import (
    MEMORY_REPLAY,
    NAIVE,
    NEW_HEAD,
    SCRATCH,
    start_from,
)

CPU = torch.device("cpu")
SPACE = KeypointSpace("s", ("a", "b", "c", "d"))
LIMITS = {"min_score": 0.7, "min_overlap": 0.5}


def lab(n, seed):
    """Animals with every state of labels; the first two keypoints are always labeled."""
    random = np.random.default_rng(seed)
    low = random.uniform(0, 100, (n, 2))
    xy = low[:, None] + random.uniform(0, 80, (n, 4, 2))
    state = random.choice([0, 1, 2, 3], (n, 4))
    state[:, :2] = LabelState.VISIBLE
    located = state >= LabelState.OCCLUDED
    labels = Labels(
        space=SPACE,
        source=np.full(n, "lab"),
        image=np.arange(n).astype(str),
        image_size_px=np.full((n, 2), 200),
        individual=np.full(n, "animal0"),
        group=np.full(n, "g"),
        split=np.full(n, "train"),
        box_xyxy_px=np.concatenate([low, low + 80], axis=1),
        xy_px=np.where(located[..., None], xy, np.nan),
        state=state.astype(int),
        score=np.ones((n, 4)),
    )
    return labels, xy


@given(st.integers(0, 2**16))
def test_replay_never_changes_ground_truth_and_teaches_only_what_is_sure(seed):
    labels, truth = lab(12, seed)
    random = np.random.default_rng(seed + 1)
    teacher = truth + random.normal(0, 2, truth.shape)
    teacher[::4] += 300.0  # another animal
    score = random.uniform(0, 1, truth.shape[:2])
    found = complete_labels(labels, teacher, score, **LIMITS)
    same = is_same_animal(labels, teacher, score, **LIMITS)
    assert not same[::4].any()
    for animal in range(len(labels)):
        for k in range(len(SPACE)):
            is_undefined = labels.state[animal, k] == LabelState.NOT_IN_DATASET
            if is_undefined and score[animal, k] >= 0.7 and same[animal]:
                assert found.state[animal, k] == LabelState.TAUGHT
                np.testing.assert_array_equal(found.xy_px[animal, k], teacher[animal, k])
                assert found.score[animal, k] == score[animal, k]
            else:
                assert found.state[animal, k] == labels.state[animal, k]
                np.testing.assert_array_equal(found.xy_px[animal, k], labels.xy_px[animal, k])


def test_an_animal_is_the_same_when_the_keypoints_that_both_know_agree():
    labels, truth = lab(5, 0)
    score = np.ones(truth.shape[:2])
    assert is_same_animal(labels, truth, score, **LIMITS).all()
    unsure = score.copy()
    unsure[1, labels.is_located[1]] = 0.5
    assert list(is_same_animal(labels, truth, unsure, **LIMITS)) == [True, False, True, True, True]
    far = truth.copy()
    far[:, 3] += 1000.0  # a keypoint that no label contradicts says nothing about the animal
    undefined = labels.state[:, 3] < LabelState.OCCLUDED
    assert is_same_animal(labels, far, score, **LIMITS)[undefined].all()


def test_a_score_of_just_the_limit_teaches_and_speaks_for_the_animal():
    labels, truth = lab(5, 0)
    score = np.full(truth.shape[:2], LIMITS["min_score"])
    assert is_same_animal(labels, truth, score, **LIMITS).all()
    found = complete_labels(labels, truth, score, **LIMITS)
    is_undefined = labels.state == LabelState.NOT_IN_DATASET
    assert is_undefined.any()
    assert (found.state[is_undefined] == LabelState.TAUGHT).all()


def test_without_animals_nothing_is_completed():
    labels, truth = lab(3, 0)
    none = labels.select(np.array([], int))
    assert len(complete_labels(none, truth[:0], np.ones((0, 4)), **LIMITS)) == 0


def state_of(bundle):
    return {name: value.clone() for name, value in bundle.network.state_dict().items()}


def test_a_new_head_keeps_the_encoder_only_and_the_other_modes_everything(world):
    parent = world.bundle()
    before = state_of(parent)
    torch.manual_seed(5)
    after = state_of(start_from(parent, NEW_HEAD, ("new",), ("red",)))
    encoder = [name for name in before if name.startswith("backbone.")]
    assert encoder
    assert all(torch.equal(before[name], after[name]) for name in encoder)
    assert not torch.equal(before["head.weight"], after["head.weight"])
    for mode in (NAIVE, MEMORY_REPLAY):
        start = start_from(parent, mode, ("new", "lab"), ("red",))
        assert all(torch.equal(before[name], value) for name, value in state_of(start).items())
        assert start.trained_on == ("lab", "new")


@pytest.mark.parametrize(
    ("mode", "terms"),
    [(NEW_HEAD, ("t",)), (NAIVE, ("t",)), (MEMORY_REPLAY, ("t",)), (SCRATCH, ())],
)
def test_terms_of_use_go_with_what_is_kept_of_a_network(world, mode, terms):
    parent = replace(world.bundle(), terms=("t",))
    assert start_from(parent, mode, ("new",), ("red",)).terms == terms


def error_px(world, bundle, labels, keypoint):
    predicted, _ = predict_labels(
        [bundle], labels, world.read_image, batch=16, precision="float32", device=CPU
    )
    k = world.space.index(keypoint)
    return float(np.linalg.norm(predicted[0, :, k] - labels.xy_px[:, k], axis=1).mean())


def trained(world, bundle, labels, **changes):
    training = world.training(weight_decay=0.0, **changes)
    fit_labels(
        bundle,
        labels,
        world.read_image,
        training,
        world.augment(),
        seed=0,
        device=CPU,
        tell=lambda done, note: None,
    )
    return bundle


def test_naive_training_teaches_the_mapped_channels_only(world):
    parent = world.bundle()
    before = state_of(parent)
    labels = world.labels(["lab"] * 4, {"lab": ["blue"]})
    child = trained(
        world, start_from(parent, NAIVE, ("lab",), ("red", "green")), labels, steps=3, ema_decay=0.0
    )
    after, blue = state_of(child), world.space.index("blue")
    assert torch.equal(before["head.weight"][blue], after["head.weight"][blue])
    assert not torch.equal(before["head.weight"][:blue], after["head.weight"][:blue])


@pytest.mark.slow
def test_replay_keeps_a_keypoint_that_naive_training_loses(world):
    teacher = trained(world, world.bundle(), world.labels(["all"] * 48), steps=150)
    weights = state_of(teacher)
    test = world.labels(["all"] * 96).select(np.arange(64, 96))
    lab_labels = world.labels(["lab"] * 64, {"lab": ["blue"]}).select(np.arange(48, 64))
    predicted, score = predict_labels(
        [teacher], lab_labels, world.read_image, batch=16, precision="float32", device=CPU
    )
    completed = complete_labels(lab_labels, predicted[0], score[0], min_score=0.3, min_overlap=0.3)
    assert (completed.state == LabelState.TAUGHT).any()
    before = error_px(world, teacher, test, "blue")
    after = {}
    for mode, labels in ((NAIVE, lab_labels), (MEMORY_REPLAY, completed)):
        teacher.network.load_state_dict(weights)
        child = trained(
            world,
            start_from(teacher, mode, ("lab",), ("red", "green")),
            labels,
            steps=60,
            learning_rate=0.01,
        )
        after[mode] = error_px(world, child, test, "blue")
    assert after[MEMORY_REPLAY] <= 1.3 * before + 0.5
    assert after[NAIVE] > 1.5 * after[MEMORY_REPLAY]


@pytest.mark.parametrize(
    ("architecture", "parameters"),
    [
        ("hrnet", {"backbone": "hrnet_w18_small", "sigma_px": 4.0, "is_subpixel": True}),
        ("dilated_resnet", {"sigma_px": 11.0, "refinement_radius_px": 17.0}),
        (
            "rtmpose",
            {"depth": 0.33, "width": 0.25, "size_px": (64, 64), "sigma_bins": (5.0, 6.0)},
        ),
    ],
)
def test_networks_of_released_layouts_give_their_encoder_too(world, architecture, parameters):
    torch.manual_seed(0)
    parent = new_bundle(
        world.space,
        architecture=architecture,
        parameters=parameters,
        crop=world.bundle().crop,
        trained_on=(),
    )
    child = start_from(parent, NEW_HEAD, ("lab",), ("red",))
    before, after = state_of(parent), state_of(child)
    changed = {
        name.split(".")[0] for name, value in before.items() if not torch.equal(value, after[name])
    }
    assert changed
    assert "backbone" not in changed
