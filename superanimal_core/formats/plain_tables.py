"""Plain tables with one header row, .csv or .parquet, as text by column."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from superanimal_core.datasets.headed_table import separator_of
from superanimal_core.errors import DatasetError
from superanimal_core.formats.documents import MAX_BYTES, read_text

MOST_CELLS = 2**27
_DECIMAL_COMMA = re.compile(r"^\s*(-?[0-9]+),([0-9]+)\s*$")


def read_columns(path: Path, where: str) -> Mapping[str, Sequence[str]]:
    """Column name -> cells as text, '' for a missing value. DatasetError names row or column."""
    if path.suffix.lower() == ".parquet":
        return _read_parquet(path, where)
    return parse_columns(read_text(path, where), where)


def parse_columns(text: str, where: str) -> Mapping[str, Sequence[str]]:
    """The columns of a CSV document, separated by commas, semicolons or tabs.

    With the last two, numbers may have a decimal comma, and get a point. Empty cells behind the
    last named column, as spreadsheets leave them, are no columns.
    """
    separator = separator_of(text.partition("\n")[0])
    try:
        lines = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if any(row)]
    except csv.Error as mistake:
        raise DatasetError(f"{where}: not a CSV table ({mistake})") from None
    header = _without_empty_end([name.strip() for name in lines[0]] if lines else [], 0)
    if not header or len(set(header)) < len(header):
        raise DatasetError(f"{where}: the first row must name the columns, each once")
    rows = [_without_empty_end(row, len(header)) for row in lines[1:]]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise DatasetError(f"{where}: row {number}: {len(row)} cells for {len(header)} columns")
    if separator != ",":
        rows = [[_DECIMAL_COMMA.sub(r"\1.\2", cell) for cell in row] for row in rows]
    return {name: [row[i] for row in rows] for i, name in enumerate(header)}


def _without_empty_end(row: list[str], width: int) -> list[str]:
    """A row without its empty last cells, but no shorter than `width`."""
    while len(row) > width and not row[-1].strip():
        row = row[:-1]
    return row


def _read_parquet(path: Path, where: str) -> Mapping[str, Sequence[str]]:
    import pyarrow as pa  # here: the Snakefile's imports stay light
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            about = file.metadata
            parts = [about.row_group(i) for i in range(about.num_row_groups)]
            size = max(path.stat().st_size, sum(part.total_byte_size for part in parts))
            if size > MAX_BYTES or about.num_rows * about.num_columns > MOST_CELLS:
                raise DatasetError(
                    f"{where}: more than {MAX_BYTES >> 20} MiB; give a smaller table"
                )
            table = file.read()
        return {name: _texts(table[name]) for name in table.column_names}
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, MemoryError) as mistake:
        reason = str(mistake).splitlines()[:1]
        raise DatasetError(f"{where}: not a readable Parquet table ({reason})") from None


def _texts(column: Any) -> list[str]:
    return ["" if value is None else str(value) for value in column.to_pylist()]
