"""Trouble of the place where files lie: a disk that fails, a file server that is away.

Like a full disk it is no fault of a video: the job fails, and is done again. FFmpeg tells such
trouble and a video that is cut short in the same words: there the files are read. A file that
belongs to one video, and of which the beginning can be read and a place behind it cannot, each time
anew, is damaged: that is a fault of its video.
"""

import errno
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
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
OPENS = "superanimal_core.media.video_stream"
COUNTS = "superanimal_core.jobs.chunked_poses"  # says that there are fewer frames than were probed
READERS = ("superanimal_core.media.", COUNTS)  # FFmpeg may have kept to itself what it was told
OF_MAPPED_FILE = (
    "the process died with SIGBUS: a file that it reads was cut short meanwhile or cannot be read, "
    "or a disk in memory (/dev/shm) is full; no video counts as failed. Once that is mended, run "
    "again"
)
STOPPED_EARLY = (
    "{}: FFmpeg stopped before the end that was found when it was probed, and the file can be read "
    "now: its disk or server was away meanwhile, or it was replaced; nothing half-written is left, "
    "and no video counts as failed yet. It is tried again"
)


@dataclass(frozen=True)
class OfVideo:
    """What belongs to one video alone: the folder of its results, and its original ('': none).

    `is_probed`: all its frames were read before.
    """

    folder: str
    original: str = ""
    is_probed: bool = False

    def owns(self, path: Path) -> bool:
        """Whether no other video needs this file."""
        return path == Path(self.original) or Path(self.folder) in path.parents


@dataclass(frozen=True)
class Trouble:
    """The number of a system's error (0: FFmpeg kept it), at which file, and after how much of it.

    `file` is '' where nothing says it; `given` is the file or folder among the inputs of the job
    that it is or lies in.
    """

    number: int
    file: str = ""
    given: str = ""
    read_bytes: int = 0

    @property
    def is_damage(self) -> bool:
        """Whether this file of one video alone cannot be read, though its place is there."""
        return self.read_bytes > 0

    def sentence(self) -> str:
        """What is wrong, and what to do."""
        if not self.number:
            return STOPPED_EARLY.format(self.file)
        why = os.strerror(self.number)
        is_made = Path(self.file).parts[:1] == (MADE,)
        if self.is_damage:  # by its content a copy is the same video, which has failed
            mended = "copy it again and run with --failed, or leave it out"
            mended = "run with --failed, which makes it again" if is_made else mended
            return (
                f"{self.file} cannot be read beyond {self.read_bytes / 1e6:,.3f} MB ({why}): its "
                f"disk is damaged there; {mended}"
            )
        mended = "copy it again or leave it out"
        if is_made:  # one file within a folder would not be missed
            mended = f"delete {self.given}, all of it, and run again" if self.given else ""
        alone = f"; where it is this file alone, {mended}"
        return (
            f"{self.file}{': ' * bool(self.file)}{why}: the disk, the network or this machine says "
            "so; nothing half-written is left, and no video counts as failed. Once that is mended, "
            f"run again{alone * bool(self.file and mended and self.number == errno.EIO)}"
        )


def trouble_of_place(
    error: BaseException, files: Iterable[str | Path], of_video: OfVideo | None
) -> Trouble | None:
    """The trouble that is why a job over some files, or folders, failed; None for another fault.

    Where a disk says it, the files are read, those in folders too. Where FFmpeg says anything, or
    may have kept it to itself, files alone are, by a job over one video.
    """
    given = [*map(Path, files)]
    chain = [*causes(error)]
    told = next((each for each in chain if _is_of_place(each)), None)
    if told is not None and _number(told) not in OF_DISK:
        return _told_by(told, given)
    if told is not None:
        return trouble_of_files(given, of_video, with_folders=True) or _told_by(told, given)
    if of_video is None or not any(_is_ffmpegs(each) or _is_readers(each) for each in chain):
        return None
    return trouble_of_files(given, of_video, with_folders=False) or _stopped_early(error, of_video)


def trouble_of_files(
    files: Iterable[str | Path], of_video: OfVideo | None, *, with_folders: bool
) -> Trouble | None:
    """The first trouble at which the reading of files ends; None where all of them can be read."""
    with suppress(OSError):  # of a log whose disk fails
        print("reads its files, to see whether a disk fails", file=sys.stderr, flush=True)
    for given in map(Path, files):
        for path in (given, *(_inside(given) if with_folders else ())):
            if found := _trouble_of_reading(path, of_video is not None and of_video.owns(path)):
                return replace(found, given=str(given))
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


def _is_readers(error: BaseException) -> bool:
    return isinstance(error, VideoError) and raised_by(error).startswith(READERS)


def _number(error: BaseException) -> int:
    return getattr(error, "errno", None) or 0


def _told_by(error: BaseException, given: Iterable[Path]) -> Trouble:
    file = getattr(error, "filename", None)
    if file is None:
        return Trouble(_number(error))
    path = Path(os.fsdecode(file))
    around = next((str(each) for each in given if each in (path, *path.parents)), "")
    return Trouble(_number(error), str(path), around)


def _stopped_early(error: BaseException, of_video: OfVideo) -> Trouble | None:
    """The trouble of a probed video that did not open, or gave less, and that can be read now."""
    is_early = raised_by(error) in (OPENS, COUNTS) and of_video.is_probed
    with suppress(OSError):
        if is_early and Path(of_video.original).stat().st_size:
            return Trouble(0, of_video.original, of_video.original)
    return None


def _inside(folder: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(folder.rglob("*"))
    return []


def _trouble_of_reading(path: Path, is_own: bool) -> Trouble | None:
    done = 0
    try:
        if S_ISREG(path.stat().st_mode):
            for part in _parts(path):
                done += len(part)
    except OSError as error:
        number = _number(error)
        if number not in OF_PLACE:
            return None
        is_damage = is_own and number == errno.EIO and done >= BEGINNING_BYTES
        return Trouble(number, str(path), read_bytes=done * (is_damage and _is_damaged(path, done)))
    return None


def _is_damaged(path: Path, beyond: int) -> bool:
    """Whether a file still cannot be read there, though its beginning can, before and after."""
    return [_number_at(path, place) for place in (0, beyond, 0)] == [0, errno.EIO, 0]


def _number_at(path: Path, place: int) -> int:
    """The number of the error at which the reading of a file ends at once; 0 for none."""
    try:
        next(_parts(path, place), None)
    except OSError as error:
        return _number(error)
    return 0


def _parts(path: Path, start: int = 0) -> Iterator[bytes]:
    """A file in parts, the first of them small, read from where it lies and not from memory."""
    with FileIO(str(path)) as opened:
        with suppress(AttributeError, OSError):  # Linux; and file systems that forget nothing
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        opened.seek(start)
        yield opened.read(BEGINNING_BYTES)
        yield from iter(lambda: opened.read(READ_BYTES), b"")
