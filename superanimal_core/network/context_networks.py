"""Every network of features and a head, with the second head that sees neighboring frames."""

from superanimal_core.network.context import ContextNetwork
from superanimal_core.network.hrnet import HighResolutionNetwork
from superanimal_core.network.pyramid import PyramidNetwork
from superanimal_core.network.tokenpose import TokenPoseNetwork
from superanimal_core.network.vit import VisionTransformerNetwork


class PyramidContextNetwork(ContextNetwork, PyramidNetwork):
    """A pyramid that looks at neighboring frames."""


class HighResolutionContextNetwork(ContextNetwork, HighResolutionNetwork):
    """An HRNet that looks at neighboring frames."""


class TokenPoseContextNetwork(ContextNetwork, TokenPoseNetwork):
    """An AnimalTokenPose that looks at neighboring frames."""


class VisionTransformerContextNetwork(ContextNetwork, VisionTransformerNetwork):
    """A vision transformer that looks at neighboring frames."""
