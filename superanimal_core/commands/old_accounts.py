"""Accounts of videos that do not hold any more, and what has become of the videos since.

What is there and what it says decides it. Dates, which a copy of a study may lose, tell only into
which small tables to look: no result counts as newer for its date alone.
"""

import errno
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from superanimal_core.commands.stages import ADAPTED, CHECKED, FIRST_MEASURED, MEASURED, PREDICTED
from superanimal_core.errors import SuperAnimalError
from superanimal_core.jobs.outcome import failure_told
from superanimal_core.study.products import ACCOUNT
from superanimal_core.study.video_stages import SAME_STAGE, STAGES
from superanimal_core.tables.parquet import FAILURE_FILE

UNREADABLE = "cannot be read; delete it and run again, which makes it anew"
Failure = Mapping[str, Any]  # `stage` and `reason`
Dates = Mapping[str, float]  # of what lies in a video's folder, by name


def failure_since(folder: Path, there: Dates, account: Failure) -> Failure | None:
    """The failure that the results of a video tell and its account does not; None without one.

    SuperAnimalError where they cannot be read.
    """
    known = account["stage"], account["reason"]
    told = (failure for _, failure in _told_since(folder, there, account) if failure)
    return next((each for each in told if (each["stage"], each["reason"]) != known), None)


def is_mended(folder: Path, there: Dates, account: Failure) -> bool:
    """Whether the stage in which a failed video failed has made a result since."""
    failed_in = SAME_STAGE.get(account["stage"], account["stage"])
    told = _told_since(folder, there, account)
    return any(stage == failed_in and failure is None for stage, failure in told)


def lost_tables(there: Dates) -> dict[str, list[str]]:
    """Stage: final tables of a video that are gone, which the next run makes again."""
    lost = {
        stage: [f"{name}.parquet" for name in names if f"{name}.parquet" not in there]
        for stage, names in MEASURED.items()
    }
    return {stage: names for stage, names in lost.items() if names}


def stages_without(lost: Mapping[str, list[str]]) -> frozenset[str]:
    """The stages that are done for a video that was through and has lost these tables."""
    again = MEASURED if FIRST_MEASURED in lost else lost
    return frozenset(STAGES) - {*again, *([CHECKED] if lost else [])}


def failure_in(path: Path) -> Failure | None:
    """The stage and reason of what stands for a failed video; None where it is a result.

    None, too, where it is gone meanwhile: a job makes it anew. SuperAnimalError where it cannot be
    read, PermissionError where that is for somebody else.
    """
    mark = path / FAILURE_FILE
    try:
        return failure_told(mark if os.path.isdir(path) else path)
    except (ValueError, KeyError, TypeError):
        raise SuperAnimalError(f"{mark}: {UNREADABLE}") from None
    except OSError as error:
        return none_if_gone(error, path)
    except SuperAnimalError as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.errno:  # not what it holds
            return none_if_gone(error.__cause__, path)
        raise


def none_if_gone(error: OSError, path: Path) -> None:
    """None where a file is gone; else as `raise_refused`."""
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise_refused(error, Path(error.filename or path))


def raise_refused(error: OSError, path: Path) -> None:
    """PermissionError, or SuperAnimalError: a file that the disk does not give away now."""
    if isinstance(error, PermissionError):
        raise PermissionError(errno.EACCES, error.strerror, str(path)) from None
    raise SuperAnimalError(f"{path}: cannot be read now: {error.strerror}; try again") from None


def _told_since(
    folder: Path, there: Dates, account: Failure
) -> Iterator[tuple[str, Failure | None]]:
    """Stages in the chain's order, with the failure that their result tells, or None.

    The folder of an adaptation counts where the account is of one: of a study that adapts no more
    it stays as it was.
    """
    has_adapted = bool(account.get("adaptation")) or account["stage"] == "adapt_to_video"
    for stage, name in STAGES.items():
        if stage == "predict_poses" and PREDICTED in there:  # its mark stands beside the boxes
            yield stage, failure_in(folder / PREDICTED)
            continue
        is_later = there.get(name, 0.0) > there[ACCOUNT]
        if has_adapted and name in there if name == ADAPTED else is_later:
            yield stage, failure_in(folder / name)
