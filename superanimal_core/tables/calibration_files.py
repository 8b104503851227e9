"""A calibration on disk: one long table, readable without our code.

`part` is `curve` (expected error y at predicted deviation x, both px), `factor` (y of a keypoint)
or `quantile` (error over expected error, y, that a part x of the labels does not exceed); with
`reliability` too, the part y of held-out labels that lay within the radius of level x. A table
without a row says that there were too few labels.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import SuperAnimalError
from superanimal_core.smoothing.calibration import Calibration
from superanimal_core.tables.parquet import read_parquet, write_parquet

SCHEMA = pa.schema(
    {"part": pa.string(), "keypoint": pa.string(), "x": pa.float64(), "y": pa.float64()}
)


def write_calibration(
    calibration: Calibration | None,
    held_out: Float[ndarray, "level"] | None,
    path: str | Path,
    record: Mapping[str, object],
) -> None:
    """Write a calibration, and the reliability on held-out labels where it is known.

    Without a calibration the table has no row.
    """
    if calibration is None:
        write_parquet(SCHEMA.empty_table(), path, record)
        return
    unnamed = np.full(len(calibration.factor), np.nan)
    parts = [
        ("curve", None, calibration.deviation_px, calibration.expected_px),
        ("factor", calibration.keypoints, unnamed, calibration.factor),
        ("quantile", None, calibration.level, calibration.quantile),
    ]
    if held_out is not None:
        parts.append(("reliability", None, calibration.level, held_out))
    tables = [
        pa.table([[part] * len(x), names or [None] * len(x), x, y], schema=SCHEMA)
        for part, names, x, y in parts
    ]
    write_parquet(pa.concat_tables(tables), path, record)


def read_calibration(path: str | Path) -> Calibration | None:
    """Read what `write_calibration` wrote; None where there were too few labels for one.

    SuperAnimalError when the file is something else.
    """
    table = _read_table(path)
    if not len(table):
        return None
    part = np.array(table["part"].to_pylist())
    x, y = table["x"].to_numpy(), table["y"].to_numpy()
    curve, factor, quantile = (part == name for name in ("curve", "factor", "quantile"))
    keypoints = [name for name in table["keypoint"].to_pylist() if name is not None]
    return Calibration(tuple(keypoints), x[curve], y[curve], y[factor], x[quantile], y[quantile])


def read_reliability(path: str | Path) -> tuple[Float[ndarray, "level"], Float[ndarray, "level"]]:
    """Levels, and the part of held-out labels within their radius; empty where it is unknown."""
    table = _read_table(path)
    chosen = np.array(table["part"].to_pylist()) == "reliability"
    return table["x"].to_numpy()[chosen], table["y"].to_numpy()[chosen]


def _read_table(path: str | Path) -> pa.Table:
    table = read_parquet(path)
    if table.column_names != SCHEMA.names:
        raise SuperAnimalError(f"{path}: no calibration; its columns are {table.column_names}")
    return table
