"""A calibration on disk: one long table, readable without our code.

`part` is `curve` (expected error y at predicted deviation x, both px), `factor` (y of a keypoint)
or `quantile` (error over expected error, y, that a part x of the labels does not exceed); with
`reliability` too, the part y of held-out labels that lay within the radius of level x.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import SuperAnimalError
from superanimal_core.files.parquet import read_parquet, write_parquet
from superanimal_core.smoothing.calibration import Calibration


def write_calibration(
    calibration: Calibration,
    held_out: Float[ndarray, "level"] | None,
    path: str | Path,
    record: Mapping[str, Any],
) -> None:
    """Write a calibration, and the reliability on held-out labels where it is known."""
    unnamed = np.full(len(calibration.factor), np.nan)
    parts = [
        ("curve", None, calibration.deviation_px, calibration.expected_px),
        ("factor", calibration.keypoints, unnamed, calibration.factor),
        ("quantile", None, calibration.level, calibration.quantile),
    ]
    if held_out is not None:
        parts.append(("reliability", None, calibration.level, held_out))
    tables = [
        pa.table(
            {
                "part": pa.array([part] * len(x), pa.string()),
                "keypoint": pa.array(names or [None] * len(x), pa.string()),
                "x": pa.array(x, pa.float64()),
                "y": pa.array(y, pa.float64()),
            }
        )
        for part, names, x, y in parts
    ]
    write_parquet(pa.concat_tables(tables), path, record)


def read_calibration(path: str | Path) -> Calibration:
    """Read what `write_calibration` wrote. SuperAnimalError when it is something else."""
    table = read_parquet(path)
    if table.column_names != ["part", "keypoint", "x", "y"]:
        raise SuperAnimalError(f"{path}: no calibration; its columns are {table.column_names}")
    part = np.array(table["part"].to_pylist())
    x, y = table["x"].to_numpy(), table["y"].to_numpy()
    curve, factor, quantile = (part == name for name in ("curve", "factor", "quantile"))
    keypoints = [name for name in table["keypoint"].to_pylist() if name is not None]
    return Calibration(tuple(keypoints), x[curve], y[curve], y[factor], x[quantile], y[quantile])
