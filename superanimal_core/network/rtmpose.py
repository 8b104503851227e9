"""RTMPose (Jiang et al. 2023): CSPNeXt, a gated attention unit over keypoints, and SimCC.

Module names are those of the released checkpoints, so that a checkpoint loads key by key.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from superanimal_core.network.cspnext import CspNext
from superanimal_core.network.pose_network import Keypoints, Outputs, PoseNetwork
from superanimal_core.network.simcc import BINS_PER_PX, decode_simcc, encode_simcc

STRIDE_PX = 32
WIDTH = 256  # of a keypoint's token
TARGET_SHARPNESS = 10.0  # of logits and targets in the loss (RTMPose's beta)


class RtmPoseNetwork(PoseNetwork):
    """A network for crops of one size, since its tokens are read off a fixed grid."""

    def __init__(
        self,
        keypoints: int,
        *,
        depth: float,
        width: float,
        size_px: tuple[int, int],
        sigma_bins: tuple[float, float],
    ):
        super().__init__()
        self.keypoints, self.sigma_bins = keypoints, sigma_bins
        self.backbone = CspNext(depth=depth, width=width)
        grid = (size_px[0] // STRIDE_PX) * (size_px[1] // STRIDE_PX)
        self.final_layer = nn.Conv2d(self.backbone.out_channels, keypoints, 7, padding=3)
        self.mlp = nn.Sequential(ScaleNorm(grid), nn.Linear(grid, WIDTH, bias=False))
        self.gau = GatedAttention(WIDTH)
        self.cls_x = nn.Linear(WIDTH, size_px[0] * BINS_PER_PX, bias=False)
        self.cls_y = nn.Linear(WIDTH, size_px[1] * BINS_PER_PX, bias=False)

    def forward(
        self, crops: Float[Tensor, "batch 3 _height _width"]
    ) -> tuple[Float[Tensor, "batch keypoint column"], Float[Tensor, "batch keypoint row"]]:
        """Logits of the bins along x and along y."""
        maps = self.final_layer(self.backbone(crops))
        tokens = self.gau(self.mlp(maps.flatten(2)))
        return self.cls_x(tokens), self.cls_y(tokens)

    def decode(self, outputs: Outputs) -> Keypoints:
        """The likeliest bins."""
        x, y = outputs
        return decode_simcc(x.float(), y.float(), self.sigma_bins)

    def keypoint_losses(
        self, outputs: Outputs, xy_px: Float[Tensor, "batch keypoint 2"]
    ) -> Float[Tensor, "batch keypoint"]:
        """Kullback-Leibler divergence from Gaussians, sharpened by a softmax, mean of both axes."""
        losses = []
        for axis, logits in enumerate(outputs):
            target = encode_simcc(xy_px[..., axis], logits.shape[2], self.sigma_bins[axis])
            peak = target.amax(dim=2, keepdim=True).clamp(min=1e-6)
            wanted = torch.softmax(target / peak * TARGET_SHARPNESS, dim=2)
            given = torch.log_softmax(logits.float() * TARGET_SHARPNESS, dim=2)
            losses.append(functional.kl_div(given, wanted, reduction="none").sum(dim=2))
        return torch.stack(losses).mean(dim=0)


class ScaleNorm(nn.Module):
    """Vectors divided by their root mean square, times one learned gain."""

    def __init__(self, length: int):
        super().__init__()
        self.scale = length**-0.5
        self.g = nn.Parameter(torch.ones(1))

    def forward(self, tokens: Tensor) -> Tensor:
        """The same shape."""
        norm = tokens.norm(dim=-1, keepdim=True) * self.scale
        return tokens / norm.clamp(min=1e-5) * self.g


class ChannelScale(nn.Module):
    """One learned gain per channel."""

    def __init__(self, channels: int):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels))

    def forward(self, tokens: Tensor) -> Tensor:
        """The same shape."""
        return tokens * self.scale


class GatedAttention(nn.Module):
    """A gated attention unit (Hua et al. 2022): keypoints look at each other through one head."""

    def __init__(self, width: int, *, key_width: int = 128, expansion: int = 2):
        super().__init__()
        inner = width * expansion
        self.parts = (inner, inner, key_width)
        self.gamma = nn.Parameter(torch.rand(2, key_width))
        self.beta = nn.Parameter(torch.rand(2, key_width))
        self.o = nn.Linear(inner, width, bias=False)
        self.uv = nn.Linear(width, sum(self.parts), bias=False)
        self.ln = ScaleNorm(width)
        self.res_scale = ChannelScale(width)

    def forward(
        self, tokens: Float[Tensor, "batch keypoint width"]
    ) -> Float[Tensor, "batch keypoint width"]:
        """Tokens that know of each other."""
        gate, value, shared = functional.silu(self.uv(self.ln(tokens))).split(self.parts, dim=2)
        both: object = shared[:, :, None] * self.gamma + self.beta
        query, key = both.unbind(dim=2)
        attention = functional.relu(query @ key.transpose(1, 2) / key.shape[2] ** 0.5).square()
        return self.res_scale(tokens) + self.o(gate * (attention @ value))
