from dataclasses import replace

import numpy as np
import pytest
import torch
from dot_world import with_boxes

from superanimal_core.errors import TrainingError
from superanimal_core.inference.labeled import predict_labels
from superanimal_core.network.detector import new_detector
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import LabelState
from superanimal_core.training.batches import Batch, batches_ahead, make_batch
from superanimal_core.training.detector_loop import fit_detector
from superanimal_core.training.label_training import fit_labels

CPU = torch.device("cpu")


def silent(_done, _note):
    pass


def fitted(world, labels, training, seed=0, augment=None, read_image=None, bundle=None):
    bundle = bundle or world.bundle()
    history = fit_labels(
        bundle,
        labels,
        read_image or world.read_image,
        training,
        augment or world.augment(),
        seed=seed,
        device=CPU,
        tell=silent,
    )
    return bundle, history


def weights_of(bundle):
    return torch.cat([v.flatten().float() for v in bundle.network.state_dict().values()])


def test_the_loss_falls_and_the_dots_are_found(world):
    labels = world.labels(["lab"] * 16)
    bundle, history = fitted(world, labels, world.training(steps=150, log_every_steps=15))
    assert history.step[-1] == 150
    assert history.loss[-1] < 0.3 * history.loss[0]
    predicted, _ = predict_labels(
        [bundle], labels, world.read_image, batch=8, precision="float32", device=CPU
    )
    error = np.linalg.norm(predicted[0] - labels.xy_px, axis=2)
    assert np.median(error) < 4
    assert not bundle.network.training


def test_a_training_repeats_with_its_seed_and_differs_with_another(world):
    labels, training = world.labels(["lab"] * 6), world.training(steps=4, batch=4)
    augment = world.augment(rotation_deg=20.0, noise=0.02, flip=0.5, cutout=0.5)
    first, second, other = (
        weights_of(fitted(world, labels, training, seed, augment)[0]) for seed in (1, 1, 2)
    )
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_a_data_set_teaches_nothing_about_keypoints_that_it_does_not_define(world):
    labels = world.labels(["lab"] * 6, {"lab": ["blue"]})
    training = world.training(steps=3, batch=4, weight_decay=0.0, ema_decay=0.0)
    before = world.bundle().network.head
    bundle, _ = fitted(world, labels, training)
    after, blue = bundle.network.head, world.space.index("blue")
    assert torch.equal(after.weight[blue], before.weight[blue])
    assert torch.equal(after.bias[blue], before.bias[blue])
    assert not torch.equal(after.weight[0], before.weight[0])


def test_a_keypoint_that_only_one_of_two_labs_defines_is_learned_from_it(world):
    labels = world.labels(["full", "part"] * 32, {"part": ["blue"]})
    bundle, _ = fitted(world, labels, world.training(steps=150))
    unseen = world.labels(["full"] * 32)
    predicted, _ = predict_labels(
        [bundle], unseen, world.read_image, batch=8, precision="float32", device=CPU
    )
    blue = world.space.index("blue")
    error = np.linalg.norm(predicted[0, 1::2, blue] - unseen.xy_px[1::2, blue], axis=1)
    assert np.median(error) < 4


def test_a_loss_that_is_not_finite_names_the_images(world):
    labels = world.labels(["lab"] * 3)
    bundle = world.bundle()
    with torch.no_grad():
        bundle.network.head.bias.fill_(float("nan"))
    with pytest.raises(TrainingError, match=r"nan at step 0.*learning_rate.*images: \d") as caught:
        fitted(world, labels, world.training(batch=64), bundle=bundle)
    assert "0, 1, 2" in str(caught.value)


def test_labels_of_another_space_are_refused(world):
    labels = replace(world.labels(["lab"] * 2), space=KeypointSpace("other", ("a", "b", "c")))
    with pytest.raises(TrainingError, match="'other' cannot train a network of 'dots'"):
        fitted(world, labels, world.training())


def test_animals_without_position_or_box_are_not_used(world):
    labels = world.labels(["lab", "lab", "empty"], {"empty": ["red", "green", "blue"]})
    boxes = labels.box_xyxy_px.copy()
    boxes[1] = np.nan
    read = []

    def read_image(name):
        read.append(name)
        return world.read_image(name)

    training = world.training(steps=2, batch=4)
    fitted(world, replace(labels, box_xyxy_px=boxes), training, read_image=read_image)
    assert set(read) == {"0"}


