import numpy as np
import pytest
import torch

from superanimal_core.errors import TrainingError
from superanimal_core.training.early_stopping import choose_held_out
from superanimal_core.training.history import EARLY_STOPPING, TIME
from superanimal_core.training.label_training import fit_labels
from superanimal_core.training.time_limit import time_limit

LOOKS = {"fraction": 0.25, "every_steps": 2, "patience": 3}


def train(world, labels, read_image=None, is_time_over=None, **changes):
    state, steps, history = trained(world, labels, read_image, is_time_over, **changes)
    return state, steps, list(zip(history.step, history.held_out_px, strict=True))


def trained(world, labels, read_image=None, is_time_over=None, **changes):
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
        is_time_over=is_time_over,
    )
    return bundle.network.state_dict(), steps, history


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


def test_the_history_tells_how_many_steps_were_done_and_what_ended_them(world):
    labels = world.labels(["lab"] * 8)
    *_, whole = trained(world, labels, steps=4)
    assert (whole.steps, whole.ended_by) == (4, "")
    still = {"learning_rate": 1e-12, "warmup_steps": 0, "ema_decay": 0.0}
    _, steps, early = trained(world, labels, steps=60, early_stopping=LOOKS, **still)
    assert early.ended_by == EARLY_STOPPING
    assert early.steps == steps[-1] < 60


@pytest.mark.parametrize(
    ("step", "done", "ended_by"), [(1, 1, TIME), (3, 3, TIME), (4, 4, ""), (5, 4, "")]
)
def test_where_the_time_is_over_the_step_that_was_begun_is_the_last(world, step, done, ended_by):
    """And the weights are those of a training of so many steps; the last of all ends it anyway."""
    labels, asked = world.labels(["lab"] * 8), []

    def is_over():
        asked.append(1)
        return len(asked) >= step

    how = {"warmup_steps": 0, "learning_rate": 1e-3}
    state, steps, history = trained(world, labels, is_time_over=is_over, steps=4, **how)
    assert (history.steps, history.ended_by, steps[-1]) == (done, ended_by, done)
    assert len(history.loss) == 1
    if not ended_by:
        expected, *_ = trained(world, labels, steps=4, **how)
        assert all(torch.equal(state[name], expected[name]) for name in state)


@pytest.mark.parametrize(("passed_s", "is_over"), [(0.0, False), (89.9, False), (90.0, True)])
def test_a_limit_of_time_counts_from_its_first_moment(passed_s, is_over):
    now_s = [1000.0]
    is_time_over = time_limit(1.5, lambda: now_s[0])
    now_s[0] += passed_s
    assert is_time_over() == is_over
    assert time_limit(None) is None
