"""Whether a run can write where it must: permissions, and a little that is written on trial."""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryFile, gettempdir

from superanimal_core.errors import SuperAnimalError
from superanimal_core.jobs.full_disk import NO_ROOM

TRIAL_BYTES = 1 << 16  # Snakemake's records of a few jobs
PARTS = (".", ".snakemake", "results", "logs")  # of a study


def refuse_unwritable(study: Path) -> None:
    """SuperAnimalError for a study into which nothing can be written."""
    for folder in _parts_of(study):
        if not os.access(folder, os.W_OK):
            raise SuperAnimalError(
                f"{folder} cannot be written by you; copy the study, or only its config folder, to "
                "where you may write, and run it there"
            )


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
    try:
        with TemporaryFile(dir=folder) as trial:
            trial.write(os.urandom(TRIAL_BYTES))  # which no disk makes smaller
            trial.flush()
            os.fsync(trial.fileno())  # a file server may say it only now
    except OSError as error:
        if error.errno not in NO_ROOM:
            return f"{folder} takes no files ({error.strerror or error}); run again once it does"
        free_mb = shutil.disk_usage(folder).free / 1e6
        room = f"{free_mb:.1f} MB are free (or a quota is used up)"
        return f"the disk of {folder} is full: {room}; make room and run again"
    return ""


def _parts_of(study: Path) -> list[Path]:
    """Those folders of a study that are there, by names that hold wherever one stands."""
    return [folder.resolve() for part in PARTS if (folder := study / part).exists()]
