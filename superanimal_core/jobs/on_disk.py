"""Waiting until what was written is on the disk, where a power cut does not reach it."""

import os
from collections.abc import Iterable
from pathlib import Path


def write_through(outputs: Iterable[str | Path]) -> None:
    """Wait for files, and for all files in folders. OSError where the disk is full."""
    for output in map(Path, outputs):
        for file in output.rglob("*") if output.is_dir() else [output]:
            if file.is_file():
                with file.open("rb") as opened:
                    os.fsync(opened.fileno())
