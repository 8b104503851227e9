"""A calibration on disk: one long table, readable without our code.

`part` says what a row is about, `name` of whom, and x and y are

* `curve`: expected error y at predicted deviation x, in parts of the animal's size; `factor`: y of
  a keypoint;
* `quantile`: the error over the expected one, y, that a part x of the labels does not exceed;
* `center` and `slope` of a sign of strangeness, the `limit` beyond which it is extrapolated, and
  `growth` y of the error at strangeness x;
* `presence`: part y of the animals that have a keypoint with score x;
* `count`: how many labels, images, animals, groups and data sets it rests on;
* `groups` and `datasets`: the part y of the labels within the radius of level x, groups (videos,
  animals) or data sets being left out; `dataset` and `keypoint`: the part y within that of 90 %.

A table without a row says that there were too few labels.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import SuperAnimalError
from superanimal_core.smoothing.calibration import Calibration
from superanimal_core.smoothing.calibration_check import CalibrationCheck
from superanimal_core.smoothing.familiarity import SIGNS, Familiarity
from superanimal_core.tables.parquet import read_parquet, write_parquet

SCHEMA = pa.schema({"part": pa.string(), "name": pa.string(), "x": pa.float64(), "y": pa.float64()})


def write_calibration(
    calibration: Calibration | None,
    check: CalibrationCheck,
    path: str | Path,
    record: Mapping[str, object],
) -> None:
    """Write a calibration, and how well it keeps its word; no row without a calibration."""
    if calibration is None:
        write_parquet(SCHEMA.empty_table(), path, record)
        return
    parts = [
        _line("curve", calibration.deviation, calibration.expected),
        _named("factor", dict(zip(calibration.keypoints, calibration.factor, strict=True))),
        _line("quantile", calibration.level, calibration.quantile),
        _line("presence", calibration.score, calibration.presence),
        _named("count", calibration.counts),
        _line("groups", calibration.level, check.of_groups),
        _line("datasets", calibration.level, check.of_datasets),
        _named("dataset", check.by_dataset),
        _named("keypoint", check.by_keypoint),
    ]
    if known := calibration.familiarity:
        parts += [
            _named("center", dict(zip(SIGNS, known.center, strict=True))),
            _named("slope", dict(zip(SIGNS, known.slope, strict=True))),
            _line("growth", known.knot, known.growth),
            _named("limit", dict(zip(SIGNS, known.limit, strict=True))),
        ]
    write_parquet(pa.concat_tables(parts), path, record)


def read_calibration(path: str | Path) -> Calibration | None:
    """Read what `write_calibration` wrote; None where there were too few labels for one.

    SuperAnimalError when the file is something else.
    """
    parts = _read_parts(path)
    if not parts:
        return None
    familiarity = None
    if "growth" in parts:
        familiarity = Familiarity(
            parts["center"].y,
            parts["slope"].y,
            parts["growth"].x,
            parts["growth"].y,
            parts["limit"].y,
        )
    return Calibration(
        tuple(parts["factor"].names),
        parts["curve"].x,
        parts["curve"].y,
        parts["factor"].y,
        parts["quantile"].x,
        parts["quantile"].y,
        familiarity,
        parts["presence"].x,
        parts["presence"].y,
        {name: int(y) for name, y in parts["count"].by_name().items()},
    )


def read_check(path: str | Path) -> tuple[CalibrationCheck, dict[str, int]] | None:
    """How well a calibration keeps its word, and what it rests on; None without a calibration."""
    parts = _read_parts(path)
    if not parts:
        return None
    check = CalibrationCheck(
        parts["groups"].y,
        parts["datasets"].y,
        parts["dataset"].by_name(),
        parts["keypoint"].by_name(),
    )
    return check, {name: int(y) for name, y in parts["count"].by_name().items()}


@dataclass(frozen=True)
class _Part:
    """Rows of one part, in the order of the table."""

    names: list[str]
    x: Float[ndarray, "row"]
    y: Float[ndarray, "row"]

    def by_name(self) -> dict[str, float]:
        return dict(zip(self.names, self.y.tolist(), strict=True))


def _line(part: str, x: ndarray, y: ndarray) -> pa.Table:
    return pa.table([[part] * len(x), [None] * len(x), x, y], schema=SCHEMA)


def _named(part: str, values: Mapping[str, float]) -> pa.Table:
    unknown = [float("nan")] * len(values)
    y = [float(value) for value in values.values()]
    return pa.table([[part] * len(values), [*values], unknown, y], schema=SCHEMA)


def _read_parts(path: str | Path) -> dict[str, _Part]:
    table = read_parquet(path)
    if table.column_names != SCHEMA.names:
        raise SuperAnimalError(f"{path}: no calibration; its columns are {table.column_names}")
    part, names = (
        np.array(table["part"].to_pylist()),
        np.array(table["name"].fill_null("").to_pylist()),
    )
    x, y = table["x"].to_numpy(), table["y"].to_numpy()
    return {
        str(name): _Part(names[part == name].tolist(), x[part == name], y[part == name])
        for name in dict.fromkeys(part)
    }
