"""When videos were taken, by the sheet's own columns."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from superanimal_core.report.results import Row

# a day, alone or at the beginning: 2024-05-31, 20240531, 2024-05-31T14:02, 2024-05-31_m1
DAY = re.compile(r"^(\d{4})([-_./]?)(\d{2})\2(\d{2})(?!\d)")
# as many countries and spreadsheets write it; whether day or month comes first nobody knows
YEAR_LAST = re.compile(r"^\d{1,2}([-./ ])\d{1,2}\1(\d{4}|\d{2})(?!\d)")
FEWEST_DAYS = 2


def day_in(cell: str) -> date | None:
    """The day that a cell begins with, year first (ISO 8601); None where it begins with none."""
    found = DAY.match(cell.strip())
    if not found:
        return None
    try:
        return date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        return None


def is_year_last(cell: str) -> bool:
    """Whether a cell begins with what is a day for people, but not year first."""
    return YEAR_LAST.match(cell.strip()) is not None


def days_of(
    videos: Sequence[Row], accounts: Mapping[str, Row]
) -> tuple[str, dict[str, date]] | None:
    """The first column of the sheet whose cells all begin with a day, and each video's day.

    Empty cells are passed over. None where there is no such column, or but one day in it.
    """
    names = dict.fromkeys(n for video in videos for n in accounts[video["video"]]["columns"])
    for name in names:
        cells = {v["video"]: accounts[v["video"]]["columns"].get(name) or "" for v in videos}
        days = {video: day_in(cell) for video, cell in cells.items() if cell}
        known = {video: day for video, day in days.items() if day is not None}
        if len(known) == len(days) and len({*known.values()}) >= FEWEST_DAYS:
            return name, known
    return None
