"""Labels of behavior in the files of other programs, and in plain tables.

Parsers take the text of a file and what the sheet of labels says of it; standard library only,
since the Snakefile reads the names of the formats here.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from superanimal_core.behavior.marked_bouts import MarkedBout, Marks
from superanimal_core.errors import DatasetError
from superanimal_core.formats.documents import read_text

DECIMAL_COMMA = re.compile(r"^(-?[0-9]+),([0-9]+)$")


class Row(dict[str, str]):
    """Cells by column, and the number of its line in the file."""

    def __init__(self, cells: Mapping[str, str], line: int) -> None:
        super().__init__(cells)
        self.line = line

    def number(self, column: str) -> float:
        """A cell as a number. DatasetError with line and column where it is none."""
        try:
            return float(self[column])
        except ValueError:
            raise self.no(column, "a number, with a decimal point") from None

    def frame(self, column: str) -> float:
        """A cell as the number of a frame. DatasetError where it is no whole number."""
        number = self.number(column)
        if not number.is_integer():
            raise self.no(column, "a frame, which is a whole number")
        return number

    def part(self, column: str) -> float:
        """A cell as 0, 1, or what lies between. DatasetError where it is neither."""
        number = self.number(column)
        if not 0 <= number <= 1:
            raise self.no(column, "0 or 1")
        return number

    def no(self, column: str, expected: str) -> DatasetError:
        """What to raise where a cell is not what is expected."""
        read = self[column] or "nothing"
        return DatasetError(f"line {self.line}: {column} is {read}; expected {expected}")


Rows = list[Row]


@dataclass(frozen=True)
class WhichLabels:
    """Which of the labels in a file are meant: empty where there is one only.

    `subject` is the animal, `observation` the video, as the file calls them; `rater` the person.
    `behaviors` are those that are learned, for files that do not say which of their columns are.
    """

    behaviors: tuple[str, ...]
    subject: str = ""
    observation: str = ""
    rater: str = ""


def read_marks(path: str | Path, format_name: str, which: WhichLabels) -> Marks:
    """The bouts that a file of labels holds. DatasetError, with the file, where it is not one."""
    try:
        return BEHAVIOR_FORMATS[format_name](read_text(path), which)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"{path}: cannot be read as labels of the format '{format_name}' "
            f"({type(error).__name__}: {error})"
        ) from None
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from None


def parse_boris(text: str, which: WhichLabels) -> Marks:
    """BORIS: tabular events (START and STOP), also of old versions, or aggregated events (s)."""
    rows = _rows_below(text, {"Behavior"}, ({"Time"}, {"Start (s)", "Stop (s)"}))
    rows = _only(rows, ("Observation id",), which.observation, "observation")
    rows = _only(rows, ("Subject",), which.subject, "subject")
    if rows and "Start (s)" in rows[0]:
        return Marks(
            [MarkedBout(r["Behavior"], r.number("Start (s)"), _aggregated_stop(r)) for r in rows],
            in_frames=False,
        )
    return Marks(list(_paired(rows)), in_frames=False)


def _aggregated_stop(row: Row) -> float:
    """Where a bout ends; a point event has no end of its own."""
    is_point = row.get("Behavior type", "").upper() == "POINT"
    return row.number("Start (s)" if is_point else "Stop (s)")


def _paired(rows: Rows) -> Iterator[MarkedBout]:
    """Bouts of the rows that say when something started and stopped."""
    began: dict[str, float] = {}
    for row in sorted(rows, key=lambda row: row.number("Time")):
        name, time = row["Behavior"], row.number("Time")
        kind = (row.get("Behavior type") or row.get("Status") or "").upper()
        if kind == "START" and name not in began:
            began[name] = time
        elif kind == "STOP" and name in began:
            yield MarkedBout(name, began.pop(name), time)
        elif kind == "POINT":
            yield MarkedBout(name, time, time)
        else:
            raise DatasetError(f"'{name}' at {time:g} s: a {kind or 'row'} without its partner")
    for name, time in began.items():
        raise DatasetError(f"'{name}' starts at {time:g} s and never stops")


def parse_simba(text: str, which: WhichLabels) -> Marks:
    """SimBA's targets_inserted, or any table with a row per frame and 0 or 1 for each behavior."""
    rows = _table(text)
    bouts: list[MarkedBout] = []
    for behavior in which.behaviors:
        if not rows or behavior not in rows[0]:
            columns = ", ".join(list(rows[0])[-6:]) if rows else "none"
            raise DatasetError(f"no column '{behavior}'; the last columns are {columns}")
        shown = [row.part(behavior) > 0.5 for row in rows]
        edges = [i for i in range(len(shown) + 1) if _at(shown, i) != _at(shown, i - 1)]
        bouts += [MarkedBout(behavior, a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return Marks(bouts, in_frames=True, seen=[(0, len(rows))], frames=len(rows))


def _at(shown: Sequence[bool], place: int) -> bool:
    return 0 <= place < len(shown) and shown[place]


def parse_dlcanalyzer(text: str, which: WhichLabels) -> Marks:
    """DLCAnalyzer's tables of labels: from and to (s), type; of several files and raters."""
    rows = _rows_below(text, {"from", "to", "type"}, (set(),))
    rows = _only(rows, ("ID", "CSVname", "DLCFile"), which.observation, "observation")
    rows = _only(rows, ("Experimenter", "experimenter"), which.rater, "rater")
    return Marks([MarkedBout(r["type"], r.number("from"), r.number("to")) for r in rows], False)


def parse_jabs(text: str, which: WhichLabels) -> Marks:
    """JABS' annotations (json): only the frames that somebody marked say anything."""
    document = json.loads(text)
    by_animal = document.get("unfragmented_labels") or document["labels"]
    animal = which.subject or _single(list(by_animal), "identity", "subject")
    if animal not in by_animal:
        raise DatasetError(f"no identity '{animal}'; there are {', '.join(by_animal)}")
    blocks: Mapping[str, list[dict[str, Any]]] = by_animal[animal]
    told = [
        (behavior, float(block["start"]), float(block["end"]) + 1, bool(block["present"]))
        for behavior, own in blocks.items()
        for block in own
    ]
    bouts = [MarkedBout(behavior, a, b) for behavior, a, b, is_there in told if is_there]
    seen = [(a, b) for behavior, a, b, _ in told if behavior in which.behaviors]
    return Marks(bouts, in_frames=True, seen=seen, frames=document.get("num_frames"))


def parse_behaviordepot(text: str, which: WhichLabels) -> Marks:
    """BehaviorDEPOT's bouts of one behavior: first frame, and the first one after it, from 0."""
    behavior = _single(list(which.behaviors), "behavior of the classifier", "behaviors")
    rows = _rows_below(text, {"start", "end"}, (set(),))
    return Marks([MarkedBout(behavior, r.frame("start"), r.frame("end")) for r in rows], True)


def parse_csv(text: str, which: WhichLabels) -> Marks:
    """A plain table: behavior, start, stop (s) or start_frame, stop_frame; subject if any."""
    rows = _rows_below(text, {"behavior"}, ({"start", "stop"}, {"start_frame", "stop_frame"}))
    rows = _only(rows, ("subject",), which.subject, "subject")
    in_frames = bool(rows) and "start_frame" in rows[0]
    start, stop = ("start_frame", "stop_frame") if in_frames else ("start", "stop")
    read = Row.frame if in_frames else Row.number
    return Marks(
        [MarkedBout(r["behavior"], read(r, start), read(r, stop)) for r in rows], in_frames
    )


BEHAVIOR_FORMATS: Mapping[str, Callable[[str, WhichLabels], Marks]] = {
    "boris": parse_boris,
    "simba": parse_simba,
    "dlcanalyzer": parse_dlcanalyzer,
    "jabs": parse_jabs,
    "behaviordepot": parse_behaviordepot,
    "csv": parse_csv,
}


def _rows_below(text: str, needed: set[str], one_of: Sequence[set[str]]) -> Rows:
    """The rows below the first line that has the names of the columns."""
    lines = text.lstrip("\ufeff").splitlines()
    for number, line in enumerate(lines):
        header = {cell.strip() for cell in _cells(line)}
        if needed <= header and any(names <= header for names in one_of):
            return _table("\n".join(lines[number:]), number)
    options = " or ".join(" and ".join(sorted(names)) for names in one_of if names)
    wanted = ", ".join(sorted(needed)) + (f", with {options}" if options else "")
    first = lines[0].strip() if lines else ""
    raise DatasetError(f"no line names the columns {wanted}; the first one reads '{first[:80]}'")


def _table(text: str, above: int = 0) -> Rows:
    """Cells by column; separated by tabs, semicolons or commas, whichever the first line has.

    Between tabs and semicolons, numbers may have a decimal comma. `above` lines stand above these.
    """
    header = text.lstrip("\ufeff").split("\n", 1)[0]
    separator = _delimiter(header)
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=separator)
    rows: Rows = []
    for row in reader:
        beyond = [cell for cell in row.get(None) or [] if cell.strip()]
        if beyond:
            raise DatasetError(
                f"line {above + reader.line_num}: has more cells than the line of names (the last "
                f"is {beyond[-1].strip()}); write numbers with a decimal point, and text that has "
                "the separator between quotes"
            )
        cells = {
            str(key).strip(): (value or "").strip() for key, value in row.items() if key is not None
        }
        if separator != ",":
            cells = {key: DECIMAL_COMMA.sub(r"\1.\2", cell) for key, cell in cells.items()}
        if any(cells.values()):
            rows.append(Row(cells, above + reader.line_num))
    return rows


def _cells(line: str) -> list[str]:
    return next(csv.reader([line], delimiter=_delimiter(line)), [])


def _delimiter(line: str) -> str:
    return max("\t;,", key=line.count)


def _only(rows: Rows, columns: Sequence[str], wanted: str, called: str) -> Rows:
    """The rows that one of the columns says are meant; all where they are all the same."""
    there = [column for column in columns if rows and column in rows[0]]
    if not there:
        return rows
    names = list(dict.fromkeys(row[there[0]] for row in rows))
    if not wanted:
        _single(names, called, called)
        return rows
    chosen = [row for row in rows if wanted in (row[column] for column in there)]
    if not chosen:
        raise DatasetError(f"no {called} '{wanted}'; there are {', '.join(names)}")
    return chosen


def _single(names: Sequence[str], what: str, column: str) -> str:
    if len(names) != 1:
        told = ", ".join(names) or "none"
        raise DatasetError(
            f"one {what} is expected, there are {len(names)} ({told}); say which in '{column}'"
        )
    return names[0]
