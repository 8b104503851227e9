"""A plain vision transformer (Dosovitskiy et al. 2021) of timm with deconvolutions: ViTPose's way.

The backbone sees patches of the crop and keeps one grid from its first layer to its last. A decoder
of transposed convolutions (Xiao et al. 2018, Xu et al. 2022) doubles that grid up to the head's
stride, to half as many channels each time, since a cell speaks for all that it becomes. Class and
register tokens take part in attention, and are left out behind it.

Patches are a power of two pixels wide, so that doubling reaches every stride: networks of 14 px
patches (DINOv2) get patches of 16 px, and weights for them are resampled (vit_weights).
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import timm
import torch
from jaxtyping import Float
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

from superanimal_core.errors import SuperAnimalError
from superanimal_core.network.pose_network import FeatureNetwork
from superanimal_core.pose.keypoints import did_you_mean

MODULES = ("vision_transformer", "deit")  # of timm, those whose networks are all plain ones


class VisionTransformerNetwork(FeatureNetwork):
    """A network for crops of one size, since each patch has its own position embedding."""

    def __init__(
        self,
        keypoints: int,
        *,
        backbone: str,
        size_px: Sequence[int],
        stride_px: int,
        sigma_px: float,
        decoder_channels: int,
        is_subpixel: bool,
    ):
        super().__init__(keypoints, stride_px, sigma_px, is_subpixel)
        width, height = size_px  # a list, where it comes from a file
        self.backbone = build_vit(backbone, (width, height))
        self.grid: tuple[int, int] = self.backbone.patch_embed.grid_size
        doublings = round(math.log2(height / self.grid[0] / stride_px))
        channels = [decoder_channels * 2**left for left in reversed(range(doublings))]
        widths = [self.backbone.embed_dim, *channels]
        self.decoder = nn.Sequential(*(_doubled(*both) for both in pairwise(widths)))
        self.feature_channels = widths[-1]
        self.head = nn.Conv2d(self.feature_channels, keypoints, 1)
        nn.init.normal_(self.head.weight, std=0.001)

    def features(
        self, crops: Float[Tensor, "batch 3 _height _width"]
    ) -> Float[Tensor, "batch channel height width"]:
        """The patches, decoded to the grid of `stride_px`."""
        tokens = self.backbone.fc_norm(self.backbone.forward_features(crops))
        patches = tokens[:, self.backbone.num_prefix_tokens :]
        return self.decoder(patches.transpose(1, 2).unflatten(2, self.grid))


def build_vit(name: str, size_px: tuple[int, int]) -> VisionTransformer:
    """timm's vision transformer for crops (width, height), without a classifier or weights.

    It bears its grid (rows, columns) as a tensor, `position_grid`: a file of its weights then tells
    on which grid its position embeddings lie. SuperAnimalError for what is no plain vision
    transformer of timm, and for crops that are no whole patches, with the nearest sides.
    """
    known = vit_names()
    if name.partition(".")[0] not in known:  # timm writes the weights behind a point
        raise SuperAnimalError(
            f"backbone '{name}' is no plain vision transformer of timm{did_you_mean(name, known)}"
        )
    patch_px = patch_side_px(published_patch_px(name))
    if any(side % patch_px for side in size_px):
        width, height = size_px
        raise SuperAnimalError(
            f"'{name}' does not take crops of {width} x {height} px (its patches are {patch_px} px "
            f"wide; the nearest sides are {nearest_sides(width, patch_px)} and "
            f"{nearest_sides(height, patch_px)} px); change input_size_px, or name another backbone"
        )
    backbone: Any = timm.create_model(
        name,
        pretrained=False,
        num_classes=0,
        img_size=size_px[::-1],
        patch_size=patch_px,
        dynamic_img_size=False,
    )
    backbone.attn_pool = None  # a classifier's
    backbone.register_buffer("position_grid", torch.tensor(backbone.patch_embed.grid_size))
    return backbone


def vit_names() -> list[str]:
    """The plain vision transformers of timm."""
    return [name for module in MODULES for name in timm.list_models(module=module)]


def published_patch_px(name: str) -> int:
    """The side of the patches that a network of `vit_names` was published with."""
    with torch.device("meta"):
        published: Any = timm.create_model(name, pretrained=False)
    return published.patch_embed.patch_size[0]


def patch_side_px(published_px: int) -> int:
    """The side of a patch here: the power of two nearest to the published one, 16 for 14."""
    return 2 ** round(math.log2(published_px))


def nearest_sides(side_px: int, patch_px: int) -> str:
    """The sides of whole patches around a side, in words."""
    below = side_px // patch_px * patch_px
    sides = dict.fromkeys((below, -(-side_px // patch_px) * patch_px))
    return " or ".join(str(side) for side in sides if side)


def _doubled(channels: int, out: int) -> nn.Module:
    """Four cells in the place of one."""
    return nn.Sequential(
        nn.ConvTranspose2d(channels, out, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU(inplace=True),
    )
