"""Old results stay until their successors are there.

Snakemake removes the outputs of a job before it starts, so that a training that fails on a missing
picture would have cost the old model. Outputs flagged `update` stay where they are, with a copy in
`.snakemake/backups` that is put back when the job fails. Our writing replaces whole files, so the
copies that a killed run leaves behind are of no use, and Snakemake would stumble over them.

New results stay, too, where Snakemake cannot write its record of them.
"""

import logging
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from superanimal_core.errors import first_of
from superanimal_core.jobs.full_disk import free_mb
from superanimal_core.jobs.run_owner import LOCKS

BACKUPS = Path(".snakemake/backups")
PRIVATE = (  # of Snakemake's persistence
    "_clear_cache",
    "_filter_incomplete_keys",
    "_get_key",
    "_unmark_incomplete",
)
SHOWN = 3


def remove_old_backups(study: Path) -> None:
    """Remove the copies of a run that was killed; not while another run holds the study."""
    if not any((study / LOCKS).glob("*.lock")):
        shutil.rmtree(study / BACKUPS, ignore_errors=True)


def keep_to_the_point(logger: logging.Logger) -> None:
    """Snakemake's log without its regret that a result which was never there has no copy."""
    logger.addFilter(lambda record: "no backup found" not in record.getMessage())


def keep_old_records(job: Any, persistence: Any, tell: Callable[[str], object]) -> None:
    """Let an old result that is put back keep Snakemake's record of how it was made.

    Snakemake (9.20) writes the record of the job that failed, so that the old result would count as
    that of the new settings, and never be made again. Where it cannot write that of a job that went
    well, for want of room, it would remove what the job made: that stays, with Snakemake's mark
    that it is not complete, and is recorded when a later job of the run is. Without a mark, which
    a full disk does not take either, the next run would take it for done: it goes. Patches the two
    classes of Snakemake; AttributeError where they have not what that takes.
    """
    for name in PRIVATE:
        getattr(persistence, name)
    has_failed: ContextVar[bool] = ContextVar("has_failed", default=False)
    postprocess, finished = job.postprocess, persistence.finished
    unrecorded: dict[Any, None] = {}  # jobs that went well, in their order

    async def postprocess_known(self: Any, *arguments: Any, **options: Any) -> None:
        token = has_failed.set(options.get("error", False))
        try:
            await postprocess(self, *arguments, **options)
        finally:
            has_failed.reset(token)

    async def finished_if_good(self: Any, job: Any) -> None:
        if has_failed.get():
            with suppress(OSError):  # what is marked is made again, as what failed is
                self._clear_cache()
                for path in job.output:
                    self._unmark_incomplete(self._get_key(path))
            return
        try:
            await finished(self, job)
        except OSError as error:
            keys = {self._get_key(path) for path in job.output}
            if self._filter_incomplete_keys(keys) != keys:
                raise
            unrecorded[job] = None
            tell(unrecorded_sentence(list(map(str, job.output)), self.path, error))
            return
        with suppress(OSError):  # there is no room yet
            for each in [*unrecorded]:
                await finished(self, each)
                unrecorded.pop(each, None)

    job.postprocess, persistence.finished = postprocess_known, finished_if_good


def unrecorded_sentence(outputs: Sequence[str], folder: Path, error: OSError) -> str:
    """That what a job made is good, but not noted as done, why, and what to do."""
    these = "this" if len(outputs) == 1 else "these"
    return (
        f"kept, but Snakemake cannot note in {folder} that {these} went well "
        f"({error.strerror or error}{_room(folder)}): {first_of(outputs, SHOWN)}. Make room while "
        f"this run goes on, and its next job notes {these}, too; otherwise the next run makes "
        f"{these} again"
    )


def _room(folder: Path) -> str:
    """How much is free there, where that can be asked."""
    with suppress(OSError):
        return f", {free_mb(folder)} are free"
    return ""
