"""Patch masking as a curriculum: squares of training crops are blanked, more and more of them.

From Lightning Pose's multi-view transformer (2025). Labels stay: a keypoint below a square is still
asked for, so that the network learns to say it from what is left. A blank has the color that is 0
to the network (the mean that colors are normalized by), not black.

Unlike Lightning Pose, whose seed is a sum of step, picture and view, so that masks of one picture
come back at another, each mask has a random generator of its own.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, UInt8
from numpy import ndarray
from torch import Tensor

from superanimal_core.settings import PatchMaskSettings
from superanimal_core.training.batches import Batch, Stream
from superanimal_core.training.processes import Processes

OF_MASKS = 1  # last word of their seeds: the crops' own are shorter


def masked_stream(
    stream: Stream,
    masks: PatchMaskSettings,
    *,
    color: Sequence[float],
    steps: int,
    seed: int,
    processes: Processes,
) -> Stream:
    """A stream whose crops lack the share of squares that is due at the step.

    Which squares follows from the seed, the step and the crop's place in the batch of all processes
    alone. `color` (0-1) is that of a blank; `steps` those of the whole training.
    """

    def at(step: int) -> Batch:
        batch, share = stream(step), masked_share(step / steps, masks)
        rows, columns = (side // masks.patch_px for side in batch.crops.shape[-3:-1])
        places = [processes.rank + processes.count * i for i in range(len(batch.crops))]
        hidden = [
            draw_mask((rows, columns), share, np.random.default_rng([seed, step, place, OF_MASKS]))
            for place in places
        ]
        return replace(batch, crops=blanked(batch.crops, np.stack(hidden), masks.patch_px, color))

    return at


def masked_share(progress: float, masks: PatchMaskSettings) -> float:
    """The share of squares after a part of the training (0-1): none, then a line, then `final`."""
    if progress < masks.begin:
        return 0.0
    if progress >= masks.end:
        return masks.final
    way = (progress - masks.begin) / (masks.end - masks.begin)
    return masks.initial + way * (masks.final - masks.initial)


def draw_mask(
    grid: tuple[int, int], share: float, generator: np.random.Generator
) -> Bool[ndarray, "rows columns"]:
    """True for a share of a grid's cells, rounded down, any of them alike."""
    cells = grid[0] * grid[1]
    hidden = int(share * cells + 1e-9)  # a whole number may come out a rounding error below
    chosen = generator.permutation(cells)[:hidden]
    return np.isin(np.arange(cells), chosen).reshape(grid)


def blanked(
    crops: UInt8[Tensor, "batch *window height width 3"],
    hidden: Bool[ndarray, "batch rows columns"],
    patch_px: int,
    color: Sequence[float],
) -> UInt8[Tensor, "batch *window height width 3"]:
    """Crops with squares of one color (0-1); what is left of sides beside whole squares stays.

    All crops of a window lack the same squares.
    """
    squares = torch.from_numpy(hidden).repeat_interleave(patch_px, 1).repeat_interleave(patch_px, 2)
    is_blank = torch.zeros((len(crops), *crops.shape[-3:-1]), dtype=torch.bool)
    is_blank[:, : squares.shape[1], : squares.shape[2]] = squares
    blank = torch.tensor([round(255 * part) for part in color], dtype=torch.uint8)
    if crops.ndim == 5:
        is_blank = is_blank[:, None]
    return torch.where(is_blank[..., None], blank, crops)
