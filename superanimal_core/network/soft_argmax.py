"""Maps of probability, and their maxima between cells, as Lightning Pose has them: differentiable.

Biderman et al. 2024. A map sums to 1 over its cells, or is zero where nothing is known. Beside
network.heatmaps, whose Gaussians have the peak 1; cells lie as they do there. All positions are
crop pixels.
"""

import math
from functools import cache

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from superanimal_core.network.heatmaps import encode_heatmaps

TEMPERATURE = 1000.0  # what maps are multiplied by before the softmax; made for 64 x 64 cells
SMOOTHING = (1.0, 4.0, 6.0, 4.0, 1.0)  # of an enlarged map, along each axis
WINDOW = 2  # cells around a maximum, of the enlarged map, whose probability is its confidence

Maps = Float[Tensor, "batch keypoint height width"]


def probability_maps(
    xy_px: Float[Tensor, "batch keypoint 2"],
    grid: tuple[int, int],
    stride_px: int,
    sigma_px: float,
    is_uniform: Bool[Tensor, "batch keypoint"] | None = None,
) -> Float[Tensor, "batch keypoint height width"]:
    """Gaussians around positions; zero where NaN or more than a cell outside the grid.

    `is_uniform` asks for a flat map, whatever the position: for a keypoint that is known to be
    there, hidden (the published target of occluded keypoints).
    """
    height, width = grid
    size_px = xy_px.new_tensor([width, height]) * stride_px
    # published in centers of cells counted from 0: within [-1, width + 1]
    low_px, high_px = -0.5 * stride_px, size_px + 1.5 * stride_px
    is_near = ((xy_px >= low_px) & (xy_px <= high_px)).all(dim=2)
    maps = encode_heatmaps(xy_px, grid, stride_px, sigma_px) * is_near[..., None, None]
    maps = maps / maps.sum(dim=(2, 3), keepdim=True).clamp(min=torch.finfo(maps.dtype).tiny)
    if is_uniform is None:
        return maps
    return torch.where(is_uniform[..., None, None], 1 / (height * width), maps)


def as_probabilities(heatmaps: Maps, stride_px: int, sigma_px: float) -> Maps:
    """Heatmaps of peak 1 over the sum of a whole Gaussian: one that is flat stays low.

    Divided by its own sum, a map of noise would look as sure as one with a peak.
    """
    return heatmaps / (2 * math.pi * (sigma_px / stride_px) ** 2)


def enlarged(maps: Maps, times: int) -> Float[Tensor, "batch keypoint rows columns"]:
    """Maps of twice the size (bicubic), smoothed, so many times; what lies outside is zero.

    As products with matrices, since all of it is linear and goes along one axis, then the other:
    on a CPU ten times as fast as to enlarge and convolve.
    """
    height, width = maps.shape[2:]
    down, across = (_enlarging(side, times).to(maps) for side in (height, width))
    return down @ maps @ across.mT


@cache
@torch.inference_mode(False)  # wherever it is asked for first, gradients go through it later
def _enlarging(cells: int, times: int) -> Float[Tensor, "more cells"]:
    """The matrix that enlarges a line of cells so many times."""
    matrix = torch.eye(cells, dtype=torch.float64)
    for _ in range(times):
        twice = nn.functional.interpolate(
            matrix[None, None], scale_factor=(2.0, 1.0), mode="bicubic", align_corners=False
        )[0, 0]
        matrix = _smoothing(len(twice)) @ twice
    return matrix


def _smoothing(cells: int) -> Float[Tensor, "cells cells"]:
    """The matrix that smooths a line of cells, beyond which everything is zero."""
    reach = len(SMOOTHING) // 2
    bands = [
        weight * torch.eye(cells + 2 * reach, dtype=torch.float64)[reach : cells + reach]
        for weight in SMOOTHING
    ]
    shifted = [band.roll(k - reach, dims=1) for k, band in enumerate(bands)]
    return torch.stack(shifted).sum(dim=0)[:, reach : cells + reach] / sum(SMOOTHING)


def sub_pixel_maxima(
    maps: Maps, stride_px: int, *, enlargements: int
) -> tuple[Float[Tensor, "batch keypoint 2"], Float[Tensor, "batch keypoint"]]:
    """Positions of the maxima (crop pixels) and their confidence (0-1).

    The mean position over the softmax of the sharpened map, which is enlarged so many times first;
    the confidence is the probability in the 5 x 5 cells around it. A flat map has 25 over its
    number of cells. Within a cell of the border a maximum is drawn inwards.

    Unlike Lightning Pose, whose positions after three enlargements lie 1 px too far down and to the
    right (it takes off 2.5 px where the geometry asks for (2 ** 3 - 1) / 2), positions follow the
    geometry: the center of cell j of n enlargements lies at (j + 0.5) * stride / 2 ** n.
    """
    maps = enlarged(maps, enlargements)
    height, width = maps.shape[2:]
    probability = torch.softmax(TEMPERATURE * maps.flatten(2), dim=2).view_as(maps)
    rows = torch.arange(height, device=maps.device, dtype=maps.dtype)
    columns = torch.arange(width, device=maps.device, dtype=maps.dtype)
    x, y = probability.sum(dim=2) @ columns, probability.sum(dim=3) @ rows
    is_beside, is_level = _is_close(columns, x), _is_close(rows, y)
    confidence = torch.einsum("bkyx,bky,bkx->bk", probability, is_level, is_beside)
    return (torch.stack([x, y], dim=2) + 0.5) * (stride_px / 2**enlargements), confidence


def _is_close(
    cells: Float[Tensor, "cell"], found: Float[Tensor, "batch keypoint"]
) -> Float[Tensor, "batch keypoint cell"]:
    """1 for the cells in the window around the one that a position lies in, along an axis."""
    return ((cells - found.detach().floor()[..., None]).abs() <= WINDOW).to(cells.dtype)
