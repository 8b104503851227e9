"""Pretrained backbone weights from a user's file into one of our networks."""

from collections.abc import Mapping

import torch
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

from superanimal_core.errors import SuperAnimalError
from superanimal_core.network.vit_weights import vit_weights


def load_backbone(backbone: nn.Module, weights: Mapping[str, Tensor], where: str) -> None:
    """Fill a timm feature backbone from named tensors; surplus tensors (a classifier) are ignored.

    Names of timm are matched by name. Names of another library are matched by order, which is
    right where both define the same layers in the same order (torchvision's and timm's
    MobileNetV2): every shape must then agree. Layers of a vision transformer are too much alike for
    that; its weights are fitted to its grid. SuperAnimalError with the first difference otherwise.
    """
    wanted = {k: v for k, v in backbone.state_dict().items() if "num_batches_tracked" not in k}
    if isinstance(backbone, VisionTransformer):
        chosen = vit_weights(backbone, weights, where)
    elif all(name in weights for name in wanted):
        chosen = {name: weights[name] for name in wanted}
    else:
        given = [v for k, v in weights.items() if "num_batches_tracked" not in k]
        chosen = dict(zip(wanted, given, strict=False))
    for name, tensor in wanted.items():
        if name not in chosen:
            raise SuperAnimalError(f"{where}: no weights for '{name}'; another backbone?")
        if chosen[name].shape != tensor.shape:
            raise SuperAnimalError(
                f"{where}: '{name}' needs shape {tuple(tensor.shape)}, the file has "
                f"{tuple(chosen[name].shape)} in its place; these are weights of another backbone"
            )
    with torch.no_grad():
        for name, tensor in wanted.items():
            tensor.copy_(chosen[name])
