"""Tables with several header rows, as DeepLabCut and Lightning Pose write them.

Nath et al. 2019 (Nat Protoc 14:2152), section on labeled data: header rows `scorer`, `bodyparts`,
`coords` (one animal) or `scorer`, `individuals`, `bodyparts`, `coords` (several), then one row per
image; the row's name is the image path in one column, or split over three in newer versions.
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import DatasetError

LEVELS = (("scorer", "bodyparts", "coords"), ("scorer", "individuals", "bodyparts", "coords"))
SINGLE = ""  # the individual of a table that has no row of individuals


@dataclass(frozen=True)
class HeadedTable:
    """Numbers under a multi-row header.

    `levels` are the names of the header rows, `columns` one tuple per column of `values`, `index`
    the parts of each row's name; NaN where a cell is empty. `where` names the file in messages.
    """

    where: str
    levels: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    index: tuple[tuple[str, ...], ...]
    values: Float[ndarray, "row column"]

    def __post_init__(self) -> None:
        if self.levels not in LEVELS:
            raise DatasetError(
                f"{self.where}: header rows {list(self.levels)}; expected scorer, (individuals,) "
                "bodyparts, coords"
            )
        wrong = [c for c in self.columns if len(c) != len(self.levels)]
        if wrong or self.values.shape != (len(self.index), len(self.columns)):
            raise DatasetError(f"{self.where}: the header does not fit the table under it")
        if np.isinf(self.values).any():
            row = int(np.isinf(self.values).any(axis=1).argmax())
            raise DatasetError(
                f"{self.where}: row '{'/'.join(self.index[row])}': a position is infinite; empty it"
            )
        for individual, keypoint, coord in self._column_of:
            if not keypoint:
                raise DatasetError(f"{self.where}: a column with numbers has no name in its header")
            if coord not in ("x", "y"):
                continue
            other = (individual, keypoint, "y" if coord == "x" else "x")
            if other not in self._column_of:
                raise DatasetError(
                    f"{self.where}: keypoint '{keypoint}' has a column {coord}, but none for "
                    f"{other[2]}"
                )

    @cached_property
    def _column_of(self) -> dict[tuple[str, str, str], int]:
        """(individual, keypoint, coord) -> column; DatasetError for a repeated column."""
        found: dict[tuple[str, str, str], int] = {}
        for position, column in enumerate(self.columns):
            individual = column[1].strip() if len(self.levels) == 4 else SINGLE
            key = (individual, column[-2].strip(), column[-1].strip().lower())
            if key in found:
                raise DatasetError(
                    f"{self.where}: column {' / '.join(k for k in key if k)} stands twice; "
                    "delete one (tables of two scorers must be two files)"
                )
            found[key] = position
        return found

    @property
    def scorers(self) -> tuple[str, ...]:
        """The scorers in the header."""
        return tuple(dict.fromkeys(column[0].strip() for column in self.columns))

    @property
    def individuals(self) -> tuple[str, ...]:
        """Individuals in the order of the columns; `SINGLE` alone for a single-animal table."""
        return tuple(dict.fromkeys(individual for individual, _, _ in self._column_of))

    def keypoints(self, individual: str) -> tuple[str, ...]:
        """Keypoints of one individual in the order of the columns."""
        return tuple(dict.fromkeys(k for i, k, _ in self._column_of if i == individual))

    @property
    def all_keypoints(self) -> tuple[str, ...]:
        """Keypoints of all individuals, in the order of the columns."""
        return tuple(dict.fromkeys(k for _, k, _ in self._column_of))

    def has_coordinate(self, coord: str) -> bool:
        """True when some keypoint has such a column (`visible`, `likelihood`)."""
        return any(c == coord for _, _, c in self._column_of)

    def coordinate(
        self, individual: str, keypoints: tuple[str, ...], coord: str
    ) -> Float[ndarray, "row keypoint"]:
        """One coordinate of one individual; NaN where the table has no such column."""
        values = np.full((len(self.index), len(keypoints)), np.nan)
        for position, keypoint in enumerate(keypoints):
            column = self._column_of.get((individual, keypoint, coord))
            if column is not None:
                values[:, position] = self.values[:, column]
        return values


def separator_of(first_line: str) -> str:
    """What separates the cells of a CSV document, from its first line.

    Spreadsheets write semicolons where the decimal sign is a comma, and tabs where asked to.
    """
    return max(",;\t", key=first_line.count)


def parse_headed_csv(text: str, where: str) -> HeadedTable:
    """The table in a CSV document. DatasetError with row and column for what cannot be read.

    Cells are separated by commas, semicolons or tabs; with the last two, numbers may have a decimal
    comma. Empty columns behind the last one, as spreadsheets leave them, are no columns.
    """
    separator = separator_of(text.partition("\n")[0])
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    try:
        lines = [(n, row) for n, row in enumerate(reader, start=1) if row]
    except csv.Error as mistake:
        raise DatasetError(f"{where}: not a CSV table ({mistake})") from None
    header = _header_of(lines, where)
    width = len(header[-1])
    first = next((i for i, cell in enumerate(header[-1]) if i > 0 and cell), width)
    if first == width:
        raise DatasetError(f"{where}: the row 'coords' is empty")
    columns = tuple(zip(*(row[first:] for row in header), strict=True))
    lines = lines[len(header) + _names_the_index(lines[len(header) :], first) :]
    body = [line for line in lines if any(cell.strip() for cell in line[1])]
    values = np.full((len(body), width - first), np.nan)
    for position, (number, row) in enumerate(body):
        cells = _fitted(row, width, first)
        if len(cells) != width:
            raise DatasetError(
                f"{where}: row {number} has {len(row)} cells, the header has {width}"
            )
        values[position] = [
            _number(cell, separator, f"{where}: row {number}, column {' '.join(name[1:])}")
            for cell, name in zip(cells[first:], columns, strict=True)
        ]
    is_empty = np.atleast_1d(np.isnan(values).all(axis=0))
    kept = [i for i, name in enumerate(columns) if any(name[1:]) or not is_empty[i]]
    index = tuple(tuple(cell.strip() for cell in row[:first]) for _, row in body)
    levels = tuple(row[0].lower() for row in header)
    return HeadedTable(where, levels, tuple(columns[i] for i in kept), index, values[:, kept])


def _names_the_index(body: Sequence[tuple[int, list[str]]], first: int) -> bool:
    """Whether the first row under the header only says what the rows are called, as pandas does.

    That is a row with one word before the numbers, and no number.
    """
    names, cells = (body[0][1][:first], body[0][1][first:]) if body else ([], [])
    return len(names) == 1 and names[0].isidentifier() and not any(map(str.strip, cells))


def _header_of(lines: Sequence[tuple[int, list[str]]], where: str) -> list[list[str]]:
    """The header rows, all as long as the last one. DatasetError when they are none."""
    header: list[list[str]] = []
    for _, row in lines[:5]:
        if row[0].strip().lower() not in LEVELS[1]:
            break
        header.append([cell.strip() for cell in row])
    levels = tuple(row[0].lower() for row in header)
    if levels not in LEVELS:
        raise DatasetError(
            f"{where}: the first rows begin with {[row[0] for _, row in lines[:4]]}; expected the "
            "header rows scorer, (individuals,) bodyparts, coords. If it is no table of poses, "
            "move it elsewhere or delete it"
        )
    width = max((i + 1 for row in header[1:] for i, cell in enumerate(row) if cell), default=0)
    header = [_fitted(row, width, width) for row in header]
    header[0] += header[0][-1:] * (width - len(header[0]))  # some files name the scorer less often
    for level, row in zip(levels, header, strict=True):
        if len(row) != width:
            raise DatasetError(
                f"{where}: the row '{level}' has {len(row)} cells, 'coords' has {len(header[-1])}"
            )
    return header


def _fitted(row: list[str], width: int, first: int) -> list[str]:
    """A row without empty cells beyond `width`; one with row names only is filled up."""
    while len(row) > width and not row[-1].strip():
        row = row[:-1]
    if len(row) < width and not any(row[first:]):  # empty cells at the end are left out
        row = [*row, *[""] * (width - len(row))] if first < width else row
    return row


def _number(cell: str, separator: str, place: str) -> float:
    """The number in one cell, NaN for an empty one (R writes NA)."""
    if cell.strip() in ("", "NA"):
        return math.nan
    try:
        return float(cell if separator == "," else cell.replace(",", "."))
    except ValueError:
        raise DatasetError(f"{place}: '{cell[:40]}' is not a number") from None
