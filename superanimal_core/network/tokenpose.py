"""AnimalTokenPose: TokenPose (Li et al. 2021) on HRNet's features, SuperAnimal's transformer.

Patches of the features and one learned token per keypoint go through a transformer; every
keypoint's token is then unfolded into its heatmap. Sizes are those of DeepLabCut 3's configuration;
no weights of it were released.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from superanimal_core.network.hrnet import STRIDE_PX, build_hrnet, high_resolution_channels
from superanimal_core.network.pose_network import FeatureNetwork

PATCH = 4  # cells of the features along a side of a patch
WIDTH = 192  # of a token
LAYERS = 6
HEADS = 8
EXPANSION = 3  # of a token within a layer


class TokenPoseNetwork(FeatureNetwork):
    """A network for crops of one size, since a token unfolds to a fixed grid."""

    def __init__(
        self,
        keypoints: int,
        *,
        backbone: str,
        size_px: tuple[int, int],
        sigma_px: float,
        is_subpixel: bool,
    ):
        super().__init__(keypoints, STRIDE_PX, sigma_px, is_subpixel)
        self.grid = (size_px[1] // STRIDE_PX, size_px[0] // STRIDE_PX)
        self.backbone = build_hrnet(backbone)
        self.feature_channels = high_resolution_channels(self.backbone)
        self.patches = nn.Conv2d(self.feature_channels, WIDTH, PATCH, stride=PATCH)
        self.tokens = nn.Parameter(torch.randn(1, keypoints, WIDTH) * 0.02)
        positions = sine_positions(self.grid[0] // PATCH, self.grid[1] // PATCH, WIDTH)
        self.register_buffer("positions", positions, persistent=False)
        layer = nn.TransformerEncoderLayer(
            WIDTH,
            HEADS,
            WIDTH * EXPANSION,
            dropout=0.0,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.transformer = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        unfold = nn.Linear(WIDTH, self.grid[0] * self.grid[1])
        nn.init.normal_(unfold.weight, std=0.001)
        self.head = nn.Sequential(nn.LayerNorm(WIDTH), unfold)

    def features(
        self, crops: Float[Tensor, "batch 3 _height _width"]
    ) -> Float[Tensor, "batch channel height width"]:
        """HRNet's branch of a quarter of the crop's sides."""
        return self.backbone(crops)[0]

    def heatmaps(
        self, features: Float[Tensor, "batch channel height width"]
    ) -> Float[Tensor, "batch keypoint height width"]:
        """What the keypoints' tokens unfold to."""
        patches = self.patches(features).flatten(2).transpose(1, 2)
        patches = patches + self.get_buffer("positions")
        tokens = self.tokens.expand(features.shape[0], -1, -1)
        mixed = self.transformer(torch.cat([tokens, patches], dim=1))
        return self.head(mixed[:, : self.keypoints]).unflatten(2, self.grid)


def sine_positions(rows: int, columns: int, width: int) -> Float[Tensor, "1 cell width"]:
    """Sines and cosines of the row, then of the column (Vaswani et al. 2017, in two dimensions)."""
    frequency = 10_000.0 ** (-torch.arange(width // 4) / (width // 4))
    row, column = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    waves = [p.flatten()[:, None] * frequency for p in (row, column)]
    return torch.cat([f(wave) for wave in waves for f in (torch.sin, torch.cos)], dim=1)[None]
