"""The names of the files in a folder. Standard library only: the Snakefile uses it."""

import hashlib
import os
from pathlib import Path

from superanimal_core.errors import DatasetError

MAX_FILES = 5_000_000
MAX_LINKED_FILES = 200_000  # below one linked folder that leads out of the data set
HIDDEN = (".", "~$")  # the latter: what Excel lays beside a table while it is open there
MAX_LINKS = 10_000  # folders that link to each other have very many paths


def root_of(path: str | Path) -> str:
    """The folder that names in a data set are relative to: its own, or that of its one document."""
    return str(Path(path).parent) if Path(path).is_file() else str(path)


def files_below(root: str | Path) -> list[str]:
    """All files below a folder, sorted, with forward slashes; hidden ones never.

    Linked folders are listed, too, so that none is left out without a word: whether a file behind a
    link that leads outside may be read is its reader's matter. DatasetError for more than five
    millions, and for very many behind one such link.
    """
    real = os.path.realpath(root)
    found, linked = _below(real, "", MAX_FILES, root)
    pending = [(name, (real,)) for name in linked]
    while pending:
        name, above = pending.pop()
        target = os.path.realpath(os.path.join(real, name))
        if any(f"{folder}/".startswith(f"{target}/") for folder in above):
            continue  # a link to a folder that it lies in
        is_inside = f"{target}/".startswith(f"{real}/")
        most = MAX_FILES if is_inside else MAX_LINKED_FILES
        files, linked = _below(target, f"{name}/", most, root)
        found += files
        pending += [(further, (*above, target)) for further in linked]
        if len(found) > MAX_FILES or len(pending) > MAX_LINKS:
            raise DatasetError(
                f"{root}: more than {MAX_FILES} files or {MAX_LINKS} linked folders; give a "
                "smaller one"
            )
    return sorted(found)


def _below(folder: str, prefix: str, most: int, root: str | Path) -> tuple[list[str], list[str]]:
    """Files below a folder, and the linked folders there, which are not entered."""
    found: list[str] = []
    linked: list[str] = []
    for above, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(HIDDEN))
        relative = os.path.relpath(above, folder).replace(os.sep, "/")
        within = prefix if relative == "." else f"{prefix}{relative}/"
        found += [f"{within}{name}" for name in files if not name.startswith(HIDDEN)]
        linked += [f"{within}{n}" for n in folders if os.path.islink(os.path.join(above, n))]
        if len(found) > most:
            what = f"the linked folder {prefix}" if prefix else "it"
            raise DatasetError(
                f"{root}: {what} holds more than {most} files; give the folder, or the file, of "
                "the labels themselves"
            )
    return found, linked


def listing_digest(root: str | Path) -> str:
    """Hex digest of the names of all files below a folder."""
    names = "\0".join(files_below(root))
    return hashlib.sha256(names.encode(errors="surrogateescape")).hexdigest()[:16]
