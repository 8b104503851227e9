"""SimCC (Li et al. 2022): each coordinate is a class among bins finer than a pixel."""

import torch
from jaxtyping import Float
from torch import Tensor

BINS_PER_PX = 2  # RTMPose's split ratio
SHARPNESS = 150.0  # logits are multiplied by sigma times this before the softmax (DeepLabCut 3)


def encode_simcc(
    x_px: Float[Tensor, "batch keypoint"], bins: int, sigma_bins: float
) -> Float[Tensor, "batch keypoint bin"]:
    """Gaussians over the bins that sum to 1; zero where the position is NaN or beyond the bins."""
    center = (x_px * BINS_PER_PX)[..., None]
    bin_ = torch.arange(bins, dtype=x_px.dtype, device=x_px.device)
    weight = torch.nan_to_num(torch.exp(-((bin_ - center) ** 2) / (2 * sigma_bins**2)), nan=0.0)
    return weight / weight.sum(dim=2, keepdim=True).clamp(min=1e-6)


def decode_simcc(
    x: Float[Tensor, "batch keypoint column"],
    y: Float[Tensor, "batch keypoint row"],
    sigma_bins: tuple[float, float],
) -> tuple[Float[Tensor, "batch keypoint 2"], Float[Tensor, "batch keypoint"]]:
    """Positions of the likeliest bins (crop pixels), and the smaller of the two probabilities.

    A keypoint without any likely bin (no better than one in 512) lies at (-0.5, -0.5), as in
    DeepLabCut 3.
    """
    found = [
        torch.softmax(logits * (sigma * SHARPNESS), dim=2).max(dim=2)
        for logits, sigma in zip((x, y), sigma_bins, strict=True)
    ]
    score = torch.minimum(found[0].values, found[1].values)
    bins = torch.stack([found[0].indices, found[1].indices], dim=2).to(score.dtype)
    is_nowhere = score <= 1 / 512
    return torch.where(is_nowhere[..., None], -1.0, bins) / BINS_PER_PX, score
