"""Models that were trained or imported, to disk: a folder appears whole or not at all."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
from safetensors.torch import save_file
from torch import Tensor

from superanimal_core.models.bundles import WEIGHTS
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.detector import DetectorBundle
from superanimal_core.tables.atomic import replacing
from superanimal_core.tables.bundles_description import DESCRIPTION
from superanimal_core.tables.parquet import read_parquet, read_record, write_parquet
from superanimal_core.training.history import History

HISTORY, ENDED_BY = "history.parquet", "ended_by"
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


def read_history(folder: str | Path) -> History:
    """How the training of a model went. One of an older version does not say what ended it."""
    path = Path(folder) / HISTORY
    columns = read_parquet(path, HISTORY_COLUMNS.names).to_pydict()
    return History(**columns, ended_by=read_record(path).get(ENDED_BY, ""))


def write_detector(
    detector: DetectorBundle, folder: str | Path, record: Mapping[str, object], history: History
) -> None:
    """Write a detector; the folder appears complete or not at all."""
    described = {k: v for k, v in vars(detector).items() if k != "network"}
    document = {"kind": "detector", **described, "made_by": record}
    _write(folder, document, detector.network.state_dict(), history)


def _write(
    folder: str | Path, document: Mapping[str, Any], state: Mapping[str, Tensor], history: History
) -> None:
    with replacing(folder) as temporary:
        temporary.mkdir()
        (temporary / DESCRIPTION).write_text(json.dumps(document, indent=2), encoding="utf-8")
        columns = {name: asdict(history)[name] for name in HISTORY_COLUMNS.names}
        record = {**document["made_by"], ENDED_BY: history.ended_by}
        write_parquet(pa.table(columns, schema=HISTORY_COLUMNS), temporary / HISTORY, record)
        save_file({k: v.contiguous().cpu() for k, v in state.items()}, temporary / WEIGHTS)
