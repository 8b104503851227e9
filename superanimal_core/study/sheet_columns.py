"""What every sheet of a study has in common: names of columns, cells, identifiers, paths."""

import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from superanimal_core.errors import SuperAnimalError
from superanimal_core.formats.sheets import Row, read_sheet
from superanimal_core.pose.keypoints import nearest
from superanimal_core.study.sheet_schema import MOST_LETTERS, Column
from superanimal_core.tables.names import COLUMNS, base_name

SHORT_NAME = 5  # letters of a column's name from which on one wrong letter is a slip
OTHER_WORDS = {
    **dict.fromkeys(("framerate", "framespersecond"), "fps"),
    **dict.fromkeys(("cmperpixel", "cmpx", "pxpercm", "pixelspercm"), "cm_per_px"),
    **dict.fromkeys(("maxanimals", "nanimals", "nindividuals"), "max_individuals"),
}
INVERSE = re.compile("^p.*cm$")  # px_per_cm
MOST_NAMES = 500  # of a folder, among which the nearest to a wrong one is looked for


def read_rows(sheet: str, columns: Mapping[str, Column], mistakes: list[str]) -> list[Row]:
    """Rows of a sheet that have all required cells; what is wrong with the others is noted.

    So is a column of the user whose name is a slip of one that we know, or one that our tables use.
    """
    try:
        rows = read_sheet(sheet)
    except SuperAnimalError as error:
        mistakes.append(str(error))
        return []
    header = tuple(rows[0].cells) if rows else ()
    required = [name for name, column in columns.items() if column.is_required]
    absent = [column for column in required if rows and column not in header]
    for column in absent:
        mistakes.append(
            f"{sheet}: no column '{column}'; the header reads {', '.join(map(repr, header))}, "
            "separated by tabs"
        )
    mistakes += header_mistakes(sheet, header, tuple(columns), absent)
    whole = []
    for row in rows if not absent else ():
        lacking = [c for c in required if not row.cells[c]]
        for column in lacking:
            mistakes.append(f"{sheet}: row {row.number}: the column '{column}' is empty")
        if not lacking:
            whole.append(row)
    return whole


def header_mistakes(
    sheet: str, header: Sequence[str], known: Sequence[str], absent: Sequence[str] = ()
) -> list[str]:
    """Columns of the user whose names are slips, or belong to our own tables."""
    mistakes = []
    for column in (name for name in header if name not in known):
        meant = next((k for k in known if k not in header and is_slip(column, k)), None)
        if meant and meant not in absent:
            mistakes.append(
                f"{sheet}: column '{column}': is '{meant}' meant? Write it so"
                + (", with one over each number" if INVERSE.match(column.lower()) else "")
                + ", or give your own column another name"
            )
        elif base_name(column.lower()) in COLUMNS:
            mistakes.append(
                f"{sheet}: column '{column}': our tables have a column of that name; call yours "
                f"otherwise, '{column}_of_animal' for example"
            )
    return mistakes


def is_slip(written: str, known: str) -> bool:
    """Whether a name is another one with a slip: its case, its blanks, or one wrong letter."""
    first, second = (re.sub(r"[^a-z0-9]", "", name.lower()) for name in (written, known))
    if first == second or OTHER_WORDS.get(first) == known:
        return True
    return min(len(first), len(second)) >= SHORT_NAME and _is_one_letter_off(first, second)


def _is_one_letter_off(first: str, second: str) -> bool:
    """One letter more, less or other, or two neighbors exchanged."""
    short, long = sorted((first, second), key=len)
    start = next((i for i, letter in enumerate(short) if letter != long[i]), len(short))
    if len(long) - len(short) == 1:
        return short[start:] == long[start + 1 :]
    if len(long) != len(short):
        return False
    swapped = long[start + 1 : start + 2] + long[start : start + 1] + long[start + 2 :]
    return short[start + 1 :] == long[start + 1 :] or short[start:] == swapped


def identifier_mistakes(where: str, column: Column, name: str) -> list[str]:
    """What keeps a name from being that of files."""
    if column.is_right(name):
        return []
    if len(name) > MOST_LETTERS:
        return [
            f"{where}: {column.name} '{name[:40]}…' has {len(name)} characters, at most "
            f"{MOST_LETTERS} fit into the names of files; write another into that column"
        ]
    return [f"{where}: {column.mistake(name)}"]


def cell_of_identifier(name: str) -> str:
    """A name of a file as an identifier: what is no letter, digit, '_' or '-' becomes '_'."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", unicodedata.normalize("NFC", name))


def reads_as_other(name: str) -> bool:
    """Whether readers of tables take a folder `video=<name>` for that of a number or a day.

    Their guesses are those of pandas, R, DuckDB and Polars: 0012 becomes 12, which is no video.
    """
    return bool(re.fullmatch(r"-?\d+([eE]-?\d+)?|\d{4}-\d\d-\d\d", name))


def as_on_disk(path: str) -> str:
    """A path as the disk spells it, with the home folder in place of ~.

    Macs write letters like ä as two characters, others as one.
    """
    path = os.path.expanduser(path) if path.startswith("~") else path
    spelled = (path, *(unicodedata.normalize(form, path) for form in ("NFC", "NFD")))
    return next((each for each in spelled if os.path.exists(each)), path)


def number_in(row: Row, column: Column, where: str, mistakes: list[str]) -> float | None:
    """The number in a cell, None where it is empty. What is none is noted."""
    text = row.cells.get(column.name, "")
    if not text or column.is_right(text):
        return float(text) if text else None
    hint = "; its decimal mark is a point" if "," in text else ""
    mistakes.append(f"{where}: {column.mistake(text)}{hint}")
    return None


def path_mistake(column: Column, path: str, files: str = "*", name: str = "") -> str:
    """The sentence about a path that leads to no file, with what is meant where that shows.

    `files` are those that are looked for in a folder, where a folder is named in their place.
    """
    if os.path.isdir(path):
        return f"{path} is a folder; write {path.rstrip('/')}/{files} for the files in it"
    if os.path.islink(path):
        return f"{path} is a link to {os.readlink(path)}, where no file is; is its disk there?"
    if os.path.exists(path):
        return f"{path} is no file, but a device or a pipe; mend the path or remove the row"
    if "\\" in path:
        return f"{column.mistake(path, name)}; write / between folders"
    folder, file = os.path.split(path)
    if folder and not os.path.isdir(folder):
        return f"{column.mistake(path, name)}; there is no folder {folder}"
    there = _by_stem(os.path.abspath(folder))
    near = there.get(Path(file).stem)
    if near is None and len(there) <= MOST_NAMES:
        near = nearest(file, [*there.values()])
    hint = f"; did you mean '{os.path.join(folder, near)}'?" if near else ""
    return f"{column.mistake(path, name)}{hint}"


@lru_cache(maxsize=16)
def _by_stem(folder: str) -> Mapping[str, str]:
    """What lies in a folder, by the names without their endings; hidden files are left out."""
    with suppress(OSError):
        return {Path(n).stem: n for n in sorted(os.listdir(folder)) if not n.startswith(".")}
    return {}


def has_file(path: str) -> bool:
    """Whether a file (no folder) lies there; a name that is too long for one does not."""
    try:
        return Path(path).is_file()
    except OSError:
        return False
