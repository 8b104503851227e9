"""A pose network in whole numbers of eight bits (int8), which processors compute faster.

Its ranges are those of some crops (models.quantizing); how far that moves keypoints is measured on
others.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from torch import Tensor

from superanimal_core.network.engines import (
    Compute,
    EngineNetwork,
    computed_by,
    engine_network,
)
from superanimal_core.network.pose_network import Outputs, PoseNetwork

CROP_PX = 256  # sides of the crops in whose pixels keypoints are said to move
SEEN = 0.5  # score from which on a keypoint counts
MOST_PX = 0.3  # beyond it int8 is not used; bfloat16 moves keypoints by 0.1 px
BATCH = 8
CPU = torch.device("cpu")

Crops = Float[ndarray, "crop 3 height width"]


class ComputedNetwork(PoseNetwork):
    """A network that an engine computes, in the place of the network in a bundle."""

    def __init__(self, computed: EngineNetwork):
        super().__init__()
        self.computed, self.keypoints = computed, computed.network.keypoints

    def forward(self, crops: Float[Tensor, "batch 3 _height _width"]) -> Outputs:
        """Raw outputs of the head, by the engine."""
        return self.computed(crops)

    def decode(
        self, outputs: Outputs
    ) -> tuple[Float[Tensor, "batch keypoint 2"], Float[Tensor, "batch keypoint"]]:
        """Positions and scores, as the network decodes them."""
        return self.computed.decode(outputs)

    def keypoint_losses(
        self, outputs: Outputs, xy_px: Float[Tensor, "batch keypoint 2"]
    ) -> Float[Tensor, "batch keypoint"]:
        """Those of the network."""
        return self.computed.network.keypoint_losses(outputs, xy_px)


def in_float32(
    network: PoseNetwork, engine: str, size_px: tuple[int, int], device: torch.device
) -> ComputedNetwork:
    """A ready network as an engine computes it in float32. SuperAnimalError as `computed_by`."""
    return ComputedNetwork(engine_network(network, engine, size_px, device))


def in_int8(network: PoseNetwork, engine: str, document: bytes) -> ComputedNetwork:
    """A ready network as an engine computes it by its quantized document, on the processor."""
    compute = computed_by(engine, document, CPU)
    return ComputedNetwork(
        EngineNetwork(network, compute, name=f"{engine} in int8", is_exact=False)
    )


def outputs_by(compute: Compute) -> Callable[[Tensor], Outputs]:
    """A network's raw outputs as an engine gives them, which nobody compares with torch's."""

    def outputs(crops: Tensor) -> Outputs:
        first, *more = (torch.from_numpy(np.array(of)) for of in compute(crops.numpy()))
        return (first, more[0]) if more else first

    return outputs


def positions(
    network: PoseNetwork, outputs: Callable[[Tensor], Outputs], crops: Crops
) -> tuple[Float[ndarray, "crop keypoint 2"], Float[ndarray, "crop keypoint"]]:
    """Positions (crop px) and scores that a network decodes from outputs for normalized crops."""
    with torch.inference_mode():
        parts = [network.decode(outputs(torch.from_numpy(part))) for part in in_batches(crops)]
    xy_px, score = (torch.cat(of).numpy().astype(np.float64) for of in zip(*parts, strict=True))
    return xy_px, score


def moves_px(
    xy: Float[ndarray, "*shown keypoint 2"],
    other: Float[ndarray, "*shown keypoint 2"],
    side: Float[ndarray, "*shown"],
) -> Float[ndarray, "*shown keypoint"]:
    """How far keypoints have moved, in px of a crop with sides of 256.

    `side` is the longer side of the crop in the unit of the positions.
    """
    return np.linalg.norm(other - xy, axis=-1) / side[..., None] * CROP_PX


def mean_move_px(
    network: PoseNetwork,
    outputs: Callable[[Tensor], Outputs],
    crops: Crops,
    is_taught: Bool[ndarray, "keypoint"],
) -> float:
    """Mean of `moves_px` from a ready network to other `outputs` of it, in normalized crops.

    Of taught keypoints that the network scores with SEEN or more; NaN where there are none, or
    where the other outputs are no numbers.
    """
    if not len(crops):
        return float("nan")
    (xy_px, score), (other, _) = (positions(network, by, crops) for by in (network, outputs))
    moved = moves_px(xy_px, other, np.full(len(crops), float(max(crops.shape[2:]))))
    counted = moved[(score >= SEEN) & is_taught]
    return float(counted.mean()) if len(counted) else float("nan")


def in_batches(crops: Crops) -> Iterator[Crops]:
    """Crops in batches."""
    for start in range(0, len(crops), BATCH):
        yield crops[start : start + BATCH]
