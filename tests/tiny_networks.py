"""Small networks that several tests share."""

import torch

from superanimal_core.network.bundle import new_bundle
from superanimal_core.network.crops import CropGeometry

COLORS = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


def square_crop(size_px=64, **changes):
    """The crops of a network that was trained here."""
    size_px = size_px if isinstance(size_px, tuple) else (size_px, size_px)
    geometry = {"size_px": size_px, "margin": 1.25, **COLORS, "in_whole_pixels": False}
    return CropGeometry(**(geometry | changes))


def pyramid_bundle(
    space,
    *,
    crop=None,
    trained_on=("lab",),
    weights=None,
    architecture="pyramid",
    **parameters,
):
    """A bundle around the smallest backbone."""
    chosen = {"backbone": "lcnet_035", "stride_px": 4, "sigma_px": 4.0}
    chosen |= {"decoder_channels": 8, "is_subpixel": True}
    return new_bundle(
        space,
        architecture=architecture,
        parameters=chosen | parameters,
        crop=crop or square_crop(),
        trained_on=trained_on,
        weights=weights,
    )


def vit_bundle(space, *, crop=None, trained_on=("lab",), weights=None, **parameters):
    """A bundle around timm's smallest vision transformer, with a class token."""
    crop = crop or square_crop()
    chosen = {"backbone": "test_vit", "size_px": crop.size_px, "stride_px": 4, "sigma_px": 4.0}
    chosen |= {"decoder_channels": 32, "is_subpixel": True}
    return new_bundle(
        space,
        architecture="vit",
        parameters=chosen | parameters,
        crop=crop,
        trained_on=trained_on,
        weights=weights,
    )


def pyramid_context_bundle(space, *, crop=None, trained_on=("lab",), seed=0, **parameters):
    """The same that looks at neighboring frames; its heads say something from the beginning."""
    torch.manual_seed(seed)
    bundle = pyramid_bundle(
        space, crop=crop, trained_on=trained_on, architecture="pyramid_context", **parameters
    )
    with torch.no_grad():
        for head in (bundle.network.head, bundle.network.context.head):
            head.weight.normal_()
    bundle.network.eval()
    return bundle
