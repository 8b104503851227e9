"""What we change in Snakemake or use of it beyond what it documents, in one place.

Each name is looked for when it is needed. Where a newer Snakemake has it no more, the run goes on
without what it was for: docs/decisions/053 says what that is, for each.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

from superanimal_core.cluster.quiet_scheduler import wake_scheduler_once
from superanimal_core.jobs.absent_inputs import leave_absence_to_jobs
from superanimal_core.jobs.old_results import keep_old_records, keep_to_the_point
from superanimal_core.jobs.protected_results import tell_protected
from superanimal_core.jobs.stopped import end_beside_the_scheduler
from superanimal_core.jobs.unkept_cache import need_no_cache

MISSING = (ImportError, AttributeError)


def mend_snakemake(logger: logging.Logger) -> None:
    """Apply all changes that this Snakemake has a place for."""
    keep_to_the_point(logger)
    with suppress(*MISSING):
        wake_scheduler_once(_named("snakemake.scheduling.job_scheduler", "JobScheduler"))
    with suppress(*MISSING):
        end_beside_the_scheduler(_named("snakemake.scheduling.job_scheduler", "JobScheduler"))
    with suppress(*MISSING):
        job = _named("snakemake.jobs", "Job")
        persistence = _named("snakemake.persistence", "PersistenceBase")
        keep_old_records(job, persistence, logger.error)
    with suppress(*MISSING):
        need_no_cache(_named("snakemake.persistence", "PersistenceBase"))
    with suppress(*MISSING):
        refusal = _named("snakemake.exceptions", "ProtectedOutputException")
        told = _named("snakemake.exceptions", "WorkflowError")
        tell_protected(_named("snakemake.jobs", "Job"), refusal, told)
    with suppress(*MISSING):
        leave_absence_to_jobs(import_module("snakemake.jobs"), _named("snakemake.io", "is_flagged"))


def input_with_identity(path: str, identity: str) -> Any:
    """An input that counts by its identity; by its date where Snakemake cannot do that."""
    try:
        mark: Callable[[str, str], Any] = _named("snakemake.io", "sourcecache_entry")
    except MISSING:
        return path
    return _named("snakemake.io", "ancient")(mark(path, identity))


def _named(module: str, name: str) -> Any:
    return getattr(import_module(module), name)
