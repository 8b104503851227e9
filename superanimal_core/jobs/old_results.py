"""Old results stay until their successors are there.

Snakemake removes the outputs of a job before it starts, so that a training that fails on a missing
picture would have cost the old model. Outputs flagged `update` stay where they are, with a copy in
`.snakemake/backups` that is put back when the job fails. Our writing replaces whole files, so the
copies that a killed run leaves behind are of no use, and Snakemake would stumble over them.
"""

import logging
import shutil
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from superanimal_core.jobs.run_owner import LOCKS

BACKUPS = Path(".snakemake/backups")
PRIVATE = ("_clear_cache", "_unmark_incomplete", "_get_key")  # of Snakemake's persistence


def remove_old_backups(study: Path) -> None:
    """Remove the copies of a run that was killed; not while another run holds the study."""
    if not any((study / LOCKS).glob("*.lock")):
        shutil.rmtree(study / BACKUPS, ignore_errors=True)


def keep_to_the_point(logger: logging.Logger) -> None:
    """Snakemake's log without its regret that a result which was never there has no copy."""
    logger.addFilter(lambda record: "no backup found" not in record.getMessage())


def keep_old_records(job: Any, persistence: Any) -> None:
    """Let an old result that is put back keep Snakemake's record of how it was made.

    Snakemake (9.20) writes the record of the job that failed, so that the old result would count as
    that of the new settings, and never be made again. Patches the two classes of Snakemake;
    AttributeError where they have not what that takes.
    """
    for name in PRIVATE:
        getattr(persistence, name)
    has_failed: ContextVar[bool] = ContextVar("has_failed", default=False)
    postprocess, finished = job.postprocess, persistence.finished

    async def postprocess_known(self: Any, *arguments: Any, **options: Any) -> None:
        token = has_failed.set(options.get("error", False))
        try:
            await postprocess(self, *arguments, **options)
        finally:
            has_failed.reset(token)

    async def finished_if_good(self: Any, job: Any) -> None:
        if not has_failed.get():
            await finished(self, job)
            return
        self._clear_cache()
        for path in job.output:
            self._unmark_incomplete(self._get_key(path))

    job.postprocess, persistence.finished = postprocess_known, finished_if_good
