"""The names of the files in a folder. Standard library only: the Snakefile uses it."""

import hashlib
import os
from pathlib import Path

from superanimal_core.errors import DatasetError

MAX_FILES = 5_000_000


def root_of(path: str | Path) -> str:
    """The folder that names in a data set are relative to: its own, or that of its one document."""
    return str(Path(path).parent) if Path(path).is_file() else str(path)


def files_below(root: str | Path) -> list[str]:
    """All files below a folder, sorted, with forward slashes; hidden ones never.

    DatasetError for more than five millions.
    """
    real = os.path.realpath(root)
    found: list[str] = []
    for above, folders, files in os.walk(real):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        relative = os.path.relpath(above, real).replace(os.sep, "/")
        prefix = "" if relative == "." else f"{relative}/"
        found += [f"{prefix}{name}" for name in files if not name.startswith(".")]
        if len(found) > MAX_FILES:
            raise DatasetError(f"{root}: more than {MAX_FILES} files; give a smaller one")
    return sorted(found)


def listing_digest(root: str | Path) -> str:
    """Hex digest of the names of all files below a folder."""
    names = "\0".join(files_below(root))
    return hashlib.sha256(names.encode(errors="surrogateescape")).hexdigest()[:16]
