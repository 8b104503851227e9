"""Which jobs the last run of a study ended without, for whoever asks later.

Snakemake knows it at a run's end, but its log has it only where it is not told to be quiet. A job
that was tried again with success is no failed one, and videos that failed are results.
"""

import json
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from superanimal_core.jobs.log import last_line, told_progress
from superanimal_core.tables.atomic import replacing

RECORD = Path(".snakemake/superanimal-failed.json")
SHOWN = 10
INTERRUPTED = "interrupted"  # the last word of a job that was ended
ERROR = re.compile(r"[\w.]*(Error|Exception)(:|$)")  # the last line of a traceback
DEVICE = "computes on "  # the first words of a job with networks


def note_failed(
    folder: str | Path,
    failed: Iterable[Any],
    is_stopped: bool = False,
    before_stop: Iterable[Any] = (),
) -> None:
    """Note the logs of the jobs (Snakemake's, or groups of them) that a run in `folder` failed in.

    Of a group those that have a log: the others were not begun. Of a run that somebody stopped
    those that failed `before_stop`, or whose last words are an error: the rest was ended with it.
    """
    earlier = {id(each) for each in before_stop}
    logs = {
        str(job.log[0])
        for each in failed
        for job in getattr(each, "jobs", [each])
        if job.log
        and (job is each or os.path.isfile(Path(folder, str(job.log[0]))))
        and not (is_stopped and _is_ended(Path(folder, str(job.log[0])), id(each) in earlier))
    }
    record = json.dumps({"logs": sorted(logs), "stopped": is_stopped})
    with replacing(Path(folder) / RECORD) as temporary:
        temporary.write_text(record, encoding="utf-8")


def _is_ended(log: Path, is_earlier: bool) -> bool:
    """Whether a job of a run that was stopped only ended with it; SIGTERM leaves no word."""
    last = last_line(log)
    return last == INTERRUPTED or not (is_earlier or ERROR.match(last))


def forget_failed(folder: str | Path) -> None:
    """A new run has begun."""
    (Path(folder) / RECORD).unlink(missing_ok=True)


def failed_lines(folder: str | Path) -> list[str]:
    """How and when the last run ended, and each failed job's log with its last line, ten at most.

    Nothing of a run in which no job failed and that nobody stopped.
    """
    record = Path(folder) / RECORD
    try:
        noted = json.loads(record.read_text(encoding="utf-8"))
        logs, is_stopped = noted["logs"], noted.get("stopped") is True
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    logs = [log for log in logs if isinstance(log, str)] if isinstance(logs, list) else []
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.stat().st_mtime))
    told = [f"  {log}: {_end_of(Path(folder) / log)}" for log in logs[:SHOWN]]
    more = [f"  and {len(logs) - SHOWN} more"] if len(logs) > SHOWN else []
    with_failed = "with jobs that failed; the next one makes them again:"
    if is_stopped:
        stopped = f"the last run was stopped at {when}"
        head = f"{stopped}, {with_failed}" if logs else f"{stopped}; the next one goes on"
        return [head, *told, *more]
    return [f"the last run ended at {when} {with_failed}", *told, *more] if logs else []


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
