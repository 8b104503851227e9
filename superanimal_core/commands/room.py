"""Whether a run can write where it must: permissions, and a little that is written on trial."""

import os
from pathlib import Path
from tempfile import TemporaryFile, gettempdir

from superanimal_core.errors import SuperAnimalError
from superanimal_core.jobs.full_disk import NO_ROOM, folder_above, free_mb, temporary_folder
from superanimal_core.jobs.protected_results import asked_of_owner

TRIAL_BYTES = 1 << 16  # Snakemake's records of a few jobs
PARTS = (".", ".snakemake", "results", "logs")  # of a study


def refuse_unwritable(study: Path) -> None:
    """SuperAnimalError for a study into which nothing can be written."""
    for folder in _parts_of(study):
        if not os.access(folder, os.W_OK):
            copied = (
                "copy the study, or only its config folder, to where you may write, and run it "
                "there"
            )
            asked = asked_of_owner(folder, study.resolve())
            raise SuperAnimalError(f"{folder} cannot be written by you; {asked or copied}")


def refuse_full(study: Path) -> None:
    """SuperAnimalError where a disk that a run writes to takes nothing any more."""
    for folder in _parts_of(study):
        if why := why_not_written(folder):
            raise SuperAnimalError(why)
    try:
        temporary = gettempdir()
        why = why_not_written(Path(temporary))
    except FileNotFoundError as error:  # it has tried all places
        why = f"there is no place for temporary files ({error.strerror or error})"
    if why:
        raise SuperAnimalError(f"{why}, or let TMPDIR name another place")


def why_not_written(folder: Path) -> str:
    """Why a folder takes no file of some kB; '' where it takes one. It is gone at once."""
    error = _error_of_trial(folder)
    if error is None:
        return ""
    if error.errno not in NO_ROOM:
        return f"{folder} takes no files ({error.strerror or error}); run again once it does"
    return f"the disk of {folder} is full: {_room_in(folder)}; make room and run again"


def told_full(error: OSError, study: str) -> str:
    """What could not be written for want of room, where that is known, and what to do.

    A write names no file, other than an opening: then the disks are asked that a command may write
    to. Where these take something, it is what is printed, or another's.
    """
    why = error.strerror or str(error)
    if isinstance(error.filename, str):
        file = Path(error.filename).absolute()
        room = _room_in(folder_above(file))
        return f"{file} could not be written ({why}): {room}; make room and try again"
    for folder in dict.fromkeys([*_parts_of(Path(study)), Path.cwd(), Path(temporary_folder())]):
        tried = _error_of_trial(folder)
        if tried is not None and tried.errno in NO_ROOM:
            return f"the disk of {folder} is full: {_room_in(folder)}; make room and try again"
    return f"what it prints or writes could not be written: {why}; make room and try again"


def _room_in(folder: Path) -> str:
    return f"{free_mb(folder)} are free (or a quota is used up)"


def _error_of_trial(folder: Path) -> OSError | None:
    """Why a folder takes no file of some kB; None where it takes one. It is gone at once."""
    try:
        with TemporaryFile(dir=folder) as trial:
            trial.write(os.urandom(TRIAL_BYTES))  # which no disk makes smaller
            trial.flush()
            os.fsync(trial.fileno())  # a file server may say it only now
    except OSError as error:
        return error
    return None


def _parts_of(study: Path) -> list[Path]:
    """Those folders of a study that are there, by names that hold wherever one stands."""
    return [folder.resolve() for part in PARTS if (folder := study / part).exists()]
