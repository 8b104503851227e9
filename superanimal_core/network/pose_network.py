"""What every pose network is: crops in, raw outputs, keypoints and scores out, a loss per keypoint.

Inference and training know this interface only, so that any architecture takes part in both.
"""

import os
import shutil
import socket
from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from superanimal_core.errors import SuperAnimalError
from superanimal_core.network.heatmaps import decode_cells, decode_peaks, encode_heatmaps

Outputs = Tensor | tuple[Tensor, Tensor]
Keypoints = tuple[Float[Tensor, "batch keypoint 2"], Float[Tensor, "batch keypoint"]]


class PoseNetwork(nn.Module, ABC):
    """A network of `keypoints` keypoints. All positions are in crop pixels."""

    keypoints: int

    @abstractmethod
    def forward(self, crops: Float[Tensor, "batch 3 height width"]) -> Outputs:
        """Raw outputs of the head for normalized crops; each begins with (batch, keypoint)."""

    @abstractmethod
    def decode(self, outputs: Outputs) -> Keypoints:
        """Positions and scores (0-1) from raw outputs of any floating type, in float32."""

    @abstractmethod
    def keypoint_losses(
        self, outputs: Outputs, xy_px: Float[Tensor, "batch keypoint 2"]
    ) -> Float[Tensor, "batch keypoint"]:
        """How far raw outputs are from positions, of order one; NaN stands for absent."""


class HeatmapNetwork(PoseNetwork):
    """A network whose only output are heatmaps (batch, keypoint, height/stride, width/stride).

    `sigma_px` is the standard deviation of a target. With `is_subpixel` a peak lies between cells,
    without it on the center of one, as in DeepLabCut's HRNet.
    """

    def __init__(self, keypoints: int, stride_px: int, sigma_px: float, is_subpixel: bool):
        super().__init__()
        self.keypoints = keypoints
        self.stride_px, self.sigma_px, self.is_subpixel = stride_px, sigma_px, is_subpixel

    def decode(self, outputs: Outputs) -> Keypoints:
        """The peak of every heatmap and its height, clipped to 0-1."""
        decode = decode_peaks if self.is_subpixel else decode_cells
        return decode(heatmaps_in(outputs), self.stride_px)

    def keypoint_losses(
        self, outputs: Outputs, xy_px: Float[Tensor, "batch keypoint 2"]
    ) -> Float[Tensor, "batch keypoint"]:
        """Mean squared error of each heatmap, over the share of the grid that a Gaussian covers."""
        return heatmap_losses(heatmaps_in(outputs), xy_px, self.stride_px, self.sigma_px)

    def heatmaps_of_heads(self, outputs: Outputs) -> list[Float[Tensor, "batch keypoint _h _w"]]:
        """The heatmaps of every head, in float32; here of the one there is."""
        return [heatmaps_in(outputs)]


class FeatureNetwork(HeatmapNetwork):
    """A heatmap network in two parts: features, and a head that reads heatmaps off their grid.

    What lies between them can be kept, and looked at by another head (network.context).
    """

    head: nn.Module
    feature_channels: int

    def forward(
        self, crops: Float[Tensor, "batch 3 _height _width"]
    ) -> Float[Tensor, "batch keypoint height width"]:
        """Heatmaps of the keypoints on the grid of `stride_px`."""
        return self.heatmaps(self.features(crops))

    @abstractmethod
    def features(
        self, crops: Float[Tensor, "batch 3 _height _width"]
    ) -> Float[Tensor, "batch channel height width"]:
        """What the head is given, `feature_channels` on the grid of `stride_px`."""

    def heatmaps(
        self, features: Float[Tensor, "batch channel height width"]
    ) -> Float[Tensor, "batch keypoint height width"]:
        """What the head makes of features."""
        return self.head(features)


def feature_maps(
    network: PoseNetwork, crops: Float[Tensor, "batch 3 _height _width"]
) -> Float[Tensor, "batch channel height width"]:
    """What a network makes of crops before any head sees it."""
    if isinstance(network, FeatureNetwork):
        return network.features(crops)
    return network.get_submodule("backbone")(crops)


def heatmaps_in(outputs: Outputs) -> Float[Tensor, "batch keypoint height width"]:
    """The heatmaps among raw outputs, in float32."""
    return (outputs if isinstance(outputs, Tensor) else outputs[0]).float()


def heatmap_losses(
    heatmaps: Float[Tensor, "batch keypoint height width"],
    xy_px: Float[Tensor, "batch keypoint 2"],
    stride_px: int,
    sigma_px: float,
) -> Float[Tensor, "batch keypoint"]:
    """Squared error against a Gaussian, summed over the grid, in units of sigma squared."""
    grid = (heatmaps.shape[2], heatmaps.shape[3])
    error = (heatmaps - encode_heatmaps(xy_px, grid, stride_px, sigma_px)).square()
    return error.mean(dim=(2, 3)) * (grid[0] * grid[1] * (stride_px / sigma_px) ** 2)


def check_grid(network: HeatmapNetwork, size_px: tuple[int, int], name: str) -> None:
    """SuperAnimalError unless heatmaps of a crop (width, height) have its size over the stride.

    Positions on a smaller grid would all lie in the crop's top-left part. One gray crop is tried.
    """
    width, height = size_px
    was_training = network.training
    try:
        with torch.inference_mode():
            heatmaps = heatmaps_in(network.eval()(torch.zeros(1, 3, height, width)))
    except (RuntimeError, AssertionError, ValueError, TypeError, IndexError) as error:
        reason = str(error).partition("\n")[0]
        raise SuperAnimalError(
            f"'{name}' does not take crops of {width} x {height} px ({reason}); change "
            "input_size_px, or name another backbone"
        ) from None
    finally:
        network.train(was_training)
    rows, columns = heatmaps.shape[2:]
    if (columns * network.stride_px, rows * network.stride_px) != (width, height):
        raise SuperAnimalError(
            f"'{name}' gives heatmaps of {columns} x {rows} cells for crops of {width} x {height} "
            f"px, which is no grid of stride {network.stride_px}; change network.stride_px or "
            "input_size_px, or name another backbone"
        )


def freeze_batch_norm(network: nn.Module) -> None:
    """Keep the running statistics of every batch normalization; weights and biases still learn."""
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()


def ready_network(
    network: PoseNetwork, device: torch.device, compiled: bool = False
) -> PoseNetwork:
    """The network on its device, for inference, channels last in memory.

    `compiled`: by torch.compile, at the first batch; SuperAnimalError without a C++ compiler.
    """
    ready = network.to(device).to(memory_format=torch.channels_last).eval()
    if not compiled:
        return ready
    compiler = os.environ.get("CXX", "g++")
    if shutil.which(compiler) is None:
        raise SuperAnimalError(
            f"inference.compiled: true needs a C++ compiler, and {socket.gethostname()} has no "
            f"'{compiler}'. Install one, name it in $CXX, or write false"
        )
    ready.compile()
    return ready
