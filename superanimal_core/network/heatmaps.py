"""Heatmaps: a Gaussian around each keypoint, and back to sub-pixel positions.

The grid's cell (row i, column j) has its center at ((j + 0.5) * stride, (i + 0.5) * stride) in
crop pixels, as in DeepLabCut's target generator.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def encode_heatmaps(
    xy_px: Float[Tensor, "batch keypoint 2"], grid: tuple[int, int], stride_px: int, sigma_px: float
) -> Float[Tensor, "batch keypoint height width"]:
    """Unnormalized Gaussians with peak 1 at the positions (crop pixels); zero where NaN."""
    height, width = grid
    x = (torch.arange(width, dtype=xy_px.dtype, device=xy_px.device) + 0.5) * stride_px
    y = (torch.arange(height, dtype=xy_px.dtype, device=xy_px.device) + 0.5) * stride_px
    along_x = torch.exp(-((x - xy_px[..., :1]) ** 2) / (2 * sigma_px**2))
    along_y = torch.exp(-((y - xy_px[..., 1:]) ** 2) / (2 * sigma_px**2))
    return torch.nan_to_num(along_y[..., :, None] * along_x[..., None, :], nan=0.0)


def decode_cells(
    heatmaps: Float[Tensor, "batch keypoint height width"], stride_px: int
) -> tuple[Float[Tensor, "batch keypoint 2"], Float[Tensor, "batch keypoint"]]:
    """Centers of the highest cells (crop pixels) and their values, clipped to 0-1.

    This is how DeepLabCut 3 decodes heatmaps without location refinement.
    """
    index, peak = highest_cells(heatmaps)
    return cell_centers_px(index, int(heatmaps.shape[3]), stride_px), peak.clamp(0, 1)


def decode_peaks(
    heatmaps: Float[Tensor, "batch keypoint height width"], stride_px: int
) -> tuple[Float[Tensor, "batch keypoint 2"], Float[Tensor, "batch keypoint"]]:
    """Sub-pixel positions of the peaks (crop pixels) and their heights, clipped to 0-1.

    The peak of a Gaussian is the vertex of the parabola through the logarithms of three neighboring
    cells, along x and along y: exact for a noiseless Gaussian (Zhang et al. 2020, DARK, with the
    mixed derivative left out). At the border of the grid the cell's center is taken.
    """
    height, width = map(int, heatmaps.shape[2:])  # while it is traced, they are tensors
    index, peak = highest_cells(heatmaps)
    row, column = index // width, index % width
    logs = torch.log(heatmaps.flatten(2).clamp(min=1e-6))
    x = column + _vertex(logs, index, 1, (column > 0) & (column < width - 1))
    y = row + _vertex(logs, index, width, (row > 0) & (row < height - 1))
    return (torch.stack([x, y], dim=2) + 0.5) * stride_px, peak.clamp(0, 1)


def soft_argmax(
    heatmaps: Float[Tensor, "batch keypoint height width"], stride_px: int, *, temperature: float
) -> Float[Tensor, "batch keypoint 2"]:
    """Mean positions (crop pixels) over cells that weigh their height ** `temperature`.

    The differentiable counterpart of `decode_peaks`, for losses on positions (integral regression,
    Sun et al. 2018). A Gaussian is found to a hundredth of a cell while its sigma is at least
    0.6 * sqrt(temperature) cells; a high temperature ignores low ground beside a peak. An empty
    heatmap has its middle, and gradient 0.

    Unlike Lightning Pose, which takes the softmax of 1000 times an upsampled heatmap, the softmax
    is taken of logarithms: a Gaussian stays one, and cells at zero weigh nothing.
    """
    logs = torch.log(heatmaps.flatten(2).clamp(min=1e-9))
    weight = torch.softmax(temperature * logs, dim=2)
    cells = torch.arange(weight.shape[2], device=weight.device)
    return weight @ cell_centers_px(cells, heatmaps.shape[3], stride_px).to(weight.dtype)


def highest_cells(
    heatmaps: Float[Tensor, "batch keypoint height width"],
) -> tuple[Int[Tensor, "batch keypoint"], Float[Tensor, "batch keypoint"]]:
    """Row-major index of the highest cell, the first one of equals, and its value."""
    peak, index = heatmaps.flatten(2).max(dim=2)
    return index, peak


def cell_centers_px(
    index: Int[Tensor, "*shape"], width: int, stride_px: int
) -> Float[Tensor, "*shape 2"]:
    """Centers (crop pixels) of cells with row-major indices in a grid of `width` columns."""
    return (torch.stack([index % width, index // width], dim=-1) + 0.5) * stride_px


def _vertex(
    logs: Float[Tensor, "batch keypoint cell"], index: Tensor, step: int, is_inside: Tensor
) -> Float[Tensor, "batch keypoint"]:
    """Offset of the parabola's vertex from the middle cell, within half a cell."""
    cells = logs.shape[2]
    middle = logs.gather(2, index[..., None])[..., 0]
    below = logs.gather(2, (index - step).clamp(min=0)[..., None])[..., 0]
    above = logs.gather(2, (index + step).clamp(max=cells - 1)[..., None])[..., 0]
    curvature = (2 * middle - below - above).clamp(min=1e-6)
    offset = ((above - below) / (2 * curvature)).clamp(-0.5, 0.5)
    return torch.where(is_inside, offset, torch.zeros_like(offset))
