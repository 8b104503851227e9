"""A timm backbone, a decoder that brings its features to one grid, and a heatmap head.

The decoder is a feature pyramid (Lin et al. 2017): each stage is projected to the same number of
channels and added to the upsampled coarser one. The head is a 1x1 convolution, one channel per
keypoint of the unified space; the last bias starts where an empty heatmap is predicted.
"""

from typing import Any

import timm
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from superanimal_core.errors import SuperAnimalError
from superanimal_core.network.pose_network import FeatureNetwork
from superanimal_core.pose.keypoints import did_you_mean


class PyramidNetwork(FeatureNetwork):
    """Any timm backbone with features at strides 4 to 32, and a small decoder."""

    def __init__(
        self,
        keypoints: int,
        *,
        backbone: str,
        stride_px: int,
        sigma_px: float,
        decoder_channels: int,
        is_subpixel: bool,
    ):
        super().__init__(keypoints, stride_px, sigma_px, is_subpixel)
        self.backbone = build_backbone(backbone, stride_px)
        widths = stage_channels(self.backbone)
        self.lateral = nn.ModuleList(nn.Conv2d(width, decoder_channels, 1) for width in widths)
        self.mix = nn.ModuleList(_separable(decoder_channels) for _ in widths[:-1])
        self.feature_channels = decoder_channels
        self.head = nn.Conv2d(decoder_channels, keypoints, 1, bias=True)
        nn.init.normal_(self.head.weight, std=0.001)

    def features(
        self, crops: Float[Tensor, "batch 3 _height _width"]
    ) -> Float[Tensor, "batch channel height width"]:
        """All stages of the backbone, merged."""
        features = [
            project(stage)
            for project, stage in zip(self.lateral, self.backbone(crops), strict=True)
        ]
        merged = features[-1]
        for feature, mix in zip(reversed(features[:-1]), reversed(self.mix), strict=True):
            up = functional.interpolate(merged, size=feature.shape[2:], mode="nearest")
            merged = mix(feature + up)
        return merged


def build_backbone(name: str, finest_stride: int) -> nn.Module:
    """A timm backbone that gives its stages from `finest_stride` on, without weights.

    SuperAnimalError with the nearest known name when timm has no such network, and for one whose
    stages skip that stride: its heatmaps would be smaller than the crop over the stride.
    """
    if not timm.is_model(name):
        raise SuperAnimalError(
            f"backbone '{name}' is not a network of timm{did_you_mean(name, timm.list_models())}"
        )
    probe: Any = timm.create_model(name, pretrained=False, features_only=True)
    features = probe.feature_info
    strides = features.reduction()
    if finest_stride not in strides:
        raise SuperAnimalError(
            f"backbone '{name}' gives features at strides {', '.join(map(str, strides))}, not at "
            f"{finest_stride} (network.stride_px); name a stride that it has, or another backbone"
        )
    numbered = zip(features.out_indices, strides, strict=True)  # DLA's begin at 1
    stages = [number for number, stride in numbered if stride >= finest_stride]
    return timm.create_model(name, pretrained=False, features_only=True, out_indices=stages)


def stage_channels(backbone: nn.Module) -> list[int]:
    """Channels of the stages of a timm feature backbone."""
    features: Any = backbone.feature_info
    return features.channels()


def _separable(channels: int) -> nn.Module:
    """3x3 depthwise and 1x1 convolution with normalization: cheap smoothing after the addition."""
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
        nn.BatchNorm2d(channels),
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(inplace=True),
    )
