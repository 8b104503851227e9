"""Which grids a timm network can give to a pyramid's head, tried without weights.

    python -m superanimal_core.network.backbone_geometry convnext_tiny 256

prints it as JSON, for programs that must not load torch.
"""

import json
import sys
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from typing import Any

import timm
import torch

HEAD_STRIDES = (2, 4, 8)  # network.stride_px


@dataclass(frozen=True)
class BackboneGeometry:
    """What a backbone gives: strides of its stages, and those of HEAD_STRIDES that fit a crop.

    `reason` says in a few words why no stride fits; empty otherwise.
    """

    strides: tuple[int, ...]
    head_strides: tuple[int, ...]
    reason: str


def backbone_geometry(name: str, size_px: int) -> BackboneGeometry:
    """The geometry of a timm network on square crops, from shapes alone (torch's meta device).

    A stride fits when the stages from it on have as many channels as they say, channels first,
    and the finest of them has a cell every so many pixels.
    """
    try:
        backbone = _without_weights(name)
    except (RuntimeError, AttributeError, TypeError, ValueError, AssertionError, KeyError):
        return BackboneGeometry((), (), "timm gives no features of it")
    features = backbone.feature_info
    strides, channels = tuple(features.reduction()), features.channels()
    if not set(strides) & set(HEAD_STRIDES):
        return BackboneGeometry(strides, (), "no stage of stride 2, 4 or 8")
    try:
        with torch.no_grad():
            place = next(backbone.parameters()).device
            stages = backbone(torch.zeros(1, 3, size_px, size_px, device=place))
    except (RuntimeError, AssertionError, ValueError, TypeError):
        return BackboneGeometry(strides, (), f"no crops of {size_px} px")
    is_right = [stage.shape[1] == width for stage, width in zip(stages, channels, strict=True)]
    if not all(is_right):
        return BackboneGeometry(strides, (), "channels stand last")
    cells = [tuple(stage.shape[2:]) for stage in stages]
    fitting = [s for s in HEAD_STRIDES if _fits(s, strides, cells, size_px)]
    return BackboneGeometry(strides, tuple(fitting), "" if fitting else "other grids than it says")


@lru_cache(maxsize=1)
def _without_weights(name: str) -> Any:
    """A network of shapes alone; a real one where torch cannot make some part of it so."""
    build = partial(timm.create_model, name, pretrained=False, features_only=True)
    try:
        with torch.device("meta"):
            return build().eval()
    except RuntimeError:  # older ones ask a value, which shapes do not have
        return build().eval()


def _fits(
    stride_px: int, strides: tuple[int, ...], cells: list[tuple[int, ...]], size_px: int
) -> bool:
    """Whether the finest stage from a stride on has its grid."""
    used = [cell for stride, cell in zip(strides, cells, strict=True) if stride >= stride_px]
    return stride_px in strides and used[0] == (size_px // stride_px,) * 2


if __name__ == "__main__":
    print(json.dumps(asdict(backbone_geometry(sys.argv[1], int(sys.argv[2])))))
