"""Training with windows of neighboring frames: what a step sees, and that something is learned."""

import multiprocessing
import os
import signal

import numpy as np
import pytest
import torch
from dot_world import SPACE, with_boxes
from test_unlabeled import VIDEOS, settings_of
from tiny_networks import pyramid_bundle, square_crop

from superanimal_core.errors import TrainingError
from superanimal_core.jobs.training_checkpoints import folder_checkpoints
from superanimal_core.settings import PatchMaskSettings
from superanimal_core.training.batches import labeled_stream
from superanimal_core.training.label_training import fit_labels, learning_stream
from superanimal_core.training.processes import Processes
from superanimal_core.training.unlabeled_training import fit_labels_and_videos

CPU, ONE = torch.device("cpu"), Processes(0, 1)
LOOKS = {"fraction": 0.3, "every_steps": 2, "patience": 9}
CHANGES = {"rotation_deg": 20.0, "noise": 0.02, "flip": 0.5, "cutout": 0.5, "blur": 0.5}


def network_of(architecture="pyramid_context"):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    return pyramid_bundle(SPACE, crop=square_crop(margin=1.0), architecture=architecture)


def others_beside(name):
    """Pictures of other dots as the frames beside."""
    number = int(name)
    return [str(1000 + number), str(2000 + number), name, name, str(3000 + number)]


def stream_of(world, neighbors, processes=ONE, **changes):
    return labeled_stream(
        with_boxes(world.labels(["lab"] * 6)),
        world.read_image,
        square_crop(),
        world.augment(**changes),
        batch=4,
        sampling_temperature=1.0,
        seed=3,
        processes=processes,
        neighbors=neighbors,
    )


def test_the_labeled_frame_of_a_window_is_what_a_network_without_windows_sees(world):
    for step in range(3):
        alone = stream_of(world, None, **CHANGES)(step)
        windows = stream_of(world, others_beside, **CHANGES)(step)
        assert windows.crops.shape == (4, 5, 64, 64, 3)
        assert torch.equal(windows.crops[:, 2], alone.crops)
        assert torch.equal(windows.crops[:, 3], alone.crops)
        assert not torch.equal(windows.crops[:, 1], alone.crops)
        assert torch.equal(windows.to_image, alone.to_image)
        assert torch.equal(windows.xy_px.nan_to_num(), alone.xy_px.nan_to_num())
        assert windows.images == alone.images


def test_all_frames_of_a_window_are_cut_by_the_labeled_ones_box(world):
    def shifted(name):
        """The picture of a number, or another one's whose pixels tell where they are."""
        y, x = np.mgrid[:64, :64]
        bright = 1 if "#" in name else 2
        return np.stack([bright * x, bright * y, 0 * x], axis=2).astype(np.uint8)

    labels = with_boxes(world.labels(["lab"] * 6))
    how = {"batch": 4, "sampling_temperature": 1.0, "seed": 3, "processes": ONE}
    crops = labeled_stream(
        labels,
        shifted,
        square_crop(),
        world.augment(rotation_deg=20.0),
        neighbors=lambda name: [f"#{name}"] * 2 + [name] + [f"#{name}"] * 2,
        **how,
    )(0).crops.int()
    for beside in (0, 1, 3, 4):
        assert (2 * crops[:, beside] - crops[:, 2]).abs().max() <= 2
    assert crops[:, 2].max() > 80


def test_processes_share_the_windows_of_a_batch(world):
    whole = stream_of(world, others_beside, **CHANGES)(1).crops
    for rank in range(2):
        part = stream_of(world, others_beside, Processes(rank, 2), **CHANGES)(1).crops
        assert torch.equal(part, whole[rank::2])


def test_all_frames_of_a_window_lack_the_same_squares(world):
    masks = PatchMaskSettings(patch_px=16, initial=0.5, final=0.5, begin=0.0, end=1.0)
    labels, bundle = with_boxes(world.labels(["lab"] * 6)), network_of()
    stream = learning_stream(
        labels, world.read_image, bundle, world.training(), world.augment(patch_mask=masks), 0,
        others_beside,
    )  # fmt: skip
    blank = torch.tensor([124, 116, 104], dtype=torch.uint8)
    is_blank = (stream(0).crops == blank).all(dim=4)
    assert is_blank.float().mean() == 0.5
    assert (is_blank == is_blank[:, :1]).all()
    assert not torch.equal(is_blank[0], is_blank[1])


def hidden_in_the_middle(world):
    """Labels, and pictures that are gray where the labeled frame is, or show the dots beside it."""

    def read(name):
        image = world.read_image(name.strip("<>"))
        return image if "<" in name else np.full_like(image, 60)

    return world.labels(["lab"] * 40), read, lambda name: [f"<{name}>"] * 2 + [name, name, name]


def error_px(world, architecture):
    """Of a network that learned from pictures which show nothing, between frames that do."""
    labels, read, beside = hidden_in_the_middle(world)
    bundle, neighbors = network_of(architecture), beside if "context" in architecture else None
    training = world.training(steps=120)
    fit_labels(
        bundle, labels, read, training, world.augment(), seed=0, device=CPU,
        tell=lambda *_: None, neighbors=neighbors,
    )  # fmt: skip
    batch = learning_stream(labels, read, bundle, training, world.augment(), 9, neighbors)(0)
    with torch.inference_mode():
        xy_px, _ = bundle.network.decode(bundle.network(bundle.crop.normalize(batch.crops)))
    return float((xy_px - batch.xy_px).norm(dim=2).mean())


def test_a_network_learns_from_the_frames_beside_what_its_own_does_not_show(world):
    alone = error_px(world, "pyramid")
    assert alone > 10  # a guess is as far from the dots
    assert error_px(world, "pyramid_context") < 0.6 * alone


def train(world, folder, minutes, tell=lambda *_: None):
    """Six steps on windows, with every kind of randomness; weights and history."""
    bundle = network_of()
    with folder_checkpoints(folder, minutes) as checkpoints:
        history = fit_labels(
            bundle,
            world.labels(["lab"] * 6),
            world.read_image,
            world.training(steps=6, batch=4, early_stopping=LOOKS),
            world.augment(**CHANGES),
            seed=3,
            device=CPU,
            tell=tell,
            checkpoints=checkpoints,
            neighbors=others_beside,
        )
    return bundle.network.state_dict(), history


def train_until_killed(world, folder):
    def tell(step, _note):
        if step == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    train(world, folder, 0.0, tell)


def test_a_killed_training_on_windows_goes_on_bit_by_bit(world, tmp_path):
    job = multiprocessing.get_context("spawn").Process(
        target=train_until_killed, args=(world, tmp_path / "killed")
    )
    job.start()
    job.join()
    assert job.exitcode == -signal.SIGKILL
    steps = []
    went_on, history = train(world, tmp_path / "killed", 0.0, lambda step, _: steps.append(step))
    whole, expected = train(world, tmp_path / "whole", 1e9)
    assert steps == [4, 5, 6]
    assert history == expected
    assert all(torch.equal(went_on[name], whole[name]) for name in whole)


def test_unlabeled_video_does_not_teach_a_network_with_context(world):
    with pytest.raises(TrainingError, match="cannot learn from unlabeled video"):
        fit_labels_and_videos(
            network_of(), world.labels(["lab"]), world.read_image, world.training(),
            world.augment(), unlabeled=settings_of(), subspaces={}, videos=VIDEOS,
            read_window=print, seed=0, device=CPU, tell=lambda *_: None,
        )  # fmt: skip
