"""Weights of a vision transformer for crops and patches of other sizes than it was trained on.

Position embeddings are resized to the crop's grid (Dosovitskiy et al. 2021, bicubic). Projections
of patches are resampled as in FlexiViT (Beyer et al. 2023): an enlarged patch gives the token that
it gave before, so that a crop of 256 px in patches of 16 px is to the network what one of 224 px in
patches of 14 px was.
"""

import math
from collections.abc import Mapping

from jaxtyping import Float
from timm.layers.patch_embed import resample_patch_embed
from timm.layers.pos_embed import resample_abs_pos_embed
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor

from superanimal_core.errors import SuperAnimalError

POSITIONS, PROJECTION, GRID = "pos_embed", "patch_embed.proj.weight", "position_grid"


def vit_weights(
    backbone: VisionTransformer, weights: Mapping[str, Tensor], where: str
) -> dict[str, Tensor]:
    """Named tensors of timm, or of DINOv2's authors, for a backbone's grid and patches.

    Tensors of other names or widths stay as they are. SuperAnimalError for positions of which
    nobody says on which grid they lie, and that are no square.
    """
    fitted = _named_as_timms(weights)
    if PROJECTION in fitted and fitted[PROJECTION].ndim == 4:
        sides = backbone.patch_embed.patch_size
        fitted[PROJECTION] = resample_patch_embed(fitted[PROJECTION], list(sides))
    if POSITIONS in fitted and fitted[POSITIONS].ndim == 3:
        others = 0 if backbone.no_embed_class else backbone.num_prefix_tokens
        fitted[POSITIONS] = resample_abs_pos_embed(
            fitted[POSITIONS],
            new_size=list(backbone.patch_embed.grid_size),
            old_size=_grid_of(fitted, fitted[POSITIONS].shape[1] - others, where),
            num_prefix_tokens=others,
        )
    return fitted | {GRID: backbone.get_buffer(GRID)}


def _grid_of(weights: Mapping[str, Tensor], positions: int, where: str) -> list[int]:
    """Rows and columns of the position embeddings; a square unless the weights say otherwise."""
    side = math.isqrt(max(positions, 0))
    grid = weights[GRID].tolist() if GRID in weights else [side, side]
    if math.prod(grid) != positions or not positions:
        raise SuperAnimalError(
            f"{where}: '{POSITIONS}' has {positions} positions of patches, which is no square "
            "grid; these are weights of another backbone"
        )
    return grid


def _named_as_timms(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """DINOv2's registers have another name, and its class token has a position of its own."""
    named = dict(weights)
    if "register_tokens" in named and named[POSITIONS].ndim == 3:
        first: Float[Tensor, "1 1 width"] = named[POSITIONS][:, :1]
        named["reg_token"] = named.pop("register_tokens")
        named["cls_token"] = named["cls_token"] + first
        named[POSITIONS] = named[POSITIONS][:, 1:]
    return named
