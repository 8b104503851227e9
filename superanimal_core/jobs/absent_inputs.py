"""A video that is moved or renamed while a run goes on is the matter of its own jobs.

Snakemake waits some seconds for an input that is away, and then ends the whole run. Inputs that
count by what they hold are the user's own files: a job that misses one says which, and where it is
a video, that video fails and the others go on.
"""

from collections.abc import Callable, Iterable
from typing import Any

FLAG = "sourcecache_entry"


def leave_absence_to_jobs(jobs: Any, is_flagged: Callable[[Any, str], bool]) -> None:
    """Let Snakemake wait for other inputs alone. Patches its module of jobs; AttributeError."""
    wait = jobs.wait_for_files

    async def wait_for_others(files: Iterable[Any], *arguments: Any, **options: Any) -> None:
        await wait([f for f in files if not is_flagged(f, FLAG)], *arguments, **options)

    jobs.wait_for_files = wait_for_others
