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
AT_ONCE_S = 5.0  # so soon after a stop ends what ends with it
DEVICE = "computes on "  # the first words of a job with networks


def note_failed(
    folder: str | Path,
    failed: Iterable[Any],
    stopped_s: float | None = None,
    before_stop: Iterable[Any] = (),
) -> None:
    """Note the logs of the jobs (Snakemake's, or groups of them) that a run in `folder` failed in.

    Of a group those that have a log: the others were not begun. Of a run that somebody stopped (at
    `stopped_s`, s since 1970) those that failed `before_stop`, whose last words are an error, or
    that said something else later, since Snakemake may let jobs go on: the rest was ended with it.
    """
    earlier = {id(each) for each in before_stop}

    def is_ended(job: Any, each: Any) -> bool:
        log = Path(folder, str(job.log[0]))
        return stopped_s is not None and _is_ended(log, id(each) in earlier, stopped_s)

    logs = {
        str(job.log[0])
        for each in failed
        for job in getattr(each, "jobs", [each])
        if job.log
        and (job is each or os.path.isfile(Path(folder, str(job.log[0]))))
        and not is_ended(job, each)
    }
    record = json.dumps({"logs": sorted(logs), "stopped_s": stopped_s})
    with replacing(Path(folder) / RECORD) as temporary:
        temporary.write_text(record, encoding="utf-8")


def _is_ended(log: Path, is_earlier: bool, stopped_s: float) -> bool:
    """Whether a job of a run that was stopped only ended with it; SIGTERM leaves no word."""
    last = last_line(log)
    says_something = last and not _is_progress(last)
    is_late = says_something and log.stat().st_mtime > stopped_s + AT_ONCE_S
    return last == INTERRUPTED or not (is_earlier or is_late or ERROR.match(last))


def _is_progress(line: str) -> bool:
    return line.startswith(DEVICE) or told_progress(line) != (0.0, 0.0)


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
        logs, stopped_s = noted["logs"], noted.get("stopped_s")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    logs = [log for log in logs if isinstance(log, str)] if isinstance(logs, list) else []
    is_stopped = isinstance(stopped_s, float)
    ended_s = stopped_s if is_stopped else record.stat().st_mtime
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(ended_s))
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
    if last and not _is_progress(last):
        return last
    said = f"; its last words: {last}" if last else ""
    return f"it ended without an error, as what is killed does; by what, its log does not say{said}"
