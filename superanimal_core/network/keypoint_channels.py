"""Which weights of a pose network belong to which keypoint, and how they move to another space."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from superanimal_core.network.bundle import ARCHITECTURES, ModelBundle


def keypoint_axes(
    architecture: str, parameters: Mapping[str, object]
) -> Mapping[str, tuple[int, int]]:
    """Of each tensor that grows with the number of keypoints: along which axis, by how many.

    Found by comparing networks of two and of three keypoints, without memory for either.
    """
    with torch.device("meta"):
        two, three = (
            ARCHITECTURES[architecture](count, **parameters).state_dict() for count in (2, 3)
        )
    axes = {}
    for name, tensor in two.items():
        grown = [more - fewer for more, fewer in zip(three[name].shape, tensor.shape, strict=True)]
        if any(grown):
            axes[name] = (grown.index(max(grown)), max(grown))
    return axes


@torch.no_grad()
def take_over(child: ModelBundle, parent: ModelBundle) -> None:
    """Fill a network with another one's weights, but for keypoints that the other one lacks.

    Both have the same architecture and parameters. The channels of a keypoint go by its name.
    """
    shared = [name for name in child.space.keypoints if name in parent.space.keypoints]
    to, of = ([b.space.keypoints.index(name) for name in shared] for b in (child, parent))
    axes = keypoint_axes(parent.architecture, parent.parameters)
    given = parent.network.state_dict()
    for name, tensor in child.network.state_dict().items():
        if name in axes:
            axis, channels = axes[name]
            rows = _channels(to, channels).to(tensor.device)
            taken = given[name].index_select(axis, _channels(of, channels))
            tensor.index_copy_(axis, rows, taken.to(tensor))
        else:
            tensor.copy_(given[name])


def _channels(keypoints: Sequence[int], each: int) -> Tensor:
    """The channels of some keypoints, those of one beside each other."""
    return torch.tensor([k * each + c for k in keypoints for c in range(each)], dtype=torch.long)
