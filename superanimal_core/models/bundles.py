"""Trained models on disk: a folder with bundle.json and weights.safetensors."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from superanimal_core.errors import SuperAnimalError
from superanimal_core.models.checkpoints import read_tensors
from superanimal_core.network.bundle import ModelBundle, new_bundle
from superanimal_core.network.crops import CropGeometry
from superanimal_core.network.detector import DETECTORS, DetectorBundle
from superanimal_core.tables.atomic import replacing
from superanimal_core.tables.bundles_description import DESCRIPTION, read_description
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.pose_files import space_from_mapping
from superanimal_core.training.history import History

WEIGHTS, HISTORY = "weights.safetensors", "history.parquet"
HISTORY_COLUMNS = pa.schema(
    [
        ("step", pa.int64()),
        ("loss", pa.float64()),
        ("learning_rate", pa.float64()),
        ("held_out_px", pa.float64()),
    ]
)


def write_bundle(
    bundle: ModelBundle, folder: str | Path, record: Mapping[str, object], history: History
) -> None:
    """Write a pose model; the folder appears complete or not at all."""
    described = {k: v for k, v in vars(bundle).items() if k != "network"}
    described |= {"space": asdict(bundle.space), "crop": asdict(bundle.crop)}
    document = {"kind": "pose", **described, "made_by": record}
    _write(folder, document, bundle.network.state_dict(), history)


def write_detector(
    detector: DetectorBundle, folder: str | Path, record: Mapping[str, object], history: History
) -> None:
    """Write a detector; the folder appears complete or not at all."""
    described = {k: v for k, v in vars(detector).items() if k != "network"}
    document = {"kind": "detector", **described, "made_by": record}
    _write(folder, document, detector.network.state_dict(), history)


def read_bundle(folder: str | Path) -> ModelBundle:
    """Read a pose model. VideoError when the folder stands for a video whose adaptation failed."""
    document = read_description(folder, "pose")
    bundle = new_bundle(
        space_from_mapping(document["space"]),
        architecture=document["architecture"],
        parameters=document["parameters"],
        crop=crop_from_mapping(document["crop"]),
        trained_on=tuple(document["trained_on"]),
        terms=tuple(document.get("terms", ())),  # older bundles have none
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


def read_initial_weights(path: str | None) -> tuple[str, dict[str, Tensor]] | None:
    """Tensors to fill a backbone from, with where they come from; nothing without a path.

    A folder is one of our pose models, whose backbone is taken; a file is a checkpoint.
    """
    if not path:
        return None
    if Path(path).is_dir():
        return path, read_bundle(path).network.get_submodule("backbone").state_dict()
    return path, read_tensors(path)


def terms_of_weights(path: str | None) -> tuple[str, ...]:
    """The terms that weights bring along: those of our own model folders are known."""
    if not path or not Path(path).is_dir():
        return ()
    return tuple(read_description(path).get("terms", ()))


def _write(
    folder: str | Path, document: Mapping[str, Any], state: Mapping[str, Tensor], history: History
) -> None:
    with replacing(folder) as temporary:
        temporary.mkdir()
        (temporary / DESCRIPTION).write_text(json.dumps(document, indent=2), encoding="utf-8")
        table = pa.table(asdict(history), schema=HISTORY_COLUMNS)
        write_parquet(table, temporary / HISTORY, document["made_by"])
        save_file({k: v.contiguous().cpu() for k, v in state.items()}, temporary / WEIGHTS)


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
