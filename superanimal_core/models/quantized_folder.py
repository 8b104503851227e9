"""A network in int8 on disk: a folder with its ONNX document, and how far it moves keypoints."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import SuperAnimalError
from superanimal_core.models.bundles import read_bundle
from superanimal_core.models.quantizing import quantized_document
from superanimal_core.network.crops import CropGeometry, Image
from superanimal_core.network.engines import computed_by
from superanimal_core.network.pose_network import ready_network
from superanimal_core.network.quantized import (
    CPU,
    MOST_PX,
    mean_move_px,
    outputs_by,
)
from superanimal_core.pose.labels import Labels, fill_boxes, some_labels
from superanimal_core.tables.atomic import replacing
from superanimal_core.tables.label_files import read_all_labels

DOCUMENT, MEASURED = "network.onnx", "measured.json"
MOST_CROPS = 128  # to calibrate, and to measure; more say the same of ranges


@dataclass(frozen=True)
class Measured:
    """How far int8 moves the keypoints of a network (px of a 256-px crop; None: nobody knows).

    Measured on `crops` that were held out; on `calibrated_on` others the ranges were seen.
    """

    move_px: float | None
    most_px: float
    crops: int
    calibrated_on: int
    engine: str
    versions: Mapping[str, str]

    def why_not(self) -> str | None:
        """Why int8 is not used, as a part of a sentence; None where it is."""
        if self.move_px is None:
            return (
                "no keypoint of a held-out labeled animal scores enough to tell how far int8 would "
                "move keypoints"
            )
        if self.move_px <= self.most_px:
            return None
        return (
            f"int8 would move keypoints by {self.move_px:.2f} px of a 256-px crop, and "
            f"{self.most_px:g} px is the limit"
        )


def write_quantized(
    member: str | Path,
    labels: Sequence[str],
    read_image: Callable[[str], Image],
    folder: str | Path,
    *,
    box_margin: float,
    engine: str,
    threads: int,
) -> Measured:
    """Quantize the network of a model folder by labeled animals; the folder appears whole.

    Animals that networks learned from calibrate, held-out ones measure, as an engine computes on
    the processor.
    """
    torch.set_num_threads(max(threads, 1))
    bundle = read_bundle(member)
    network = ready_network(bundle.network, CPU)
    learned, held = _shown(fill_boxes(read_all_labels(labels), box_margin))
    calibrating, measuring = (_crops(bundle.crop, part, read_image) for part in (learned, held))
    document = quantized_document(network, calibrating)
    outputs = outputs_by(computed_by(engine, document, CPU))
    move_px = mean_move_px(network, outputs, measuring, bundle.is_taught)
    packages = "onnx", "onnxruntime", engine
    measured = Measured(
        None if np.isnan(move_px) else move_px,
        MOST_PX,
        len(measuring),
        len(calibrating),
        engine,
        {package: import_module(package).__version__ for package in packages},
    )
    print(measured.why_not() or f"int8 moves keypoints by {move_px:.2f} px of a 256-px crop")
    with replacing(folder) as temporary:
        temporary.mkdir()
        (temporary / DOCUMENT).write_bytes(document)
        told = json.dumps(asdict(measured), indent=2)
        (temporary / MEASURED).write_text(told, encoding="utf-8")
    return measured


def read_measured(folder: str | Path) -> Measured:
    """How far a network in int8 moves keypoints. SuperAnimalError where that cannot be read."""
    path = Path(folder) / MEASURED
    try:
        return Measured(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise SuperAnimalError(f"{path}: cannot be read ({error})") from None


def read_document(folder: str | Path) -> bytes:
    """The ONNX document of a network in int8. SuperAnimalError where it cannot be read."""
    path = Path(folder) / DOCUMENT
    try:
        return path.read_bytes()
    except OSError as error:
        raise SuperAnimalError(f"{path}: cannot be read ({error.strerror})") from None


def _shown(labels: Labels) -> tuple[Labels, Labels]:
    """Some animals that calibrate, and others that measure, evenly over the data sets.

    Those that networks learned from, and those held out. Where all are of one kind, as those of
    released weights, every second one measures.
    """
    usable = some_labels(labels, len(labels))
    is_learned = usable.split == "train"
    if is_learned.all() or not is_learned.any():
        is_learned = np.arange(len(usable)) % 2 == 0
    parts = usable.select(is_learned), usable.select(~is_learned)
    if not len(parts[0]):
        raise SuperAnimalError(
            "inference.precision: int8 is calibrated on labeled animals, and none of "
            f"{len(labels)} has a keypoint with a position; look at the conversion tables, or "
            "write float32"
        )
    return some_labels(parts[0], MOST_CROPS), some_labels(parts[1], MOST_CROPS)


def _crops(
    crop: CropGeometry, labels: Labels, read_image: Callable[[str], Image]
) -> Float[ndarray, "crop 3 height width"]:
    """The normalized crops of labeled animals."""
    width, height = crop.size_px
    if not len(labels):
        return np.zeros((0, 3, height, width), dtype=np.float32)
    named = zip(labels.image, labels.box_xyxy_px, strict=True)
    pixels = [crop.cut(read_image(str(name)), box).pixels for name, box in named]
    return np.ascontiguousarray(crop.normalize(torch.from_numpy(np.stack(pixels))).numpy())
