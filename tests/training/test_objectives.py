"""The seam for losses: one stream and one objective more is all that a new loss takes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from superanimal_core.errors import TrainingError
from superanimal_core.network.heatmaps import soft_argmax
from superanimal_core.network.pose_network import heatmaps_in
from superanimal_core.pose.labels import LabelState
from superanimal_core.training.batches import Batch, labeled_stream, make_batch
from superanimal_core.training.loop import fit
from superanimal_core.training.objectives import Objective, supervised_objective
from superanimal_core.training.processes import Processes
from superanimal_core.training.schedule import AveragedWeights, learning_rate_factor

CPU = torch.device("cpu")
ALONE = Processes(0, 1)
KEYPOINTS = ["red", "green", "blue"]
FRAMES = 4


def labeled(world, seed=3, batch=4):
    """Two labs, of which one defines a keypoint only, and every kind of random change."""
    return labeled_stream(
        world.labels(["full", "part"] * 4, {"part": ["red", "blue"]}),
        world.read_image,
        world.bundle().crop,
        world.augment(rotation_deg=20.0, noise=0.02, flip=0.5),
        batch=batch,
        sampling_temperature=2.0,
        seed=seed,
        processes=ALONE,
    )


def clips(world):
    """Unlabeled clips of an animal that stands still, each frame cut in its own way."""
    labels = world.labels(["video"] * 20, {"video": KEYPOINTS})
    augment = world.augment(shift=0.1, scale=0.2)
    crop = world.bundle().crop

    def at(step: int) -> Batch:
        generator = np.random.default_rng([7, step])
        rows = np.full(FRAMES, generator.integers(10, 20))
        images = (str(labels.image[rows[0]]),)
        generators = generator.spawn(FRAMES)
        return make_batch(labels, rows, world.read_image, augment, crop, generators, images)

    return at


def image_positions(network, outputs, batch):
    """Where the heatmaps' mean positions lie in the image."""
    xy_px = soft_argmax(heatmaps_in(outputs), network.stride_px, temperature=2.0)
    return xy_px @ batch.to_image[:, :, :2].mT + batch.to_image[:, None, :, 2]


def jumps(network, outputs, batch):
    """Squared distances between the positions in neighboring frames."""
    xy_px = image_positions(network, outputs, batch)
    return (xy_px[1:] - xy_px[:-1]).square().sum(dim=2)


def still(network, importance):
    def measure(outputs, batch):
        found = jumps(network, outputs, batch)
        return found.sum(), torch.tensor(float(found.numel()))

    return Objective("clips", importance, measure)


def trained(world, streams, objectives_of, **changes):
    """A network trained by `fit`, and the losses of its steps."""
    bundle, training = world.bundle(), world.training(log_every_steps=1, **changes)
    objectives = [of(bundle.network, training) for of in objectives_of]
    history = fit(
        bundle.network,
        streams,
        objectives,
        training,
        normalize=bundle.crop.normalize,
        device=CPU,
        tell=lambda step, note: None,
    )
    return bundle.network, history


def supervised(network, training):
    return supervised_objective("labeled", network, training)


def growing(step):
    return 0.001 * step


def by_hand(world, streams, training):
    """The same training as one would write it for these two losses."""
    bundle = world.bundle()
    network = bundle.network.train()
    how = {"lr": training.learning_rate, "weight_decay": training.weight_decay, "fused": True}
    optimizer = torch.optim.AdamW(network.parameters(), **how)
    average, losses = AveragedWeights(network, training.ema_decay), []
    for step in range(training.steps):
        taught, clip = streams["labeled"](step), streams["clips"](step)
        per_keypoint = network.keypoint_losses(
            network(bundle.crop.normalize(taught.crops)), taught.xy_px
        )
        is_known = taught.state >= LabelState.OCCLUDED
        jump = jumps(network, network(bundle.crop.normalize(clip.crops)), clip)
        loss = per_keypoint[is_known].mean() + 0.001 * step * jump.mean()
        optimizer.zero_grad()
        loss.backward()
        factor = learning_rate_factor(step, training.steps, training.warmup_steps)
        optimizer.param_groups[0]["lr"] = training.learning_rate * factor
        torch.nn.utils.clip_grad_norm_(network.parameters(), training.gradient_clip)
        optimizer.step()
        average.update(network)
        losses.append(loss.item())
    return average.state, losses


def test_fit_is_the_loop_that_one_would_write_for_two_losses(world):
    streams = {"labeled": labeled(world), "clips": clips(world)}
    expected, losses = by_hand(world, streams, world.training(steps=4))
    terms = [supervised, lambda network, _: still(network, growing)]
    network, history = trained(world, streams, terms, steps=4)
    assert history.loss == pytest.approx(losses, rel=1e-4)
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, expected[name], rtol=1e-3, atol=1e-4, msg=name)


def test_an_objective_of_no_importance_changes_nothing(world):
    """Normalization is frozen: its statistics are of all that the network is shown."""
    how = {"steps": 3, "frozen_batch_norm": True}
    streams = {"labeled": labeled(world), "clips": clips(world)}
    terms = [supervised, lambda network, _: still(network, lambda step: 0.0)]
    both, _ = trained(world, streams, terms, **how)
    alone, _ = trained(world, {"labeled": labeled(world)}, [supervised], **how)
    for name, value in alone.state_dict().items():
        assert torch.equal(value, both.state_dict()[name]), name


