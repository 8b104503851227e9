"""A vision transformer learns like any other network, with patches blanked or not."""

import numpy as np
import pytest
import torch
from dot_world import SPACE
from tiny_networks import square_crop, vit_bundle

from superanimal_core.jobs.training_checkpoints import folder_checkpoints
from superanimal_core.network import devices
from superanimal_core.settings import PatchMaskSettings
from superanimal_core.training.batches import make_batch
from superanimal_core.training.label_training import fit_labels

CPU = torch.device("cpu")
MASKS = PatchMaskSettings(patch_px=8, initial=0.1, final=0.3, begin=0.3, end=1.0)
ALWAYS, NEVER = 0.0, 1e9  # minutes between checkpoints


class StoppedError(Exception):
    pass


def bundle_of(seed=0):
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    return vit_bundle(SPACE, crop=square_crop(margin=1.0))


def train(world, bundle, *, tell=lambda step, note: None, checkpoints=None, masks=None, **changes):
    fit_labels(
        bundle, world.labels(["lab"] * 96), world.read_image, world.training(**changes),
        world.augment(rotation_deg=10.0, noise=0.02, patch_mask=masks),
        seed=3, device=CPU, tell=tell, checkpoints=checkpoints,
    )  # fmt: skip
    return bundle


def error_px(world, bundle):
    """The median distance on pictures that no step has seen."""
    labels = world.labels(["lab"] * 128).select(np.arange(128) >= 96)
    generators = [np.random.default_rng(0)] * len(labels)
    rows, augment = np.arange(len(labels)), world.augment()
    batch = make_batch(labels, rows, world.read_image, augment, bundle.crop, generators)
    with torch.inference_mode():
        xy_px, _ = bundle.network.eval().decode(bundle.network(bundle.crop.normalize(batch.crops)))
    return (xy_px - batch.xy_px).norm(dim=2).median().item()


@pytest.mark.parametrize(
    ("masks", "precision"),
    [
        (None, "float32"),
        (MASKS, "float32"),
        pytest.param(None, "bfloat16", marks=pytest.mark.slow),
    ],
)
def test_a_transformer_finds_the_dots(world, masks, precision, monkeypatch):
    monkeypatch.setattr(devices, "has_precision", lambda *_: True)  # imitated, where it is lacking
    bundle = bundle_of()
    assert error_px(world, bundle) > 10
    how = {"steps": 120, "learning_rate": 1e-3, "warmup_steps": 20, "precision": precision}
    assert error_px(world, train(world, bundle, masks=masks, **how)) < 2


def test_a_stopped_training_with_masks_goes_on_as_if_it_had_not_been(world, tmp_path):
    how = {"steps": 8, "batch": 4, "log_every_steps": 2, "masks": MASKS}

    def stop(step, _note):
        if step == 5:
            raise StoppedError

    with folder_checkpoints(tmp_path, ALWAYS) as kept, pytest.raises(StoppedError):
        train(world, bundle_of(), tell=stop, checkpoints=kept, **how)
    torch.rand(5)  # a resumed training must not depend on what was drawn before it
    steps = []
    with folder_checkpoints(tmp_path, NEVER) as kept:
        resumed = train(
            world, bundle_of(7), tell=lambda step, _: steps.append(step), checkpoints=kept, **how
        )
    expected = train(world, bundle_of(), **how).network.state_dict()
    assert steps == [6, 7, 8]
    found = resumed.network.state_dict()
    assert all(torch.equal(found[name], value) for name, value in expected.items())
