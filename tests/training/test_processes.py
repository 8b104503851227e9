import multiprocessing
import socket

import pytest
import torch
import torch.distributed as dist

from superanimal_core.errors import TrainingError
from superanimal_core.training import loop
from superanimal_core.training.processes import Processes

CPU = torch.device("cpu")
COUNT = 2


CLIP = 40.0  # gradients are 55 to 73 long, and all of them are clipped; half of them would not be


def train(world, batch=5):
    """Labs that define different keypoints, so that the processes' parts weigh differently.

    Normalization is frozen: on CPUs each process would normalize by its own part.
    """
    bundle = world.bundle()
    history = loop.fit(
        bundle,
        world.labels(["full", "part"] * 4, {"part": ["red", "blue"]}),
        world.read_image,
        world.training(
            steps=6, batch=batch, log_every_steps=1, frozen_batch_norm=True, gradient_clip=CLIP
        ),
        world.augment(rotation_deg=20.0, noise=0.02, flip=0.5),
        seed=0,
        device=CPU,
        tell=lambda step, note: None,
    )
    return history.loss, bundle.network.state_dict()


def train_together(world, rank, port, answers):
    address = f"tcp://127.0.0.1:{port}"
    dist.init_process_group("gloo", init_method=address, rank=rank, world_size=COUNT)
    losses, weights = train(world)
    answers.put((rank, losses, {name: value.numpy() for name, value in weights.items()}))
    dist.destroy_process_group()


def together(world):
    """What each of two processes found, by rank."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    spawned = multiprocessing.get_context("spawn")
    answers = spawned.SimpleQueue()
    ranks = [
        spawned.Process(target=train_together, args=(world, rank, port, answers))
        for rank in range(COUNT)
    ]
    for process in ranks:
        process.start()
    found = {rank: rest for rank, *rest in (answers.get() for _ in ranks)}
    for process in ranks:
        process.join()
    return found


def test_two_processes_train_as_one(world):
    losses, weights = train(world)
    found = together(world)
    assert losses[-1] != losses[0]
    for rank in range(COUNT):
        assert found[rank][0] == pytest.approx(losses, abs=1e-5)
    for name, value in weights.items():
        first, second = (torch.from_numpy(found[rank][1][name]) for rank in range(COUNT))
        assert torch.equal(first, second), name
        torch.testing.assert_close(first, value, rtol=1e-3, atol=1e-4, msg=name)


def test_a_batch_smaller_than_the_group_is_refused(world, monkeypatch):
    monkeypatch.setattr(loop, "processes_here", lambda: Processes(0, COUNT))
    with pytest.raises(TrainingError, match="1, but 2 processes"):
        train(world, batch=1)
