"""Names of the sheet of videos that are one to people and two to a computer.

A group, an animal or a camera that is written in two ways counts as two, and no number shows it.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from superanimal_core.errors import first_of
from superanimal_core.settings import Settings
from superanimal_core.study.study_rows import VideoRow

_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]*)?")


def as_people_read(name: str) -> str:
    """A name without its case, kinds and numbers of blanks, ways to write accents and numbers."""
    read = " ".join(unicodedata.normalize("NFC", name).casefold().split())
    return f"{float(read.replace(',', '.')):.12g}" if _NUMBER.fullmatch(read) else read


def written_alike_mistakes(settings: Settings, videos: Mapping[str, VideoRow]) -> list[str]:
    """Names in two ways, in all columns that say which videos belong together."""
    mistakes = []
    for column in columns_that_join(settings):
        names = (row.columns.get(column, "") for row in videos.values())
        mistakes += alike_mistakes(settings.videos, column, names)
    return mistakes


def columns_that_join(settings: Settings) -> list[str]:
    """The columns of the sheet of videos that say which videos belong together."""
    of_animals = [own.animal_column for own in settings.classifiers.named.values()]
    columns = ["session", "camera", *of_animals]
    if settings.groups.column is not None:
        columns += [settings.groups.column, settings.groups.animal_column]
    return list(dict.fromkeys(columns))


def means_nothing(name: str) -> bool:
    """Whether a name is what R, Python or a database writes into an empty cell."""
    return name.casefold() in ("na", "n/a", "<na>", "nan", "null")


def alike_mistakes(sheet: str, column: str, names: Iterable[str]) -> list[str]:
    """The names of a column that stand there in two ways; empty ones are none."""
    ways: dict[str, dict[str, None]] = {}
    for name in filter(None, names):
        ways.setdefault(as_people_read(name), {})[name] = None
    twice = [_shown(list(names)) for names in ways.values() if len(names) > 1]
    if not twice:
        return []
    return [
        f"{sheet}: {first_of(twice, 3)} of the column '{column}' differ in capital letters, "
        "blanks, or how a number or an accent is written, and would count as different; write "
        "each in one way"
    ]


def _shown(names: list[str]) -> str:
    """Both ways, with what cannot be told apart on a screen as its code."""
    return " and ".join("".join(map(_visible, f"'{name}'")) for name in names)


def _visible(letter: str) -> str:
    is_odd = letter != " " and (letter.isspace() or unicodedata.combining(letter))
    return f"<U+{ord(letter):04X}>" if is_odd else letter
