import multiprocessing
import socket
from dataclasses import replace

import pytest
import torch
import torch.distributed as dist
from test_unlabeled import POSES, TEMPORAL, settings_of, trained
from tiny_networks import pyramid_bundle, square_crop, vit_bundle

from superanimal_core.errors import TrainingError
from superanimal_core.settings import PatchMaskSettings
from superanimal_core.training import label_training
from superanimal_core.training.batches import labeled_stream
from superanimal_core.training.loop import fit
from superanimal_core.training.objectives import supervised_objective
from superanimal_core.training.processes import Processes, processes_here

CPU = torch.device("cpu")
COUNT = 2


CLIP = 40.0  # gradients are 55 to 73 long, and all of them are clipped; half of them would not be


def train(world, batch=5):
    """Labs that define different keypoints, so that the processes' parts weigh differently.

    Normalization is frozen: on CPUs each process would normalize by its own part.
    """
    bundle = world.bundle()
    history = label_training.fit_labels(
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


def train_on_two_streams(world):
    """The same with two streams, of which the second counts half, and more from step to step.

    Gradients are 80 to 230 long: clipped in the later steps only, they show a wrong scale, which
    the optimizer alone would hide.
    """
    changes = {"steps": 4, "frozen_batch_norm": True, "gradient_clip": 150.0}
    bundle, training = world.bundle(), world.training(**changes)
    undefined = {"a": {"part": ["red", "blue"]}, "b": {"full": ["green"]}}
    streams = {
        name: labeled_stream(
            world.labels(["full", "part"] * 4, undefined[name]),
            world.read_image,
            bundle.crop,
            world.augment(rotation_deg=20.0),
            batch=batch,
            sampling_temperature=1.0,
            seed=batch,
            processes=processes_here(),
        )
        for name, batch in (("a", 5), ("b", 3))
    }
    first, second = (supervised_objective(name, bundle.network, training) for name in "ab")
    second = replace(second, importance=lambda step: 0.5 + step)
    history = fit(
        bundle.network,
        streams,
        [first, second],
        training.model_copy(update={"log_every_steps": 1}),
        normalize=bundle.crop.normalize,
        device=CPU,
        tell=lambda step, note: None,
    )
    return history.loss, bundle.network.state_dict()


def train_on_windows(world):
    """Labels and three windows of video, which two processes cannot share evenly."""
    light = {"log_weight": 6.0}
    settings = settings_of(windows=3, temporal=TEMPORAL | light, pose_pca=POSES | light)
    how = {"steps": 3, "frozen_batch_norm": True, "gradient_clip": 1e3, "learning_rate": 1e-3}
    weights, history = trained(world, settings, batch=5, **how)
    return history.loss, weights


def context_bundle(world):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    return pyramid_bundle(world.space, crop=square_crop(margin=1.0), architecture="pyramid_context")


def train_with_context(world):
    """The same for a network that looks at neighboring frames."""
    settings = settings_of(windows=3, temporal=TEMPORAL | {"log_weight": 6.0})
    how = {"steps": 3, "frozen_batch_norm": True, "gradient_clip": 1e3, "learning_rate": 1e-3}
    weights, history = trained(world, settings, batch=5, bundle=context_bundle(world), **how)
    return history.loss, weights


def train_a_transformer(world):
    """The same for a vision transformer, of whose crops squares are blanked."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    bundle = vit_bundle(world.space, crop=square_crop(margin=1.0))
    masks = PatchMaskSettings(patch_px=16, initial=0.1, final=0.5, begin=0.0, end=1.0)
    history = label_training.fit_labels(
        bundle,
        world.labels(["full", "part"] * 4, {"part": ["red", "blue"]}),
        world.read_image,
        world.training(steps=4, batch=5, log_every_steps=1, frozen_batch_norm=True),
        world.augment(rotation_deg=20.0, patch_mask=masks),
        seed=0,
        device=CPU,
        tell=lambda step, note: None,
    )
    return history.loss, bundle.network.state_dict()


def train_together(train, world, rank, port, found):
    address = f"tcp://127.0.0.1:{port}"
    dist.init_process_group("gloo", init_method=address, rank=rank, world_size=COUNT)
    losses, weights = train(world)
    found.put((rank, losses, {name: value.numpy() for name, value in weights.items()}))
    dist.destroy_process_group()


def together(train, world):
    """What each of two processes found, by rank."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    spawned = multiprocessing.get_context("spawn")
    queue = spawned.SimpleQueue()
    ranks = [
        spawned.Process(target=train_together, args=(train, world, rank, port, queue))
        for rank in range(COUNT)
    ]
    for process in ranks:
        process.start()
    found = {rank: rest for rank, *rest in (queue.get() for _ in ranks)}
    for process in ranks:
        process.join()
    return found


@pytest.mark.parametrize(
    "train",
    [
        train,
        pytest.param(train_on_two_streams, marks=pytest.mark.slow),
        pytest.param(train_on_windows, marks=pytest.mark.slow),
        pytest.param(train_a_transformer, marks=pytest.mark.slow),
    ],
)
def test_two_processes_train_as_one(train, world):
    losses, weights = train(world)
    found = together(train, world)
    assert losses[-1] != losses[0]
    for rank in range(COUNT):
        assert found[rank][0] == pytest.approx(losses, rel=1e-6, abs=1e-5)
    for name, value in weights.items():
        first, second = (torch.from_numpy(found[rank][1][name]) for rank in range(COUNT))
        assert torch.equal(first, second), name
        torch.testing.assert_close(first, value, rtol=1e-3, atol=1e-4, msg=name)


@pytest.mark.slow
def test_two_processes_train_a_network_with_context_as_one(world):
    """Of its many gradients some are nothing but rounding, which AdamW makes steps of."""
    losses, weights = train_with_context(world)
    found = together(train_with_context, world)
    start = context_bundle(world).network.state_dict()
    moved = [name for name, value in weights.items() if not torch.equal(value, start[name])]
    assert any(name.startswith("context.") for name in moved)
    for rank in range(COUNT):
        assert found[rank][0] == pytest.approx(losses, rel=1e-6, abs=1e-5)
        apart = [torch.from_numpy(found[rank][1][name]) - weights[name] for name in moved]
        way = [weights[name] - start[name] for name in moved]
        assert length(apart) < 0.02 * length(way)


def length(tensors):
    return torch.cat([tensor.flatten() for tensor in tensors]).norm()


def test_a_batch_smaller_than_the_group_is_refused(world, monkeypatch):
    monkeypatch.setattr(label_training, "processes_here", lambda: Processes(0, COUNT))
    with pytest.raises(TrainingError, match="1, but 2 processes"):
        train(world, batch=1)
