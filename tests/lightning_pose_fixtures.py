"""Numbers that Lightning Pose gave, where they are stored."""

import json
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

FOLDER = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")) / "fixtures" / "lightning_pose"
STRIDE_PX = 4
SIGMA_PX = 1.25 * STRIDE_PX  # published in cells

needs_fixtures = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"needs the numbers in {FOLDER} (set SUPERANIMAL_SHARED)"
)


@cache
def arrays():
    with np.load(FOLDER / "lp_reference.npz") as stored:
        return {name: torch.from_numpy(stored[name]) for name in stored}


@cache
def numbers():
    return json.loads((FOLDER / "lp_reference.json").read_text())


def ours(xy_px, stride_px=STRIDE_PX):
    """Positions of theirs in our convention: they count the centers of cells from 0."""
    return xy_px + stride_px / 2


def pairs(flat):
    """x, y, x, y, ... -> positions."""
    return flat.reshape(*flat.shape[:-1], -1, 2)
