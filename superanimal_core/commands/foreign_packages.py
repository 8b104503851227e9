"""Packages of another Python that a shell puts before ours, as the modules of clusters do."""

import os
import sys
import traceback
from pathlib import Path

VARIABLE = "PYTHONPATH"
OWN = Path(__file__).resolve().parents[2]


def foreign_package(error: ImportError) -> str:
    """What to do where a package that PYTHONPATH names cannot be loaded; '' where it is another."""
    files = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    written = filter(None, os.environ.get(VARIABLE, "").split(os.pathsep))
    folders = {entry: Path(entry).absolute() for entry in written}
    for file in reversed(files):
        for entry, folder in folders.items():
            if file.is_relative_to(folder) and folder != OWN:
                package = file.relative_to(folder).parts[0].removesuffix(".py")
                version = ".".join(map(str, sys.version_info[:2]))
                return (
                    f"{VARIABLE} holds {entry}, whose {package} this Python ({version}) cannot "
                    f"load: `unset {VARIABLE}` and try again"
                )
    return ""
