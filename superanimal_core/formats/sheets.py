"""Tab-separated sheets, with file and row named in every mistake.

The Snakefile imports this: no pandas, no pyarrow.
"""

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from superanimal_core.datasets.unify import ConversionRow
from superanimal_core.errors import DatasetError
from superanimal_core.formats.documents import read_text

# soft hyphen, zero width, direction marks, control characters
_INVISIBLE = re.compile(
    "[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x08\x0b-\x1f\x7f]"
)


# what a spreadsheet writes where a formula fails, in its language, or where a column is too narrow
_FAILED_CELL = re.compile(r"#(N/[AD]|NV|\w[\w/ ]*[!?]|[\u00a1\u00bf]\w+[!?]|##+)")


class Row(NamedTuple):
    """One row of a sheet: its line in the file (from 1) and its cells by column, '' when empty."""

    number: int
    cells: Mapping[str, str]


def read_sheet(path: str | Path) -> list[Row]:
    """The rows of a tab-separated sheet with a header; `#` lines and empty lines are left out.

    Cells are stripped of blanks, and of the quotes that spreadsheets put around some. A `#` starts
    a comment only at the beginning of a line, and not where it is the name of a file that is there
    (a video in a folder #1). DatasetError for another separator, a repeated or
    nameless column, a row with more cells than columns, characters that nobody can see, what a
    spreadsheet writes where a formula failed (never a comment), and a cell that goes on in the next
    line.
    """
    lines = list(_lines(path))
    if not lines:
        raise DatasetError(f"{path}: empty; the first line must name the columns, tab-separated")
    number, header = lines[0]
    _refuse_separators(header, f"{path}: row {number}")
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


def _refuse_separators(header: list[str], place: str) -> None:
    """DatasetError when one cell holds what looks like the names of several columns."""
    found = next((s for s in (";", ",", "|", " ") if len(header) == 1 and s in header[0]), None)
    if found:
        named = "blanks" if found == " " else f"'{found}'"
        raise DatasetError(
            f"{place}: the header reads '{header[0]}', with {named} between the columns; they are "
            "separated by one tab each: in a spreadsheet, save as text, tab-separated"
        )


def _lines(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every line that says something."""
    text = read_text(path).replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(text.split("\n"), start=1):
        written = [cell.strip() for cell in line.split("\t")]
        cells = [_unquoted(cell) for cell in written]
        while cells and not cells[-1]:
            cells.pop()
        _refuse_failed(cells, f"{path}: row {number}")
        if cells and not _is_comment(cells[0]):
            for cell in cells:
                _refuse_invisible(cell, f"{path}: row {number}")
            _refuse_torn(written, f"{path}: row {number}")
            yield number, cells


def _is_comment(cell: str) -> bool:
    """Whether a line with this first cell says nothing; a folder may be called #1."""
    return cell.startswith("#") and not os.path.isfile(cell)


def _unquoted(cell: str) -> str:
    """A cell without the quotes of a spreadsheet, which doubles those inside."""
    if len(cell) >= 2 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"').strip()
    return cell


def _refuse_failed(cells: list[str], place: str) -> None:
    """DatasetError for a formula that failed: as a first cell it would make its row a comment."""
    failed = next((cell for cell in cells if _FAILED_CELL.fullmatch(cell)), None)
    if failed is None or os.path.isfile(failed):
        return
    is_said = failed != failed.upper() or set(failed) == {"#"}  # "#new mice!", or a line of #
    if len(cells) > 1 or not is_said:
        raise DatasetError(
            f"{place}: a cell reads '{failed}', which spreadsheets write where a formula fails or "
            "a column is too narrow; write the value itself"
        )


def _refuse_torn(written: list[str], place: str) -> None:
    """DatasetError for a cell whose quotes do not close: it has a line break or a tab in it."""
    torn = next((c for c in written if len(c) > 1 and c[0] == '"' and c.count('"') % 2), None)
    if torn and not os.path.exists(torn):
        raise DatasetError(
            f"{place}: a cell begins with {torn[:30]} and its quotes do not end there; a line "
            "break or a tab within a cell is not read: write it in one line"
        )


def _refuse_invisible(cell: str, place: str) -> None:
    """DatasetError for characters without width, unless a file really has such a name."""
    found = _INVISIBLE.search(cell)
    if found and not os.path.exists(cell):
        seen = f"U+{ord(found[0]):04X} ({unicodedata.name(found[0], 'a control character')})"
        shown = _INVISIBLE.sub("\N{OPEN BOX}", cell)
        raise DatasetError(
            f"{place}: '{shown}' has the invisible character {seen} at \N{OPEN BOX}; type it anew"
        )


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
