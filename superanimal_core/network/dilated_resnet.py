"""DeepLabCut's ResNet: heatmaps of stride 8 with location refinement (Insafutdinov et al. 2016).

A ResNet whose last stage is dilated instead of strided (stride 16), and two transposed
convolutions that double its grid: heatmaps, and the way from each cell to the keypoint.
"""

from typing import Any

import timm
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from superanimal_core.network.heatmaps import cell_centers_px, highest_cells
from superanimal_core.network.pose_network import (
    Keypoints,
    Outputs,
    PoseNetwork,
    heatmap_losses,
)

STRIDE_PX = 8
REFINEMENT_PX = 7.2801  # crop pixels per unit of refinement (DeepLabCut's locref_std)
REFINEMENT_WEIGHT = 0.05  # of its loss beside the heatmaps' (DeepLabCut's locref_loss_weight)


class DilatedResNetwork(PoseNetwork):
    """timm's ResNet-50 with group normalization and DeepLabCut's two heads."""

    def __init__(self, keypoints: int, *, sigma_px: float, refinement_radius_px: float):
        super().__init__()
        self.keypoints = keypoints
        self.sigma_px, self.refinement_radius_px = sigma_px, refinement_radius_px
        backbone: Any = timm.create_model(
            "resnet50_gn", pretrained=False, output_stride=16, num_classes=0, global_pool=""
        )
        self.backbone = backbone
        self.head = nn.ConvTranspose2d(backbone.num_features, keypoints, 3, stride=2)
        self.refinement = nn.ConvTranspose2d(backbone.num_features, 2 * keypoints, 3, stride=2)

    def forward(
        self, crops: Float[Tensor, "batch 3 _height _width"]
    ) -> tuple[
        Float[Tensor, "batch keypoint height width"], Float[Tensor, "batch _keypoint2 height width"]
    ]:
        """Heatmaps, and x and y of the refinement of each keypoint in turn."""
        features = self.backbone(crops)
        return self.head(features), self.refinement(features)

    def decode(self, outputs: Outputs) -> Keypoints:
        """The center of the highest cell, moved by its refinement; its height, clipped to 0-1."""
        heatmaps, refinement = (part.float() for part in outputs)
        index, peak = highest_cells(heatmaps)
        centers = cell_centers_px(index, int(heatmaps.shape[3]), STRIDE_PX)
        flat = refinement.unflatten(1, (-1, 2)).flatten(3)
        moves = flat.gather(3, index[..., None, None].expand(-1, -1, 2, 1))[..., 0]
        return centers + moves * REFINEMENT_PX, peak.clamp(0, 1)

    def keypoint_losses(
        self, outputs: Outputs, xy_px: Float[Tensor, "batch keypoint 2"]
    ) -> Float[Tensor, "batch keypoint"]:
        """Of the heatmaps, and Huber's loss of the refinement in the cells near the keypoint."""
        heatmaps, refinement = (part.float() for part in outputs)
        cells = torch.arange(heatmaps[0, 0].numel(), device=xy_px.device)
        centers = cell_centers_px(cells, heatmaps.shape[3], STRIDE_PX)
        way = xy_px[:, :, None] - centers
        is_near = way.norm(dim=3) <= self.refinement_radius_px
        wanted = torch.nan_to_num(way / REFINEMENT_PX)
        given = refinement.unflatten(1, (-1, 2)).flatten(3).transpose(2, 3)
        error = functional.huber_loss(given, wanted, reduction="none").sum(dim=3) * is_near
        refined = error.sum(dim=2) / is_near.sum(dim=2).clamp(min=1)
        grid = heatmap_losses(heatmaps, xy_px, STRIDE_PX, self.sigma_px)
        return grid + REFINEMENT_WEIGHT * refined
