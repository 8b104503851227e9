"""A trained model: the network, and all that is needed to use it on pixels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from numpy import ndarray
from torch import Tensor

from superanimal_core.network.context_networks import (
    HighResolutionContextNetwork,
    PyramidContextNetwork,
    TokenPoseContextNetwork,
    VisionTransformerContextNetwork,
)
from superanimal_core.network.crops import CropGeometry
from superanimal_core.network.dilated_resnet import DilatedResNetwork
from superanimal_core.network.hrnet import HighResolutionNetwork
from superanimal_core.network.initial_weights import load_backbone
from superanimal_core.network.pose_network import HeatmapNetwork, PoseNetwork, check_grid
from superanimal_core.network.pyramid import PyramidNetwork
from superanimal_core.network.rtmpose import RtmPoseNetwork
from superanimal_core.network.tokenpose import TokenPoseNetwork
from superanimal_core.network.vit import VisionTransformerNetwork
from superanimal_core.pose.keypoints import KeypointSpace

ARCHITECTURES: Mapping[str, Callable[..., PoseNetwork]] = {
    "pyramid": PyramidNetwork,
    "hrnet": HighResolutionNetwork,
    "tokenpose": TokenPoseNetwork,
    "dilated_resnet": DilatedResNetwork,
    "rtmpose": RtmPoseNetwork,
    "vit": VisionTransformerNetwork,
    "pyramid_context": PyramidContextNetwork,
    "hrnet_context": HighResolutionContextNetwork,
    "tokenpose_context": TokenPoseContextNetwork,
    "vit_context": VisionTransformerContextNetwork,
}


@dataclass(frozen=True)
class ModelBundle:
    """A pose network with its keypoint space and the crops that it wants.

    `architecture` names a class of ARCHITECTURES and `parameters` its keywords beside the number
    of keypoints: what it takes to build the network again. `trained_on` names the data sets.
    `terms` are conditions of use that come with weights of others, which the network was made from.
    `taught` names the keypoints that the network has learned to find, in the order of the space;
    what its other outputs say means nothing. None: nobody knows, and all count as taught.

    Use: `crop.cut` per animal, `crop.normalize` per batch, `network`, `network.decode`, and the
    map that came with each crop.
    """

    network: PoseNetwork
    space: KeypointSpace
    architecture: str
    parameters: Mapping[str, object]
    crop: CropGeometry
    trained_on: tuple[str, ...]
    terms: tuple[str, ...] = ()
    taught: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.network.keypoints != len(self.space):
            raise ValueError(
                f"a network of {self.network.keypoints} keypoints for {len(self.space)} keypoints"
            )
        if strange := set(self.taught_keypoints) - set(self.space.keypoints):
            raise ValueError(f"taught keypoints that '{self.space.name}' lacks: {sorted(strange)}")

    @property
    def taught_keypoints(self) -> tuple[str, ...]:
        """The names of the keypoints that count as taught."""
        return self.space.keypoints if self.taught is None else self.taught

    @property
    def is_taught(self) -> Bool[ndarray, "keypoint"]:
        """True for the keypoints that count as taught."""
        return np.isin(self.space.keypoints, self.taught_keypoints)


def new_bundle(
    space: KeypointSpace,
    *,
    architecture: str,
    parameters: Mapping[str, object],
    crop: CropGeometry,
    trained_on: tuple[str, ...],
    weights: tuple[str, Mapping[str, Tensor]] | None = None,
    terms: tuple[str, ...] = (),
    taught: tuple[str, ...] | None = None,
) -> ModelBundle:
    """A bundle around a new network with random weights (torch's generator).

    `weights`, a file's name and its tensors, fill the backbone. SuperAnimalError for a network that
    does not take the crops, or whose heatmaps are not on the grid of its stride.
    """
    network = ARCHITECTURES[architecture](len(space), **parameters)
    if isinstance(network, HeatmapNetwork):
        check_grid(network, crop.size_px, str(parameters.get("backbone", architecture)))
    if weights is not None:
        load_backbone(network.get_submodule("backbone"), weights[1], weights[0])
    return ModelBundle(
        network, space, architecture, dict(parameters), crop, trained_on, terms, taught
    )
