"""A pose network as an ONNX file for other programs, beside a description of its crops."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from numpy import ndarray

from superanimal_core.errors import SuperAnimalError
from superanimal_core.inference.passes import Ensemble
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.context import ContextNetwork
from superanimal_core.network.crops import Crop
from superanimal_core.network.detector import WHOLE_IMAGE
from superanimal_core.network.onnx_document import CROPS, onnx_document
from superanimal_core.network.pose_network import HeatmapNetwork
from superanimal_core.network.simcc import BINS_PER_PX
from superanimal_core.tables.atomic import replacing

BATCH = 16
CPU = torch.device("cpu")


def write_onnx(bundle: ModelBundle, path: Path) -> None:
    """Write the network, and `path` with .json in place of .onnx: what a program must know of it.

    SuperAnimalError for a network that looks at neighboring frames.
    """
    if isinstance(bundle.network, ContextNetwork):
        raise SuperAnimalError(
            f"a network of architecture {bundle.architecture} looks at neighboring frames, which "
            "no single document computes; export one without _context"
        )
    document = onnx_document(bundle.network.eval(), bundle.crop.size_px)
    with replacing(path) as temporary:
        temporary.write_bytes(document)
    with replacing(path.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(described(bundle), indent=2), encoding="utf-8")


def described(bundle: ModelBundle) -> dict[str, object]:
    """What the inputs and outputs of the network are, in plain values."""
    network = bundle.network
    output = f"SimCC: bins per keypoint for x, and for y; {BINS_PER_PX:g} bins are a pixel"
    if isinstance(network, HeatmapNetwork):
        output = f"heatmaps of cells of {network.stride_px} px; the position is the peak" + (
            ", between cells by its neighbors" if network.is_subpixel else "'s cell, its center"
        )
    return {
        "input": {
            CROPS: "float32 (batch, 3, height, width), RGB, (color / 255 - mean) / std",
            **asdict(bundle.crop),
        },
        "output": output,
        "keypoints": list(bundle.space.keypoints),
        "taught": list(bundle.taught_keypoints),
        "architecture": bundle.architecture,
        "parameters": dict(bundle.parameters),
        "terms": list(bundle.terms),
    }


def largest_difference_px(
    bundle: ModelBundle, crops: Sequence[UInt8[ndarray, "height width 3"]], engine: str
) -> float:
    """How far the positions of an engine are from torch's at most (crop px), of all crops."""
    animals = [[Crop(crop, WHOLE_IMAGE)] for crop in crops]
    found = []
    for name in ("torch", engine):
        ensemble = Ensemble([bundle], BATCH, "float32", CPU, engine=name)
        found.append(np.stack([xy_px for xy_px, _ in next(ensemble.poses(animals))]))
    return float(np.nanmax(np.hypot(*np.moveaxis(found[0] - found[1], -1, 0))))
