"""Tables of the report: cells are text already, so that the template only lays them out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

ABSENT = "–"


@dataclass(frozen=True)
class Table:
    """A table of the page.

    `columns` are (heading, unit) pairs, the unit may be ''. `words` are the headings of columns
    that hold words, which are set left; numbers are set right. `kinds` are CSS classes of the rows,
    or empty. `left_out` counts rows that the page has no room for.
    """

    columns: tuple[tuple[str, str], ...]
    rows: list[tuple[str, ...]]
    words: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    left_out: int = 0

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"a row does not fit the columns {[name for name, _ in self.columns]}")


def number(value: float | int | None, digits: int = 1) -> str:
    """A number with thousands separators and so many decimals; a dash when it is not known."""
    if value is None or not math.isfinite(value):
        return ABSENT
    return f"{value:,.{digits}f}"


def with_sd(mean: float | None, sd: float | None, digits: int = 2) -> str:
    """mean ± standard deviation; the mean alone when there is no deviation."""
    if sd is None or not math.isfinite(sd):
        return number(mean, digits)
    return f"{number(mean, digits)} ± {number(sd, digits)}"


def with_interval(middle: float | None, low: float | None, high: float | None, digits: int) -> str:
    """middle (low to high); the middle alone when there is no interval."""
    if low is None or high is None or not math.isfinite(low + high):
        return number(middle, digits)
    return f"{number(middle, digits)} ({number(low, digits)} to {number(high, digits)})"


def counted(count: int, one: str, many: str = "") -> str:
    """'1 video', '2 videos'."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(names: Sequence[str]) -> str:
    """'a, b and c'."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def told_time(seconds: float) -> str:
    """Seconds, minutes, hours or days, in two or three digits."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{_short(seconds / length)} {unit}"
    return f"{seconds:.2g} s"


def told_size(size_bytes: float) -> str:
    """Bytes in kB, MB, GB or TB (powers of 1000), in two or three digits."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= size:
            return f"{_short(size_bytes / size)} {unit}"
    return f"{_short(size_bytes / 1e3)} kB"


def _short(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
