"""Checkpoints in the released layouts with the deterministic weights of the reference fixtures."""

import importlib.util
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

FIXTURES = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")) / "fixtures" / "deeplabcut"
needs_fixtures = pytest.mark.skipif(
    not FIXTURES.is_dir(), reason="SUPERANIMAL_SHARED has no fixtures/deeplabcut"
)


def weight_rule():
    """The fixtures' own module: weights and inputs from names and seeds."""
    spec = importlib.util.spec_from_file_location("make_golden", FIXTURES / "make_golden.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def layout_of(name):
    """Key -> shape of a released checkpoint."""
    listing = json.loads((FIXTURES / "state_dicts" / f"{name}.json").read_text())
    return {key: tuple(shape) for key, (shape, _) in listing.items()}


def checkpoint_of(name, changed_shapes=None):
    """The tensors of a released checkpoint, by the weight rule."""
    rule = weight_rule()
    shapes = layout_of(name) | (changed_shapes or {})
    arrays = {key: rule.deterministic_tensor(key, shape) for key, shape in shapes.items()}
    return {key: torch.from_numpy(np.asarray(array)) for key, array in arrays.items()}


def golden_of(name):
    """The reference's outputs."""
    with np.load(FIXTURES / "golden" / f"{name}.npz") as arrays:
        return dict(arrays)


def golden_image():
    """The frame of the pipeline outputs."""
    with np.load(FIXTURES / "golden" / "image.npz") as arrays:
        return arrays["rgb"]


def golden_boxes():
    """The supplied boxes (x0, y0, x1, y1)."""
    boxes = weight_rule().BOXES
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
