"""Trained models on disk: a folder with bundle.json and weights.safetensors."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from superanimal_core.errors import SuperAnimalError
from superanimal_core.network.bundle import ModelBundle, new_bundle
from superanimal_core.network.crops import CropGeometry
from superanimal_core.network.detector import DETECTORS, DetectorBundle
from superanimal_core.tables.bundles_description import read_description
from superanimal_core.tables.spaces import space_from_mapping

WEIGHTS = "weights.safetensors"


def read_bundle(folder: str | Path) -> ModelBundle:
    """Read a pose model. VideoError when the folder stands for a video whose adaptation failed.

    Older ones do not say which keypoints they were taught: all count as taught.
    """
    document = read_description(folder, "pose")
    taught = document.get("taught")
    bundle = new_bundle(
        space_from_mapping(document["space"]),
        architecture=document["architecture"],
        parameters=document["parameters"],
        crop=crop_from_mapping(document["crop"]),
        trained_on=tuple(document["trained_on"]),
        terms=tuple(document.get("terms", ())),  # older bundles have none
        taught=None if taught is None else tuple(taught),
    )
    bundle.network.load_state_dict(_read_weights(folder))
    bundle.network.eval()
    return bundle


def crop_from_mapping(mapping: Mapping[str, Any]) -> CropGeometry:
    """A crop geometry from JSON's or YAML's plain values."""
    return CropGeometry(**_with_tuples(dict(mapping)))


def read_members(folders: Sequence[str | Path]) -> dict[str, ModelBundle]:
    """The members of an ensemble by the last part of their folders' names (member-0, ...)."""
    return {Path(folder).name: read_bundle(folder) for folder in folders}


def read_detector(folder: str | Path) -> DetectorBundle:
    """Read a detector."""
    document = read_description(folder, "detector")
    fields = [name for name in DetectorBundle.__annotations__ if name != "network"]
    described = {name: _with_tuples(document[name]) for name in fields if name in document}
    network = DETECTORS[described["architecture"]](**described["parameters"])
    detector = DetectorBundle(network, **described)
    detector.network.load_state_dict(_read_weights(folder))
    detector.network.eval()
    return detector


def _read_weights(folder: str | Path) -> dict[str, Tensor]:
    try:
        return load_file(Path(folder) / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise SuperAnimalError(f"{folder}/{WEIGHTS}: cannot be read ({error})") from None


def _with_tuples(value: Any) -> Any:
    """JSON's lists as tuples, however deep."""
    if isinstance(value, dict):
        return {key: _with_tuples(part) for key, part in value.items()}
    return tuple(_with_tuples(part) for part in value) if isinstance(value, list) else value
