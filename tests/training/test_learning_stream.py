"""What the steps of a training learn from, whatever else it learns from beside."""

import numpy as np
import pytest
import torch
from test_unlabeled import ALWAYS, TEMPORAL, VIDEOS, Cinema, labels_that_differ, settings_of

from superanimal_core.settings import PatchMaskSettings
from superanimal_core.training import label_training, unlabeled_training
from superanimal_core.training.history import History
from superanimal_core.training.sampling import bagged_rows

MASKS = PatchMaskSettings(patch_px=16, initial=0.3, final=0.3, begin=0.0, end=1.0)
SEED = 4


def labeled_batches(world, monkeypatch, train, steps=3, patch_mask=None, **training):
    """The labeled batches that a training asks for; nothing is trained."""
    seen = []

    def fit(network, streams, *_, **__):
        seen.extend(streams[label_training.LABELED](step) for step in range(steps))
        return History()

    monkeypatch.setattr(label_training, "fit", fit)
    train(
        world.bundle(),
        labels_that_differ(world),
        world.read_image,
        world.training(steps=steps, **training),
        world.augment(rotation_deg=20.0, noise=0.02, patch_mask=patch_mask),
        seed=SEED,
        device=torch.device("cpu"),
        tell=lambda step, note: None,
    )
    return seen


def of_labels(world, monkeypatch, **changes):
    return labeled_batches(world, monkeypatch, label_training.fit_labels, **changes)


def of_labels_beside_videos(world, monkeypatch, **changes):
    def train(*args, **more):
        more |= {"unlabeled": settings_of(anneal=ALWAYS, temporal=TEMPORAL), "subspaces": {}}
        more |= {"videos": VIDEOS, "read_window": Cinema(world)}
        return unlabeled_training.fit_labels_and_videos(*args, **more)

    return labeled_batches(world, monkeypatch, train, **changes)


@pytest.mark.parametrize("patch_mask", [None, MASKS])
@pytest.mark.parametrize("bagging", [False, True])
def test_labels_teach_the_same_with_unlabeled_videos_beside_them(
    world, monkeypatch, bagging, patch_mask
):
    how = {"bagging": bagging, "patch_mask": patch_mask}
    alone = of_labels(world, monkeypatch, **how)
    beside = of_labels_beside_videos(world, monkeypatch, **how)
    for one, other in zip(alone, beside, strict=True):
        assert one.images == other.images
        assert torch.equal(one.crops, other.crops)


def test_a_member_that_bags_learns_from_its_own_draw_and_no_other_picture(world, monkeypatch):
    labels = labels_that_differ(world)
    bag = set(labels.image[bagged_rows(labels.source, labels.image, SEED)])
    assert 0 < len(bag) < len(labels)
    plain = of_labels(world, monkeypatch, steps=60)
    assert {image for batch in plain for image in batch.images} == set(labels.image)
    bagged = of_labels(world, monkeypatch, steps=60, bagging=True)
    images = [image for batch in bagged for image in batch.images]
    assert set(images) == bag
    drawn = labels.image[bagged_rows(labels.source, labels.image, SEED)]
    twice = {image for image in bag if (drawn == image).sum() > 1}
    assert twice
    times = {image: images.count(image) for image in bag}
    assert np.mean([times[i] for i in twice]) > 1.5 * np.mean([times[i] for i in bag - twice])
