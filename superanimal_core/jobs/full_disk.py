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
    folder = Path(output).absolute().parent
    folder = next(each for each in (folder, *folder.parents) if each.is_dir())
    free_mb = shutil.disk_usage(folder).free / 1e6
    return (
        f"the disk is full: {output} could not be written, {free_mb:.1f} MB are free in {folder} "
        f"(or a quota is used up){_temporary_room()}. Nothing half-written is left. Make room and "
        "run again"
    )


def temporary_folder() -> str:
    """Where temporary files are meant to be, be there room or not.

    `tempfile.gettempdir` would write there to find out, and raise where all disks are full.
    """
    return tempfile.tempdir or os.environ.get("TMPDIR") or "/tmp"


def _temporary_room() -> str:
    """How much is left for temporary files, where that can be asked."""
    temporary = temporary_folder()
    try:
        free_mb = shutil.disk_usage(temporary).free / 1e6
    except OSError:
        return ""
    return f", {free_mb:.1f} MB for temporary files in {temporary} (TMPDIR names another place)"
