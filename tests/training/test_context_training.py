"""Training with windows of neighboring frames: what a step sees, and that something is learned."""

import multiprocessing
import os
import signal

import numpy as np
import pytest
import torch
from dot_world import SPACE, with_boxes
from test_unlabeled import (
    FRAMES,
    POSES,
    TEMPORAL,
    VIDEOS,
    Cinema,
    Kept,
    same,
    settings_of,
    trained,
)
from tiny_networks import pyramid_bundle, square_crop

from superanimal_core.jobs.training_checkpoints import folder_checkpoints
from superanimal_core.settings import PatchMaskSettings
from superanimal_core.training.batches import labeled_stream
from superanimal_core.training.label_training import fit_labels, learning_stream
from superanimal_core.training.processes import Processes
from superanimal_core.training.unlabeled import frames_around, window_stream
from superanimal_core.training.unlabeled_objectives import see, unlabeled_objectives

ASLEEP = {"frozen_until": 1.0, "increase": 1.0}
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


@pytest.mark.slow
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


# ── unlabeled video ──────────────────────────────────────────────────────────────────────────────


def test_each_frame_of_a_sequence_has_those_around_it_and_none_of_another_sequence():
    windows = frames_around(3, 7)
    assert windows.shape == (21, 5)
    for place, window in enumerate(windows.tolist()):
        first = place - place % 7
        expected = [min(max(place + by, first), first + 6) for by in (-2, -1, 0, 1, 2)]
        assert window == expected


def test_frames_that_pass_the_backbone_once_are_seen_as_windows_of_crops_are():
    network = network_of().network.eval()
    crops = torch.rand(8, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    windows = frames_around(2, 4)
    torch.nn.init.normal_(network.context.head.weight)  # it begins at zero
    with torch.inference_mode():
        once, five = network(crops, windows), network(crops[windows])
    for one, other in zip(once, five, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_both_heads_are_asked_and_none_about_the_other(world):
    """Each head stands still, somewhere else: no jump, although both are in one batch."""
    bundle = network_of()
    network = bundle.network
    alone, context = (torch.zeros(2 * FRAMES, 3, 16, 16) for _ in range(2))
    alone[:, :, 4, 4], context[:, :, 12, 9] = 1.0, 1.0
    batch = stream_of_video(world)(0)
    found = see(network, (alone, context), batch)
    assert found.xy_px.shape == (4 * FRAMES, 3, 2)
    apart = (found.xy_px[: 2 * FRAMES] - found.xy_px[2 * FRAMES :]).norm(dim=-1)
    assert apart.min() > 10
    losses = settings_of(temporal=TEMPORAL)
    how = {"frames": FRAMES, "is_taught": torch.ones(3, dtype=torch.bool), "steps": 1}
    [jumps] = unlabeled_objectives("video", network, losses, {}, **how)
    assert jumps.measure((alone, context), batch)[0] == 0
    moved = context.clone()
    moved[1] = context[1].roll(5, dims=-1)
    assert jumps.measure((alone, moved), batch)[0] > 0
    moved = alone.clone()
    moved[1] = alone[1].roll(5, dims=-1)
    assert jumps.measure((moved, context), batch)[0] > 0


def stream_of_video(world):
    return window_stream(
        VIDEOS,
        Cinema(world),
        square_crop(),
        world.augment(),
        keypoints=3,
        frames=FRAMES,
        windows=2,
        seed=5,
        processes=ONE,
        has_context=True,
    )


def test_a_network_with_context_learns_from_unlabeled_video_and_goes_on_bit_by_bit(world):
    settings = settings_of(temporal=TEMPORAL, pose_pca=POSES)
    whole, _ = trained(world, settings, bundle=network_of())
    asleep, _ = trained(world, settings_of(temporal=TEMPORAL, anneal=ASLEEP), bundle=network_of())
    assert not torch.equal(whole["context.head.weight"], asleep["context.head.weight"])
    kept = Kept(stop_after=5)
    with pytest.raises(KeyboardInterrupt):
        trained(world, settings, checkpoints=kept, bundle=network_of())
    kept.stop_after = None
    resumed, _ = trained(world, settings, checkpoints=kept, bundle=network_of())
    assert same(resumed, whole)
