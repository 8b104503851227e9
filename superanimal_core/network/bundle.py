"""A trained model: the network, and all that is needed to use it on pixels."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from superanimal_core.network.initial_weights import load_backbone
from superanimal_core.network.pose_network import PoseNetwork
from superanimal_core.pose.keypoints import KeypointSpace


@dataclass(frozen=True)
class ModelBundle:
    """A pose network with its keypoint space, crop and heatmap geometry.

    `mean` and `std` normalize colors of 0-1, `crop_margin` is the crop's side over the box's longer
    side, `sigma_px` and `stride_px` are in crop pixels, `trained_on` names the data sets.
    """

    network: nn.Module
    space: KeypointSpace
    backbone: str
    decoder_channels: int
    input_size_px: int
    crop_margin: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    stride_px: int
    sigma_px: float
    trained_on: tuple[str, ...]

    def __post_init__(self) -> None:
        channels = getattr(self.network, "head").out_channels  # noqa: B009 -- nn.Module is open
        if channels != len(self.space):
            raise ValueError(f"{channels} heatmaps for {len(self.space)} keypoints")


def new_bundle(
    space: KeypointSpace,
    *,
    backbone: str,
    decoder_channels: int,
    input_size_px: int,
    crop_margin: float,
    stride_px: int,
    sigma_px: float,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    trained_on: tuple[str, ...],
    weights: tuple[str, Mapping[str, Tensor]] | None = None,
) -> ModelBundle:
    """A bundle around a new network with random weights (torch's generator).

    `weights`, a file's name and its tensors, fill the backbone.
    """
    network = PoseNetwork(backbone, len(space), stride_px, decoder_channels)
    if weights is not None:
        load_backbone(network.backbone, weights[1], weights[0])
    return ModelBundle(
        network,
        space,
        backbone,
        decoder_channels,
        input_size_px,
        crop_margin,
        tuple(mean),
        tuple(std),
        stride_px,
        sigma_px,
        trained_on,
    )
