"""Trouble of the place where files lie: a disk that fails, a file server that is away.

Like a full disk it is no fault of a video: the job fails, and is done again. FFmpeg tells such
trouble and a video that is cut short in the same words: there the files are read. A file of which
the beginning can be read, and the rest not, is damaged: that is a fault of its video.
"""

import errno
import os
import traceback
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from stat import S_ISREG

from superanimal_core.errors import VideoError


def _numbers(*names: str) -> frozenset[int]:
    """Those of some errors that this system knows."""
    return frozenset(getattr(errno, name) for name in names if hasattr(errno, name))


OF_DISK = _numbers("EIO", "ESTALE", "EREMOTEIO")  # or of a file server
OF_NETWORK = _numbers("ENETDOWN", "ENETUNREACH", "EHOSTDOWN", "EHOSTUNREACH", "ETIMEDOUT")
OF_OPENING = _numbers("EMFILE", "ENFILE", "ENOTCONN")  # too many are open; a server that is gone
OF_PLACE = OF_DISK | OF_NETWORK | OF_OPENING | {errno.EFBIG}  # too large for this disk
BEGINNING_BYTES = 4096  # the largest sector of a disk
READ_BYTES = 1 << 20
MADE = "results"  # the folder of what jobs make
OF_MAPPED_FILE = (
    "the process died with SIGBUS: a file that it reads was cut short meanwhile or cannot be read, "
    "or a disk in memory (/dev/shm) is full; no video counts as failed. Once that is mended, run "
    "again"
)


@dataclass(frozen=True)
class Trouble:
    """The number of a system's error, at which file ('': it does not say), and after how much."""

    number: int
    file: str = ""
    read_bytes: int = 0

    @property
    def is_damage(self) -> bool:
        """Whether this file alone cannot be read, though its place is there."""
        return self.read_bytes > 0

    def sentence(self) -> str:
        """What is wrong, and what to do."""
        why = os.strerror(self.number)
        is_made = Path(self.file).parts[:1] == (MADE,)
        if self.is_damage:  # by its content a copy is the same video, which has failed
            replace = "copy it again and run with --failed, or leave it out"
            return (
                f"{self.file} cannot be read beyond {self.read_bytes / 1e6:,.3f} MB ({why}): its "
                f"disk is damaged there; {'delete it and run again' if is_made else replace}"
            )
        replace = "delete it and run again" if is_made else "copy it again or leave it out"
        alone = f"; where it is this file alone, {replace}"
        return (
            f"{self.file}{': ' * bool(self.file)}{why}: the disk, the network or this machine says "
            "so; nothing half-written is left, and no video counts as failed. Once that is mended, "
            f"run again{alone * bool(self.file and self.number == errno.EIO)}"
        )


def trouble_of_place(
    error: BaseException, files: Iterable[str | Path], *, of_one_video: bool
) -> Trouble | None:
    """The trouble that is why a job over some files, or folders, failed; None for another fault.

    Where a disk says it, the files are read, those in folders too. Where FFmpeg says anything, or a
    VideoError does, files alone are, by a job over one video.
    """
    chain = [*causes(error)]
    told = next((each for each in chain if _is_of_place(each)), None)
    if told is not None and _number(told) not in OF_DISK:
        return _told_by(told)
    is_of_video = any(_is_ffmpegs(each) or isinstance(each, VideoError) for each in chain)
    if told is not None or (of_one_video and is_of_video):
        found = trouble_of_files(files, with_folders=told is not None)
        return found or (None if told is None else _told_by(told))
    return None


def trouble_of_files(files: Iterable[str | Path], *, with_folders: bool) -> Trouble | None:
    """The first trouble at which the reading of files ends; None where all of them can be read.

    What lies in a folder belongs to many videos: such trouble is that of a place.
    """
    for path in map(Path, files):
        if found := _trouble_of_reading(path):
            return found
        for inner in _inside(path) if with_folders else ():
            if found := _trouble_of_reading(inner):
                return Trouble(found.number, found.file)
    return None


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and those during whose handling it was raised."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def raised_by(error: BaseException) -> str:
    """The name of the module that raised an error."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return frames[-1].f_globals["__name__"] if frames else ""


def _is_of_place(error: BaseException) -> bool:
    """Whether an error's number is that of a place, for certain."""
    is_any = _number(error) == errno.EIO and _is_ffmpegs(error)
    return _number(error) in OF_PLACE and not is_any


def _is_ffmpegs(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] == "av"


def _number(error: BaseException) -> int:
    return getattr(error, "errno", None) or 0


def _told_by(error: BaseException) -> Trouble:
    file = getattr(error, "filename", None)
    return Trouble(_number(error), "" if file is None else str(file))


def _inside(folder: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(folder.rglob("*"))
    return []


def _trouble_of_reading(path: Path) -> Trouble | None:
    done = 0
    try:
        if S_ISREG(path.stat().st_mode):
            for part in _parts(path):
                done += len(part)
    except OSError as error:
        if _number(error) not in OF_PLACE:
            return None
        is_damage = error.errno == errno.EIO and done >= BEGINNING_BYTES and _begins(path)
        return Trouble(_number(error), str(path), done * is_damage)
    return None


def _begins(path: Path) -> bool:
    """Whether a file can be opened, and its beginning read, once more: its place is still there."""
    try:
        return any(_parts(path))
    except OSError:
        return False


def _parts(path: Path) -> Iterator[bytes]:
    """A file in parts, the first of them small, read from where it lies and not from memory."""
    with FileIO(str(path)) as opened:
        with suppress(AttributeError, OSError):  # Linux; and file systems that forget nothing
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        yield from iter(lambda: opened.read(READ_BYTES if opened.tell() else BEGINNING_BYTES), b"")
