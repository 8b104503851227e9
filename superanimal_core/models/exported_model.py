"""A pose network as an ONNX file for other programs, beside a description of its crops.

Its outputs are positions and scores, so that nobody has to know how a head is decoded; the way from
a picture to a crop and back stands in the description, as formulas.
"""

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
from superanimal_core.network.engines import computed_by
from superanimal_core.network.onnx_document import CROPS, positions_document
from superanimal_core.tables.atomic import replacing

BATCH = 16
CPU = torch.device("cpu")

BOX = (
    "x0, y0, x1, y1 are the animal's box in px of the picture, counted from its top-left corner: "
    "the center of its first pixel is (0.5, 0.5). width, height are size_px of a crop. "
)
ZOOMED = (
    "The crop shows the picture zoomed by 'zoom', the middle of the box in its own middle, "
    "bilinear, black outside the picture. Where zoom is below 0.5, the picture is shrunk before by "
    "int(1 / zoom), each pixel the mean of those that it stands for."
)
IN_WHOLE_PIXELS = (
    "The crop is the part of the picture from (left, top) to (right, bottom), black outside the "
    "picture, resized to size_px, bilinear, without antialiasing. round() takes halves to even."
)
ZOOM = {
    "zoom": "min(width / (margin * (x1 - x0)), height / (margin * (y1 - y0)))",
    "x": "(crop_x - width / 2) / zoom + (x0 + x1) / 2",
    "y": "(crop_y - height / 2) / zoom + (y0 + y1) / 2",
}
WINDOW = {
    "half_x": "margin / 2 * max(x1 - x0, (y1 - y0) * width / height)",
    "half_y": "margin / 2 * max(y1 - y0, (x1 - x0) * height / width)",
    "left": "round((x0 + x1) / 2 - half_x)",
    "top": "round((y0 + y1) / 2 - half_y)",
    "right": "max(round((x0 + x1) / 2 + half_x), left + 1)",
    "bottom": "max(round((y0 + y1) / 2 + half_y), top + 1)",
    "x": "crop_x * (right - left) / width + left + 0.5",
    "y": "crop_y * (bottom - top) / height + top + 0.5",
}


def exported(bundle: ModelBundle) -> bytes:
    """The network as ONNX. SuperAnimalError for one that looks at neighboring frames."""
    if isinstance(bundle.network, ContextNetwork):
        raise SuperAnimalError(
            f"a network of architecture {bundle.architecture} looks at neighboring frames, which "
            "no single document computes; export one without _context"
        )
    return positions_document(bundle.network.eval(), bundle.crop.size_px)


def write_exported(document: bytes, bundle: ModelBundle, path: Path) -> None:
    """Write the document, and `path` with .json in place of .onnx: what a program must know of it.

    SuperAnimalError where they cannot be written.
    """
    described_in = path.with_suffix(".json")
    try:
        with replacing(described_in) as text, replacing(path) as temporary:
            temporary.write_bytes(document)
            text.write_text(json.dumps(described(bundle), indent=2), encoding="utf-8")
    except OSError as error:
        raise SuperAnimalError(
            f"{path} and {described_in.name} cannot be written ({error.strerror}); name another "
            "place"
        ) from None


def described(bundle: ModelBundle) -> dict[str, object]:
    """What the inputs and outputs of the network are, and how crops are cut, in plain values."""
    is_whole = bundle.crop.in_whole_pixels
    return {
        "input": {
            CROPS: "float32 (batch, 3, height, width), RGB, (color / 255 - mean) / std",
            **asdict(bundle.crop),
        },
        "output": {
            "xy_px": "float32 (batch, keypoint, 2): crop_x, crop_y of each keypoint",
            "score": "float32 (batch, keypoint): how sure the network is, 0 to 1",
        },
        "crop": BOX + (IN_WHOLE_PIXELS if is_whole else ZOOMED),
        "formulas": WINDOW if is_whole else ZOOM,
        "keypoints": list(bundle.space.keypoints),
        "taught": list(bundle.taught_keypoints),
        "not_taught": "of keypoints that are not among 'taught', positions mean nothing",
        "architecture": bundle.architecture,
        "parameters": dict(bundle.parameters),
        "terms": list(bundle.terms),
    }


def largest_difference_px(
    document: bytes,
    bundle: ModelBundle,
    crops: Sequence[UInt8[ndarray, "height width 3"]],
    engine: str,
) -> float:
    """How far the positions of a document are from torch's at most (crop px), of all crops.

    Of keypoints that were taught; infinite where the document has no number for one.
    """
    ensemble = Ensemble([bundle], BATCH, "float32", CPU)
    animals = [[Crop(crop, WHOLE_IMAGE)] for crop in crops]
    truth = np.stack([xy_px for xy_px, _ in next(ensemble.poses(animals))])
    compute, found = computed_by(engine, document, CPU), []
    for start in range(0, len(crops), BATCH):
        pixels = bundle.crop.normalize(torch.from_numpy(np.stack(crops[start : start + BATCH])))
        found.append(compute(np.ascontiguousarray(pixels.numpy()))[0])
    off_px = np.linalg.norm(np.concatenate(found) - truth, axis=2)[:, bundle.is_taught]
    return float(np.nan_to_num(off_px, nan=np.inf).max(initial=0.0))
