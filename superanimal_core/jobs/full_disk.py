"""A full disk: how a failed write says it, and the sentence for the user."""

import errno
import os
import shutil
import tempfile
from pathlib import Path

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
# of libraries that keep the number to themselves: safetensors (twice), and torch's archive writer
WORDS = ("No space left on device", "Disk quota exceeded", "inline_container.cc")


def is_full_disk(error: BaseException) -> bool:
    """Whether something could not be written for want of room."""
    is_numbered = isinstance(error, OSError) and error.errno in NO_ROOM
    return is_numbered or any(words in str(error) for words in WORDS)


def full_disk_sentence(output: str | Path) -> str:
    """Where there is no room, how much is left, and what to do."""
    folder = folder_above(output)
    return (
        f"the disk is full: {output} could not be written, {free_mb(folder)} are free in {folder} "
        f"(or a quota is used up){_temporary_room()}. Nothing half-written is left. Make room and "
        "run again"
    )


def folder_above(file: str | Path) -> Path:
    """The nearest folder above a file that is there."""
    return next(each for each in Path(file).absolute().parents if each.is_dir())


def free_mb(folder: str | Path) -> str:
    """How much is free in a folder, as `2.3 MB`. OSError where that cannot be asked."""
    return f"{shutil.disk_usage(folder).free / 1e6:.1f} MB"


def temporary_folder() -> str:
    """Where temporary files are meant to be, be there room or not.

    `tempfile.gettempdir` would write there to find out, and raise where all disks are full.
    """
    return tempfile.tempdir or os.environ.get("TMPDIR") or "/tmp"


def _temporary_room() -> str:
    """How much is left for temporary files, where that can be asked."""
    temporary = temporary_folder()
    try:
        free = free_mb(temporary)
    except OSError:
        return ""
    return f", {free} for temporary files in {temporary} (TMPDIR names another place)"
