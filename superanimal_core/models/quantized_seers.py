"""Networks in int8 see a video, each as far as it does not move its keypoints too far by that."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from superanimal_core.models.bundles import read_members
from superanimal_core.models.quantized_folder import read_document, read_measured
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.pose_network import ready_network
from superanimal_core.network.quantized import in_float32, in_int8

Seers = tuple[dict[str, ModelBundle], dict[str, Any]]


def quantized_members(
    video: str,
    members: Sequence[str],
    teachers: Sequence[str],
    settings: Mapping[str, Any],
    *,
    inference: Mapping[str, Any],
    calibrations: Sequence[str],
    **_: Any,
) -> Seers:
    """Those of the model; what the record of their poses says of the ones that are not in int8.

    `settings` names the engine; among `calibrations` are the folders of the quantized networks,
    laid out as in the results folder.
    """
    bundles = read_members(members)
    return as_measured(bundles, members, calibrations, settings["engine"], inference["device"])


def as_measured(
    bundles: Mapping[str, ModelBundle],
    members: Sequence[str],
    trust: Sequence[str],
    engine: str,
    device: torch.device,
) -> Seers:
    """Bundles whose networks an engine computes, in int8 where that may be; remarks on others."""
    quantized = {(Path(p).parent.parent.name, Path(p).name): p for p in trust}
    computed, remarks = {}, []
    for (name, bundle), member in zip(bundles.items(), members, strict=True):
        folder = quantized[Path(member).parent.name, name]
        why_not = read_measured(folder).why_not()
        if device.type == "cuda":
            why_not = "int8 is computed on processors, and here is a graphics processor"
        network = ready_network(bundle.network, device)
        if why_not:
            remarks.append(f"{name} is computed in float32: {why_not}")
            print(remarks[-1])
            own = in_float32(network, engine, bundle.crop.size_px, device)
        else:
            own = in_int8(network, engine, read_document(folder))
        computed[name] = replace(bundle, network=own)
    return computed, {"remarks": remarks} if remarks else {}
