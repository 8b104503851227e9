"""How animals look to a network: its features, as numbers by which looks can be compared."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.crops import Crop
from superanimal_core.network.devices import autocast
from superanimal_core.network.pose_network import feature_maps


@torch.no_grad()
def appearances(
    bundle: ModelBundle,
    crops: Sequence[Crop],
    *,
    batch: int,
    precision: str,
    device: torch.device,
) -> Float[ndarray, "animal feature"]:
    """Mean and standard deviation over the crop of each feature of the network, before its head.

    `crops` are those of the bundle's geometry, one or more.
    """
    network = bundle.network.to(device).eval()
    parts = []
    for start in range(0, len(crops), batch):
        pixels = np.stack([crop.pixels for crop in crops[start : start + batch]])
        with autocast(device, precision):
            maps = feature_maps(network, bundle.crop.normalize(torch.from_numpy(pixels).to(device)))
        flat = maps.float().flatten(2)
        parts.append(torch.cat([flat.mean(dim=2), flat.std(dim=2)], dim=1).cpu())
    return torch.cat(parts).numpy().astype(np.float64)
