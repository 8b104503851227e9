"""The animal detector: torchvision's anchor-free FCOS (Tian et al. 2019) on a small timm backbone.

It sees whole images fitted into a square of `size_px`, and gives boxes in image pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray
from torch import Tensor, nn
from torchvision.models.detection import FCOS
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.fcos import FCOSHead
from torchvision.ops import FeaturePyramidNetwork

from superanimal_core.network.crops import (
    Affine,
    apply_affine,
    crop_affine,
    cut_crop,
    invert_affine,
)
from superanimal_core.network.initial_weights import load_backbone
from superanimal_core.network.pose_network import build_backbone, stage_channels

CHANNELS = 64
STRIDES = (8, 16, 32)


@dataclass(frozen=True)
class DetectorBundle:
    """A detector with what is needed to use it."""

    network: nn.Module
    backbone: str
    size_px: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    trained_on: tuple[str, ...]


class _Pyramid(nn.Module):
    """Backbone stages of stride 8 to 32 with a feature pyramid on top."""

    def __init__(self, backbone: str):
        super().__init__()
        self.backbone = build_backbone(backbone, STRIDES[0])
        self.pyramid = FeaturePyramidNetwork(stage_channels(self.backbone), CHANNELS)
        self.out_channels = CHANNELS

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        stages = {str(i): stage for i, stage in enumerate(self.backbone(images))}
        return self.pyramid(stages)


def new_detector(
    backbone: str,
    size_px: int,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    trained_on: tuple[str, ...],
    weights: tuple[str, Mapping[str, Tensor]] | None = None,
) -> DetectorBundle:
    """A detector of one class with random weights; `weights` (file, tensors) fill the backbone."""
    pyramid = _Pyramid(backbone)
    if weights is not None:
        load_backbone(pyramid.backbone, weights[1], weights[0])
    anchors = AnchorGenerator(tuple((s,) for s in STRIDES), ((1.0,),) * len(STRIDES))
    network = FCOS(
        pyramid,
        num_classes=1,
        min_size=size_px,
        max_size=size_px,
        image_mean=list(mean),
        image_std=list(std),
        anchor_generator=anchors,
        head=FCOSHead(CHANNELS, 1, 1, num_convs=2),
        center_sampling_radius=1.5,
        score_thresh=0.01,
        nms_thresh=0.5,
        detections_per_img=20,
    )
    return DetectorBundle(network, backbone, size_px, tuple(mean), tuple(std), trained_on)


def image_affine(width_px: int, height_px: int, size_px: int) -> Affine:
    """Image -> the detector's square: the whole image, as large as fits, in the middle."""
    return crop_affine(np.array([0.0, 0.0, width_px, height_px]), size_px, 1.0)


def as_inputs(
    squares: Sequence[UInt8[ndarray, "size size 3"]], device: torch.device
) -> list[Tensor]:
    """uint8 squares as the list of float images (0-1) that torchvision's detectors take."""
    return [
        torch.from_numpy(s).to(device).permute(2, 0, 1).to(torch.float32).div(255) for s in squares
    ]


@torch.inference_mode()
def detect(
    detector: DetectorBundle,
    images: Sequence[UInt8[ndarray, "_height _width 3"]],
    device: torch.device,
) -> list[tuple[Float[ndarray, "box 4"], Float[ndarray, "box"]]]:
    """Boxes (image pixels) and scores of every image, best first."""
    affines = [image_affine(i.shape[1], i.shape[0], detector.size_px) for i in images]
    squares = [cut_crop(i, a, detector.size_px) for i, a in zip(images, affines, strict=True)]
    found = []
    for affine, result in zip(affines, detector.network(as_inputs(squares, device)), strict=True):
        corners = result["boxes"].cpu().numpy().astype(np.float64).reshape(-1, 2)
        boxes = apply_affine(invert_affine(affine), corners).reshape(-1, 4)
        found.append((boxes, result["scores"].cpu().numpy().astype(np.float64)))
    return found
