import numpy as np
import pytest
import torch

from superanimal_core.errors import TrainingError
from superanimal_core.training.early_stopping import choose_held_out
from superanimal_core.training.label_training import fit_labels

LOOKS = {"fraction": 0.25, "every_steps": 2, "patience": 3}


def train(world, labels, read_image=None, **changes):
    bundle, steps = world.bundle(), []
    history = fit_labels(
        bundle,
        labels,
        read_image or world.read_image,
        world.training(**{"batch": 4, "log_every_steps": 100} | changes),
        world.augment(),
        seed=0,
        device=torch.device("cpu"),
        tell=lambda step, note: steps.append(step),
    )
    steps_and_errors = list(zip(history.step, history.held_out_px, strict=True))
    return bundle.network.state_dict(), steps, steps_and_errors


def test_whole_groups_are_held_out(world):
    labels = world.labels(["a", "b"] * 10)
    labels.group[:] = [f"video{i // 4}" for i in range(20)]
    is_held = choose_held_out(labels, 0.3)
    pairs = set(zip(labels.source[is_held], labels.group[is_held], strict=True))
    others = set(zip(labels.source[~is_held], labels.group[~is_held], strict=True))
    assert len(pairs) == 3
    assert len(others) == 7
    assert not pairs & others


def test_one_group_cannot_be_held_out(world):
    labels = world.labels(["a"] * 4)
    labels.group[:] = "video"
    with pytest.raises(TrainingError, match=r"early_stopping.*set it to null"):
        choose_held_out(labels, 0.5)


def test_a_training_that_does_not_get_better_ends_with_its_best_weights(world):
    labels = world.labels(["lab"] * 8)
    held_out = {labels.image[i] for i in np.flatnonzero(choose_held_out(labels, 0.25))}

    def spoiled(name):  # pictures to learn from say nothing: what was there at first is best
        return world.read_image(name) if name in held_out else np.zeros((64, 64, 3), np.uint8)

    changes = {"learning_rate": 0.05, "warmup_steps": 0, "ema_decay": 0.0}
    best, steps, _ = train(world, labels, spoiled, steps=60, early_stopping=LOOKS, **changes)
    assert len(steps) < 60
    best_step = steps[-1] - LOOKS["every_steps"] * LOOKS["patience"]
    whole = LOOKS | {"every_steps": best_step, "patience": 1}
    expected, steps, _ = train(world, labels, spoiled, steps=60, early_stopping=whole, **changes)
    assert steps[-1] == 2 * best_step  # one look later it was no better
    assert all(torch.equal(best[name], expected[name]) for name in best)


def test_held_out_pictures_teach_nothing(world):
    labels = world.labels(["lab"] * 8)
    is_held = choose_held_out(labels, LOOKS["fraction"])

    def changed(name):
        image = world.read_image(name)
        return 255 - image if name in set(labels.image[is_held]) else image

    looks = LOOKS | {"every_steps": 6, "patience": 9}
    first, *_ = train(world, labels, steps=6, early_stopping=looks)
    second, *_ = train(world, labels, changed, steps=6, early_stopping=looks)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_history_tells_the_last_held_out_error(world):
    labels, looks = world.labels(["lab"] * 8), LOOKS | {"every_steps": 2, "patience": 9}
    *_, fine = train(world, labels, steps=4, log_every_steps=1, early_stopping=looks)
    *_, coarse = train(world, labels, steps=4, log_every_steps=2, early_stopping=looks)
    errors = [error for _, error in fine]
    assert errors[0] is None
    assert 0 < errors[1] < 64
    assert errors[2] == errors[1] != errors[3]
    assert coarse == [fine[1], fine[3]]
    *_, without = train(world, labels, steps=2, log_every_steps=1)
    assert without == [(1, None), (2, None)]
