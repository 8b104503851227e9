"""Paths as somebody types them: ~ is a home, and what no file of text can name is refused."""

import os
from pathlib import Path

from superanimal_core.errors import SuperAnimalError


def typed_path(written: str | Path) -> Path:
    """The path, whole from ~ on. SuperAnimalError where nobody knows whose home that is."""
    expanded = os.path.expanduser(written)
    first = Path(expanded).parts[:1]
    if first and first[0].startswith("~") and not os.path.lexists(first[0]):
        raise SuperAnimalError(f"{written}: whose home {first[0]} is is not known; write it out")
    return Path(expanded)


def refuse_no_text(folder: Path) -> None:
    """SuperAnimalError for a folder whose name is no UTF-8: sheets and logs could not name it."""
    whole = os.fsencode(os.path.abspath(folder))
    try:
        whole.decode("utf-8")
    except UnicodeDecodeError:
        told = whole.decode("utf-8", "backslashreplace")
        raise SuperAnimalError(
            f"{told}: a name in it is not UTF-8, which files of text are; rename it"
        ) from None
