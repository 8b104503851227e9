"""Animal detectors: images in, boxes and scores in image pixels out, whatever the network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray
from torch import Tensor, nn

from superanimal_core.network.crops import (
    Affine,
    Image,
    apply_affine,
    crop_affine,
    cut_crop,
    invert_affine,
)
from superanimal_core.network.devices import autocast
from superanimal_core.network.fcos import build_fcos
from superanimal_core.network.initial_weights import load_backbone
from superanimal_core.network.torchvision_detectors import (
    build_fasterrcnn_mobilenet_v3_large_fpn,
    build_fasterrcnn_resnet50_fpn_v2,
    build_ssdlite,
)

DETECTORS: Mapping[str, Callable[..., nn.Module]] = {
    "fcos": build_fcos,
    "fasterrcnn_resnet50_fpn_v2": build_fasterrcnn_resnet50_fpn_v2,
    "fasterrcnn_mobilenet_v3_large_fpn": build_fasterrcnn_mobilenet_v3_large_fpn,
    "ssdlite": build_ssdlite,
}
WHOLE_IMAGE = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
Boxes = tuple[Float[ndarray, "box 4"], Float[ndarray, "box"]]


@dataclass(frozen=True)
class DetectorBundle:
    """A detector with what is needed to use it.

    The network takes a list of images (3, height, width) of 0-1 and gives torchvision's list of
    boxes, scores and labels. `architecture` names a builder of DETECTORS and `parameters` its
    keywords. `size_px`: images are fitted into a square of this side; None: they are given whole.
    `colors` (mean, standard deviation) normalize them before the network normalizes them itself.
    Boxes of other labels than `animal_label` do not count. `terms` as of a `ModelBundle`.
    """

    network: nn.Module
    architecture: str
    parameters: Mapping[str, object]
    size_px: int | None
    colors: tuple[tuple[float, ...], tuple[float, ...]] | None
    animal_label: int
    trained_on: tuple[str, ...]
    terms: tuple[str, ...] = ()


def new_detector(
    backbone: str,
    size_px: int,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    trained_on: tuple[str, ...],
    weights: tuple[str, Mapping[str, Tensor]] | None = None,
    terms: tuple[str, ...] = (),
) -> DetectorBundle:
    """An FCOS detector with random weights; `weights` (file, tensors) fill the backbone."""
    parameters = {"backbone": backbone, "size_px": size_px, "mean": tuple(mean), "std": tuple(std)}
    network = build_fcos(**parameters)
    if weights is not None:
        load_backbone(network.get_submodule("backbone.backbone"), weights[1], weights[0])
    return DetectorBundle(network, "fcos", parameters, size_px, None, 0, trained_on, terms)


def image_affine(width_px: int, height_px: int, size_px: int) -> Affine:
    """Image -> the detector's square: the whole image, as large as fits, in the middle."""
    return crop_affine(np.array([0.0, 0.0, width_px, height_px]), (size_px, size_px), 1.0)


def as_inputs(
    images: Sequence[Image],
    device: torch.device,
    colors: tuple[tuple[float, ...], tuple[float, ...]] | None = None,
) -> list[Float[Tensor, "3 _height _width"]]:
    """uint8 images as the list of float images that torchvision's detectors take."""
    floats = [
        torch.from_numpy(i).to(device).permute(2, 0, 1).to(torch.float32).div(255) for i in images
    ]
    if colors is None:
        return floats
    mean, std = (torch.tensor(c, device=device).view(3, 1, 1) for c in colors)
    return [(image - mean) / std for image in floats]


def ready_detector(detector: DetectorBundle, device: torch.device) -> None:
    """Bring its network to a device, for inference, channels last in memory."""
    detector.network.to(device).to(memory_format=torch.channels_last).eval()


@torch.inference_mode()
def detect(
    detector: DetectorBundle,
    images: Sequence[UInt8[ndarray, "_height _width 3"]],
    device: torch.device,
    precision: str = "float32",
) -> list[Boxes]:
    """Boxes (image pixels) and scores of every image, best first; the network in a precision."""
    views = [_view(detector, image) for image in images]
    inputs = as_inputs([view for view, _ in views], device, detector.colors)
    found = []
    with autocast(device, precision):
        results = detector.network(inputs)
    for (_, to_image), result in zip(views, results, strict=True):
        is_animal = result["labels"] == detector.animal_label
        corners = result["boxes"][is_animal].float().cpu().numpy().astype(np.float64).reshape(-1, 2)
        boxes = apply_affine(to_image, corners).reshape(-1, 4)
        found.append((boxes, result["scores"][is_animal].float().cpu().numpy().astype(np.float64)))
    return found


def _view(detector: DetectorBundle, image: Image) -> tuple[Image, Affine]:
    """What the detector is given of an image, and the map back."""
    if detector.size_px is None:
        return image, WHOLE_IMAGE
    affine = image_affine(image.shape[1], image.shape[0], detector.size_px)
    square = cut_crop(image, affine, (detector.size_px, detector.size_px))
    return square, invert_affine(affine)
