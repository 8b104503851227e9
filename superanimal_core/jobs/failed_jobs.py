"""Which jobs the last run of a study ended without, for whoever asks later.

Snakemake knows it at a run's end, but its log has it only where it is not told to be quiet. A job
that was tried again with success is no failed one, and videos that failed are results.
"""

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from superanimal_core.jobs.log import last_line, told_progress
from superanimal_core.tables.atomic import replacing

RECORD = Path(".snakemake/superanimal-failed.json")
SHOWN = 10
INTERRUPTED = "interrupted"  # the last word of a job that was ended
DEVICE = "computes on "  # the first words of a job with networks


def note_failed(folder: str | Path, failed: Iterable[Any], is_stopped: bool = False) -> None:
    """Note the logs of the jobs (Snakemake's, or groups of them) that a run in `folder` failed in.

    Of a group those that have a log: the others were not begun. Of a run that somebody stopped
    those that were not ended with it.
    """
    logs = {
        str(job.log[0])
        for each in failed
        for job in getattr(each, "jobs", [each])
        if job.log and (job is each or os.path.isfile(Path(folder, str(job.log[0]))))
    }
    if is_stopped:
        logs = {log for log in logs if last_line(Path(folder, log)) not in ("", INTERRUPTED)}
    with replacing(Path(folder) / RECORD) as temporary:
        temporary.write_text(json.dumps({"logs": sorted(logs)}), encoding="utf-8")


def forget_failed(folder: str | Path) -> None:
    """A new run has begun."""
    (Path(folder) / RECORD).unlink(missing_ok=True)


def failed_lines(folder: str | Path) -> list[str]:
    """When the last run ended, and each failed job's log with its last line, ten at most."""
    record = Path(folder) / RECORD
    try:
        logs = json.loads(record.read_text(encoding="utf-8"))["logs"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    logs = [log for log in logs if isinstance(log, str)] if isinstance(logs, list) else []
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.stat().st_mtime))
    told = [f"  {log}: {_end_of(Path(folder) / log)}" for log in logs[:SHOWN]]
    more = [f"  and {len(logs) - SHOWN} more"] if len(logs) > SHOWN else []
    head = f"the last run ended at {when} with jobs that failed; the next one makes them again:"
    return [head, *told, *more] if logs else []


def _end_of(log: Path) -> str:
    """The last words of a failed job; where these are no error, what that means."""
    if not os.path.isfile(log):
        return "it left no log"
    last = last_line(log)
    is_progress = last.startswith(DEVICE) or told_progress(last) != (0.0, 0.0)
    if last and not is_progress:
        return last
    said = f"; its last words: {last}" if last else ""
    return f"it ended without an error, as what is killed does; by what, its log does not say{said}"