def test_with_nothing_to_learn_from_the_network_stays_as_it_is(world):
    labels = world.labels(["lab"], {"lab": ["red", "green", "blue"]})
    bundle, history = fitted(world, labels, world.training())
    assert history.step == []
    assert torch.equal(weights_of(bundle), weights_of(world.bundle()))


def test_frozen_normalization_keeps_its_statistics(world):
    labels, training = world.labels(["lab"] * 4), world.training(steps=2, frozen_batch_norm=True)
    before = world.bundle().network.state_dict()
    after = fitted(world, labels, training)[0].network.state_dict()
    running = [name for name in before if "running" in name]
    assert running
    assert all(torch.equal(before[name], after[name]) for name in running)


def test_a_batch_holds_the_crops_of_its_rows(world):
    labels = world.labels(["lab"] * 3)
    rows, crop = np.array([2, 0]), world.bundle().crop
    batch = make_batch(
        labels, rows, world.read_image, world.augment(), crop, np.random.default_rng(0).spawn(2)
    )
    assert batch.crops.shape == (2, 64, 64, 3)
    np.testing.assert_allclose(batch.xy_px.numpy(), labels.xy_px[rows], atol=1e-4)
    assert batch.state.tolist() == [[LabelState.VISIBLE] * 3] * 2
    image = world.read_image("2")
    np.testing.assert_allclose(batch.crops[0].numpy().astype(int), image, atol=1)


def test_batches_come_in_order_and_a_mistake_in_their_making_is_raised():
    def batch(name):
        crops, state = torch.zeros((1, 2, 2, 3), dtype=torch.uint8), torch.zeros((1, 3)).long()
        return Batch(crops, torch.zeros(1, 2, 3), torch.zeros(1, 3, 2), state, (name,))

    streams = {name: lambda step, name=name: batch(f"{name}{step}") for name in "ab"}
    found = list(batches_ahead(streams, 2, 5))
    assert [batches["a"].images for batches in found] == [("a2",), ("a3",), ("a4",)]
    assert [batches["b"].images for batches in found] == [("b2",), ("b3",), ("b4",)]

    def fails(step):
        if step == 1:
            raise TrainingError("at one")
        return batch(str(step))

    batches = batches_ahead({"fails": fails}, 0, 3)
    assert next(batches)["fails"].images == ("0",)
    with pytest.raises(TrainingError, match="at one"):
        next(batches)


def fit_dots_detector(world, labels, steps, detector=None):
    torch.manual_seed(0)
    detector = detector or new_detector("lcnet_035", 64, (0.5,) * 3, (0.2,) * 3, ("lab",))
    history = fit_detector(
        detector,
        labels,
        world.read_image,
        world.augment(),
        steps=steps,
        batch=4,
        learning_rate=0.002,
        seed=0,
        device=CPU,
        tell=silent,
    )
    return detector, history


def test_the_detectors_loss_falls(world):
    labels = with_boxes(world.labels(["lab"] * 8))
    detector, history = fit_dots_detector(world, labels, 60)
    assert history.step == [20, 40, 60]
    assert history.loss[-1] < 0.8 * history.loss[0]
    assert not detector.network.training


def test_a_detector_needs_boxes(world):
    labels = world.labels(["lab"] * 2)
    labels = replace(labels, box_xyxy_px=np.full((2, 4), np.nan))
    with pytest.raises(TrainingError, match="no labeled animal has a box"):
        fit_dots_detector(world, labels, 1)


def test_a_detectors_loss_that_is_not_finite_names_the_images(world):
    detector = new_detector("lcnet_035", 64, (0.5,) * 3, (0.2,) * 3, ("lab",))
    with torch.no_grad():
        detector.network.head.classification_head.cls_logits.bias.fill_(float("nan"))
    labels = with_boxes(world.labels(["lab"]))
    with pytest.raises(TrainingError, match="nan at step 0: 0"):
        fit_dots_detector(world, labels, 1, detector)
