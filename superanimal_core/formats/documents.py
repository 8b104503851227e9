"""Sheets, YAML and JSON, with the file named in every mistake.

The Snakefile imports this: no pandas, no pyarrow.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from superanimal_core.datasets.unify import ConversionRow
from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace, did_you_mean

MAX_BYTES = 2**29
SPACE_KEYS = ("name", "keypoints", "mirror_pairs", "bones", "oks_sigmas")


class Row(NamedTuple):
    """One row of a sheet: its line in the file (from 1) and its cells by column, '' when empty."""

    number: int
    cells: Mapping[str, str]


def read_text(path: str | Path, where: str | None = None) -> str:
    """A UTF-8 document without its byte order mark. DatasetError when it is none, or too big."""
    where = where or str(path)
    try:
        size = Path(path).stat().st_size
        if size > MAX_BYTES:
            raise DatasetError(f"{where}: {size >> 20} MiB; at most {MAX_BYTES >> 20} are read")
        return Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as mistake:
        raise DatasetError(
            f"{where}: byte {mistake.start} is not UTF-8 ({mistake.reason}); save it as UTF-8"
        ) from None
    except OSError as mistake:
        raise DatasetError(f"{where}: cannot be read ({mistake.strerror})") from None


def read_json(path: str | Path, where: str | None = None) -> Any:
    """A parsed JSON document. DatasetError with line and column of what is wrong."""
    where = where or str(path)
    text = read_text(path, where)
    try:
        return json.loads(text)
    except json.JSONDecodeError as mistake:
        raise DatasetError(
            f"{where}: line {mistake.lineno}, column {mistake.colno}: {mistake.msg}; "
            "is the file complete?"
        ) from None
    except (ValueError, RecursionError) as mistake:
        raise DatasetError(f"{where}: not a usable JSON document ({mistake})") from None


def read_yaml(path: str | Path) -> Any:
    """A parsed YAML document (plain types only). DatasetError with line and column."""
    text = read_text(path)
    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as mistake:
        mark = mistake.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise DatasetError(f"{path}: {place}{mistake.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, OverflowError) as mistake:
        raise DatasetError(f"{path}: not a usable YAML document ({mistake})") from None


def read_sheet(path: str | Path) -> list[Row]:
    """The rows of a tab-separated sheet with a header; `#` lines and empty lines are left out.

    Cells are stripped of blanks. A `#` starts a comment only at the beginning of a line.
    DatasetError for a missing header, a repeated column, or a row with more cells than columns.
    """
    lines = list(_lines(path))
    if not lines:
        raise DatasetError(f"{path}: empty; the first line must name the columns, tab-separated")
    number, header = lines[0]
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated or "" in header:
        what = f"column '{repeated[0]}' stands twice" if repeated else "a column has no name"
        raise DatasetError(f"{path}: row {number}: {what}")
    rows = []
    for number, cells in lines[1:]:
        if len(cells) > len(header):
            raise DatasetError(
                f"{path}: row {number}: {len(cells)} cells for {len(header)} columns; "
                "columns are separated by one tab each"
            )
        cells = [*cells, *[""] * (len(header) - len(cells))]
        rows.append(Row(number, dict(zip(header, cells, strict=True))))
    return rows


def _lines(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(read_text(path)), delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            while cells and not cells[-1]:
                cells.pop()
            if cells and not cells[0].startswith("#"):
                yield reader.line_num, cells
    except csv.Error as mistake:
        raise DatasetError(f"{path}: row {reader.line_num}: {mistake}") from None


def read_conversion_rows(path: str | Path) -> list[ConversionRow]:
    """The rows of a conversion table (columns `source` and `unified`). DatasetError otherwise."""
    rows = read_sheet(path)
    if not rows:
        raise DatasetError(f"{path}: no rows; one row for every keypoint of the source is needed")
    for column in ("source", "unified"):
        if column not in rows[0].cells:
            raise DatasetError(
                f"{path}: no column '{column}'; the columns are {', '.join(rows[0].cells)}"
                ", tab-separated"
            )
    nameless = [row.number for row in rows if not row.cells["source"]]
    if nameless:
        raise DatasetError(f"{path}: row {nameless[0]}: `source` is empty")
    return [ConversionRow(r.number, r.cells["source"], r.cells["unified"]) for r in rows]


def read_keypoint_space(path: str | Path) -> KeypointSpace:
    """A keypoint space from config/keypoints/<space>.yaml. DatasetError names file and key."""
    document = read_yaml(path)
    if not isinstance(document, dict):
        raise DatasetError(f"{path}: expected the keys {', '.join(SPACE_KEYS)}")
    for key in document:
        if key not in SPACE_KEYS:
            raise DatasetError(f"{path}: unknown key '{key}'{did_you_mean(str(key), SPACE_KEYS)}")
    name, keypoints = document.get("name"), document.get("keypoints")
    if not isinstance(name, str) or name != Path(path).stem:
        raise DatasetError(f"{path}: name is {name!r}; it must be the file's own name")
    if not isinstance(keypoints, list) or not all(isinstance(k, str) for k in keypoints):
        raise DatasetError(f"{path}: keypoints must be a list of names")
    sigmas = document.get("oks_sigmas") or []
    is_number = isinstance(sigmas, list) and all(
        isinstance(s, int | float) and 0 < s < 10 for s in sigmas
    )
    if not is_number:
        raise DatasetError(f"{path}: oks_sigmas must be a list of positive numbers")
    pairs = {key: _pairs(document, key, path) for key in ("mirror_pairs", "bones")}
    try:
        return KeypointSpace(name, tuple(keypoints), oks_sigmas=tuple(map(float, sigmas)), **pairs)
    except DatasetError as mistake:
        raise DatasetError(f"{path}: {mistake}") from None


def _pairs(document: Mapping[str, Any], key: str, path: str | Path) -> tuple[tuple[str, str], ...]:
    pairs = document.get(key) or []
    good = isinstance(pairs, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(k, str) for k in pair)
        for pair in pairs
    )
    if not good:
        raise DatasetError(f"{path}: {key} must be a list of pairs [name, name]")
    return tuple((first, second) for first, second in pairs)
