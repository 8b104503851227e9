"""A calibration on disk: one long table, readable without our code.

`part` says what a row is about, `name` of whom, and x and y are

* `curve`: expected error y at predicted deviation x, in parts of the animal's size; `factor`: y of
  a keypoint;
* `quantile`: the error over the expected one, y, that a part x of the labels does not exceed;
* `growth` y of the error where a sign of strangeness is x, the `most` of it that was seen, and the
  `limit` of the growth beyond which an animal is extrapolated;
* `bone`: usual logarithm x of the distance of two keypoints (a tab between their names) over the
  animal's size, and its spread y;
* `presence`: part y of the animals that have a keypoint with score x;
* `count`: how many labels, images, animals, groups and data sets it rests on;
* `groups` and `datasets`: the part y of the labels within the radius of level x, groups (videos,
  animals) or data sets being left out; `dataset` and `keypoint`: the part y within that of 90 %.

A table without a row says that there were too few labels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import SuperAnimalError
from superanimal_core.smoothing.bones import NO_BONES, Bones
from superanimal_core.smoothing.calibration import Calibration
from superanimal_core.smoothing.calibration_check import CalibrationCheck
from superanimal_core.smoothing.familiarity import SIGNS, Familiarity
from superanimal_core.smoothing.held_out_error import ERROR, LABELS
from superanimal_core.tables.parquet import read_parquet, read_record, write_parquet

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
    bones = calibration.bones
    parts = [
        _line("curve", calibration.deviation, calibration.expected),
        _named("factor", dict(zip(calibration.keypoints, calibration.factor, strict=True))),
        _line("quantile", calibration.level, calibration.quantile),
        _line("presence", calibration.score, calibration.presence),
        _rows("bone", _bone_names(calibration), bones.log_length, bones.spread),
        _named("count", calibration.counts),
        _line("groups", calibration.level, check.of_groups),
        _line("datasets", calibration.level, check.of_datasets),
        _named("dataset", check.by_dataset),
        _named("keypoint", check.by_keypoint),
    ]
    if known := calibration.familiarity:
        laws = zip(SIGNS, known.sign, known.growth, strict=True)
        parts += [
            *(_rows("growth", [name] * len(sign), sign, growth) for name, sign, growth in laws),
            _named("most", dict(zip(SIGNS, known.most, strict=True))),
            _named("limit", {"growth": known.limit}),
        ]
    write_parquet(pa.concat_tables(parts), path, record)


def read_calibration(path: str | Path) -> Calibration | None:
    """Read what `write_calibration` wrote; None where there were too few labels for one.

    SuperAnimalError when the file is something else.
    """
    parts = _read_parts(path)
    if not parts:
        return None
    keypoints = tuple(parts["factor"].names)
    return Calibration(
        keypoints,
        parts["curve"].x,
        parts["curve"].y,
        parts["factor"].y,
        parts["quantile"].x,
        parts["quantile"].y,
        _familiarity(parts) if "growth" in parts else None,
        _bones(parts["bone"], keypoints) if "bone" in parts else NO_BONES,
        parts["presence"].x,
        parts["presence"].y,
        {name: int(y) for name, y in parts["count"].by_name().items()},
    )


def uncalibrated_error(
    calibration: Calibration | None, paths: Sequence[str | Path]
) -> dict[str, Any]:
    """The error on the held-out labels of the first file, whose labels were too few to calibrate.

    Nothing where there is no file, or a calibration: then each position has an error of its own.
    """
    if not paths or calibration is not None:
        return {}
    record = read_record(paths[0])
    return {name: record[name] for name in (ERROR, LABELS) if name in record}


def _familiarity(parts: Mapping[str, "_Part"]) -> Familiarity:
    growth = parts["growth"]
    of_sign = [np.array(growth.names) == name for name in SIGNS]
    sign, grown = (tuple(values[rows] for rows in of_sign) for values in (growth.x, growth.y))
    return Familiarity(sign, grown, parts["most"].y, float(parts["limit"].y[0]))


def _bone_names(calibration: Calibration) -> list[str]:
    return ["\t".join(calibration.keypoints[k] for k in pair) for pair in calibration.bones.pair]


def _bones(part: "_Part", keypoints: tuple[str, ...]) -> Bones:
    pair = [[keypoints.index(name) for name in names.split("\t")] for names in part.names]
    return Bones(np.array(pair), part.x, part.y)


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


def _rows(part: str, names: Sequence[str | None], x: ndarray, y: ndarray) -> pa.Table:
    return pa.table([[part] * len(x), [*names], x, y], schema=SCHEMA)


def _line(part: str, x: ndarray, y: ndarray) -> pa.Table:
    return _rows(part, [None] * len(x), x, y)


def _named(part: str, values: Mapping[str, float]) -> pa.Table:
    y = np.array([*values.values()], dtype=np.float64)
    return _rows(part, [*values], np.full(len(y), np.nan), y)


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