def test_the_loss_is_the_sum_of_the_terms_times_their_importance(world):
    streams = {"labeled": labeled(world)}
    how = {"steps": 1, "frozen_batch_norm": True}

    def thrice(network, training):
        return replace(supervised(network, training), importance=lambda step: 3.0)

    _, once = trained(world, streams, [supervised], **how)
    _, fourfold = trained(world, streams, [supervised, thrice], **how)
    assert fourfold.loss[0] == pytest.approx(4 * once.loss[0], rel=1e-6)


def mean_jump_px(world, network):
    """Mean distance between neighboring frames of clips that no training saw."""
    normalize, stream = world.bundle().crop.normalize, clips(world)
    with torch.no_grad():
        batches = [stream(step) for step in range(1000, 1010)]
        found = [jumps(network, network(normalize(b.crops)), b).sqrt() for b in batches]
    return float(torch.cat(found).mean())


@pytest.mark.slow
def test_unlabeled_clips_of_a_still_animal_make_the_network_steadier(world):
    """In pixels of the image nothing moves, though every frame is cut in its own way."""
    streams = {"labeled": labeled(world), "clips": clips(world)}
    terms = [supervised, lambda network, _: still(network, lambda step: 0.02)]
    how = {"steps": 80, "frozen_batch_norm": True}
    alone, _ = trained(world, {"labeled": streams["labeled"]}, [supervised], **how)
    both, _ = trained(world, streams, terms, **how)
    assert mean_jump_px(world, both) < 0.7 * mean_jump_px(world, alone)


def test_a_loss_that_is_not_finite_names_the_images_of_every_stream(world):
    def endless(network, _):
        nothing = torch.tensor(float("inf"), requires_grad=True)
        return Objective("clips", lambda step: 1.0, lambda *_: (nothing, torch.tensor(1.0)))

    streams = {"labeled": labeled(world, batch=64), "clips": clips(world)}
    clip = streams["clips"](0).images[0]
    with pytest.raises(TrainingError, match=rf"inf at step 0.*images: 0, 1, {clip}"):
        trained(world, streams, [supervised, endless], steps=1)


def test_a_stream_gives_the_same_batch_for_the_same_step_and_parts_make_it_whole(world):
    whole = labeled(world, batch=5)
    again, first, other = whole(3), whole(3), whole(4)
    assert torch.equal(again.crops, first.crops)
    assert not torch.equal(again.crops, other.crops)
    parts = [
        labeled_stream(
            world.labels(["full", "part"] * 4, {"part": ["red", "blue"]}),
            world.read_image,
            world.bundle().crop,
            world.augment(rotation_deg=20.0, noise=0.02, flip=0.5),
            batch=5,
            sampling_temperature=2.0,
            seed=3,
            processes=Processes(rank, 2),
        )(3)
        for rank in range(2)
    ]
    joined = torch.empty_like(first.crops)
    joined[0::2], joined[1::2] = parts[0].crops, parts[1].crops
    assert torch.equal(joined, first.crops)
    assert parts[0].images == parts[1].images == first.images
    assert len(first.images) == 5


def test_a_stream_of_fewer_animals_than_processes_is_refused(world):
    with pytest.raises(TrainingError, match="1, but 2 processes"):
        labeled_stream(
            world.labels(["lab"]),
            world.read_image,
            world.bundle().crop,
            world.augment(),
            batch=1,
            sampling_temperature=1.0,
            seed=0,
            processes=Processes(0, 2),
        )


@torch.no_grad()
def test_weights_of_labels_are_weights_of_their_losses(world):
    """Against a sum by hand; a weight of one everywhere changes nothing."""
    network, batch = world.bundle().network, labeled(world)(0)
    measure = supervised_objective("labeled", network, world.training()).measure
    outputs = network(world.bundle().crop.normalize(batch.crops))
    plain, count = measure(outputs, batch)
    ones = replace(batch, weight=torch.ones(batch.state.shape))
    assert [float(x) for x in measure(outputs, ones)] == [float(plain), float(count)]
    weight = torch.linspace(0, 1, batch.state.numel()).reshape(batch.state.shape)
    loss, total = measure(outputs, replace(batch, weight=weight))
    known = weight * (batch.state >= LabelState.OCCLUDED)
    losses = network.keypoint_losses(outputs, batch.xy_px)
    assert float(loss) == pytest.approx(float((known * losses).sum()), rel=1e-5)
    assert float(total) == pytest.approx(float(known.sum()), rel=1e-5)


def test_a_mirrored_crop_has_mirrored_weights(world):
    labels = world.labels(["full"] * 4, {})
    weight = np.tile([0.2, 0.5, 0.9], (4, 1))
    bundle, rows = world.bundle(), np.arange(4)
    mirror = labels.space.mirror_permutation()
    assert (mirror != np.arange(3)).any()
    for flip in (0.0, 1.0):
        batch = make_batch(
            replace(labels, weight=weight),
            rows,
            world.read_image,
            world.augment(flip=flip),
            bundle.crop,
            np.random.default_rng(0).spawn(4),
        )
        expected = weight[:, mirror] if flip else weight
        np.testing.assert_allclose(batch.weight.numpy(), expected)
