"""Trouble of the place where files lie: a disk that fails, a file server that is away.

Like a full disk it is no fault of a video: the job fails, and is done again. Of FFmpeg an
input/output error says nothing: a video that is cut short makes it, too. There the files are read.
"""

import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

OF_PLACE = frozenset(
    getattr(errno, name)
    for name in (
        "EIO", "ESTALE", "EREMOTEIO",  # a disk, a file server
        "EMFILE", "ENFILE",  # too many files are open here
        "EFBIG",  # for this disk
        "ENETDOWN", "ENETUNREACH", "ENOTCONN", "EHOSTDOWN", "EHOSTUNREACH", "ETIMEDOUT",
    )
    if hasattr(errno, name)
)  # fmt: skip
READ_BYTES = 1 << 24


def trouble_of_place(error: BaseException, files: Iterable[str | Path]) -> OSError | None:
    """The error of a place that is why a job over some files failed; None where it is another."""
    for each in causes(error):
        number = getattr(each, "errno", None)
        if number is None or number not in OF_PLACE:
            continue
        is_ffmpegs = type(each).__module__.partition(".")[0] == "av"
        if number == errno.EIO and is_ffmpegs:
            return _why_not_read(files)
        return OSError(number, os.strerror(number), getattr(each, "filename", None))
    return None


def trouble_sentence(trouble: OSError) -> str:
    """What the system says of which file, and what to do."""
    what = f"{trouble.filename}: " if trouble.filename is not None else ""
    return (
        f"{what}{trouble.strerror}: the disk, the network or this machine says so, and no file is "
        "at fault; nothing half-written is left, and no video counts as failed. Once that is "
        "mended, run again"
    )


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and those during whose handling it was raised."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _why_not_read(files: Iterable[str | Path]) -> OSError | None:
    """The error of a place on which reading files ends; None where all can be read."""
    try:
        for file in filter(Path.is_file, map(Path, files)):
            with file.open("rb", buffering=0) as opened:
                while opened.read(READ_BYTES):
                    pass
    except OSError as error:
        return error if error.errno in OF_PLACE else None
    return None
