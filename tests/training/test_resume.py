import multiprocessing
import os
import signal

import numpy as np
import pytest
import torch
from dot_world import with_boxes

from superanimal_core.jobs.training_checkpoints import CHECKPOINT, folder_checkpoints
from superanimal_core.network.detector import new_detector
from superanimal_core.training.detector_loop import fit_detector
from superanimal_core.training.label_training import fit_labels

CPU = torch.device("cpu")
STEPS = 9
LOOKS = {"fraction": 0.3, "every_steps": 2, "patience": 9}
ALWAYS, NEVER = 0.0, 1e9  # minutes between checkpoints


def train(world, folder, minutes, tell=lambda step, note: None):
    """Nine steps with every kind of randomness; the network's weights and the history."""
    bundle = world.bundle()
    augment = world.augment(rotation_deg=20.0, noise=0.02, flip=0.5, cutout=0.5, blur=0.5)
    with folder_checkpoints(folder, minutes) as checkpoints:
        history = fit_labels(
            bundle,
            world.labels(["lab"] * 6),
            world.read_image,
            world.training(steps=STEPS, batch=4, log_every_steps=4, early_stopping=LOOKS),
            augment,
            seed=3,
            device=CPU,
            tell=tell,
            checkpoints=checkpoints,
        )
    return bundle.network.state_dict(), history


def train_until(world, folder, minutes, last, number):
    """Send this process a signal after a step."""
    torch.rand(5)  # a resumed training must not depend on what was drawn before it

    def tell(step, _note):
        if step == last:
            os.kill(os.getpid(), number)

    train(world, folder, minutes, tell)


def killed(world, folder, minutes, last, number):
    job = multiprocessing.get_context("spawn").Process(
        target=train_until, args=(world, folder, minutes, last, number)
    )
    job.start()
    job.join()
    return -job.exitcode


@pytest.fixture(scope="module")
def undisturbed(world, tmp_path_factory):
    return train(world, tmp_path_factory.mktemp("undisturbed"), NEVER)


def assert_same(found, expected):
    assert found[1] == expected[1]
    assert found[0].keys() == expected[0].keys()
    assert all(torch.equal(found[0][name], expected[0][name]) for name in expected[0])


@pytest.mark.slow
def test_a_training_killed_at_random_steps_ends_as_if_it_had_not_been(world, tmp_path, undisturbed):
    first, second = sorted(np.random.default_rng().choice(np.arange(1, STEPS), 2, replace=False))
    assert killed(world, tmp_path, ALWAYS, first, signal.SIGKILL) == signal.SIGKILL
    assert killed(world, tmp_path, ALWAYS, second, signal.SIGKILL) == signal.SIGKILL
    steps = []
    found = train(world, tmp_path, NEVER, lambda step, note: steps.append(step))
    assert steps == list(range(second + 1, STEPS + 1)), (first, second)
    assert_same(found, undisturbed)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR2])
def test_a_signal_is_obeyed_after_the_checkpoint(world, tmp_path, undisturbed, number):
    assert killed(world, tmp_path, NEVER, 5, number) == number
    steps = []
    found = train(world, tmp_path, NEVER, lambda step, note: steps.append(step))
    assert steps[0] == 7  # the step that the signal fell into was finished
    assert_same(found, undisturbed)


def test_a_signal_that_somebody_handles_reaches_them_and_the_training_goes_on(
    world, tmp_path, undisturbed
):
    heard = []
    before = signal.signal(signal.SIGUSR2, lambda number, frame: heard.append(number))

    def tell(step, _note):
        if step in (2, 4):
            os.kill(os.getpid(), signal.SIGUSR2)

    try:
        found = train(world, tmp_path, NEVER, tell)
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert heard == [signal.SIGUSR2] * 2
    assert_same(found, undisturbed)


def train_detector(world, folder, minutes, tell=lambda step, note: None):
    """Nine steps of a detector; its weights and the history."""
    torch.manual_seed(0)
    detector = new_detector("lcnet_035", 64, (0.5,) * 3, (0.2,) * 3, ("lab",))
    with folder_checkpoints(folder, minutes) as checkpoints:
        history = fit_detector(
            detector,
            with_boxes(world.labels(["lab"] * 6)),
            world.read_image,
            world.augment(noise=0.02, flip=0.5, scale=0.2),
            steps=STEPS,
            batch=2,
            learning_rate=0.002,
            seed=3,
            device=CPU,
            tell=tell,
            checkpoints=checkpoints,
        )
    return detector.network.state_dict(), history


def test_a_stopped_training_of_a_detector_goes_on_as_if_it_had_not_been(world, tmp_path):
    class StoppedError(Exception):
        pass

    def stop(step, _note):
        if step == 6:
            raise StoppedError

    with pytest.raises(StoppedError):
        train_detector(world, tmp_path / "stopped", ALWAYS, stop)
    steps = []
    found = train_detector(world, tmp_path / "stopped", NEVER, lambda step, _: steps.append(step))
    assert steps == [7, 8, 9]
    assert_same(found, train_detector(world, tmp_path / "undisturbed", NEVER))


def test_a_half_written_checkpoint_is_never_read(world, tmp_path, undisturbed):
    (tmp_path / f".{CHECKPOINT}.half").write_bytes(b"torn")
    assert_same(train(world, tmp_path, NEVER), undisturbed)
