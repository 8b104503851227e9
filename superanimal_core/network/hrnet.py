"""HRNet (Sun et al. 2019): heatmaps from the branch that keeps a quarter of the resolution.

The network of SuperAnimal's main results (Ye et al. 2024) with the backbone hrnet_w32.
"""

from typing import Any

import timm
from jaxtyping import Float
from torch import Tensor, nn

from superanimal_core.errors import SuperAnimalError
from superanimal_core.network.pose_network import FeatureNetwork
from superanimal_core.pose.keypoints import did_you_mean

STRIDE_PX = 4


class HighResolutionNetwork(FeatureNetwork):
    """timm's HRNet and a 1x1 convolution; heatmaps of stride 4."""

    def __init__(self, keypoints: int, *, backbone: str, sigma_px: float, is_subpixel: bool):
        super().__init__(keypoints, STRIDE_PX, sigma_px, is_subpixel)
        self.backbone = build_hrnet(backbone)
        self.feature_channels = high_resolution_channels(self.backbone)
        self.head = nn.Conv2d(self.feature_channels, keypoints, 1)
        nn.init.normal_(self.head.weight, std=0.001)

    def features(
        self, crops: Float[Tensor, "batch 3 _height _width"]
    ) -> Float[Tensor, "batch channel height width"]:
        """The branch of a quarter of the crop's sides."""
        return self.backbone(crops)[0]


def build_hrnet(name: str) -> nn.Module:
    """timm's HRNet that gives the features of stride 4, without weights from elsewhere.

    In the last module only the fusion into this branch is left: those into the coarser branches
    would be computed for nothing. Convolutions begin with He's normal initialization over the
    fan-out, which keeps the variance through the network's many additions, so that training from
    scratch works. SuperAnimalError when the name is no HRNet of timm.
    """
    known = timm.list_models("hrnet*")
    if name not in known:
        raise SuperAnimalError(f"backbone '{name}' is no HRNet of timm{did_you_mean(name, known)}")
    backbone: Any = timm.create_model(
        name, pretrained=False, features_only=True, feature_location="", out_indices=(1,)
    )
    last = backbone.stage4[-1]
    last.fuse_layers = last.fuse_layers[:1]
    backbone.init_weights()
    return backbone


def high_resolution_channels(backbone: nn.Module) -> int:
    """Channels of the features of stride 4."""
    features: Any = backbone
    return features.stage4_cfg["num_channels"][0]
