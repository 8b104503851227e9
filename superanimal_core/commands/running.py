"""The jobs that run, from Snakemake's marks of what is not complete, and what their logs say."""

import os
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from superanimal_core.commands import stages
from superanimal_core.jobs.log import last_line, told_progress
from superanimal_core.jobs.run_owner import runs_since

MARKS = Path(".snakemake/incomplete")
FOLLOWS = "@"  # a part of a mark's name that was too long for one
SILENT_S = 30 * 60.0  # then its silence is told; what goes on says a line a minute


@dataclass(frozen=True)
class RunningJob:
    """A job that was started: of which video, or network (model/member), and how far it says it is.

    `said_s` is when its log last grew, None while it waits, as jobs of a cluster do; `part` is the
    part of its work, 0 to 1, that its last line tells, and `per_s` how much of it is done a second.
    """

    rule: str
    of: str
    log: Path
    started_s: float
    said_s: float | None = None
    said: str = ""
    part: float = 0.0
    per_s: float = 0.0

    def silent_s(self, now_s: float) -> float:
        """For how long a job that has begun has said nothing; 0 for one that waits."""
        return max(now_s - self.said_s, 0.0) if self.said_s is not None else 0.0


def now_s_of(study: Path) -> float:
    """Now, by the clock of the study's disk, which may be that of a file server.

    It is asked by a file without a name, which is gone at once; where none can be written, the
    clock of this machine tells.
    """
    try:
        with TemporaryFile(dir=study / MARKS.parent) as asked:
            asked.write(b"?")
            asked.flush()
            return os.fstat(asked.fileno()).st_mtime
    except OSError:
        return time.time()


def running_jobs(study: Path) -> list[RunningJob]:
    """The jobs of the run that goes on, in the order in which they were started; none without one.

    Jobs that make no table of a video and no network are left out: they take seconds. Marks that an
    earlier run left when it was ended are no jobs.
    """
    since_s = runs_since(study)
    if since_s is None:
        return []
    begun = ((output, s) for output, s in _marks(study / MARKS) if s >= since_s)
    jobs = [job for output, s in begun if (job := _job(study, output, s))]
    return sorted(jobs, key=lambda job: (job.started_s, job.of))


def _marks(folder: Path) -> Iterator[tuple[Path, float]]:
    """What is being made, and since when."""
    for mark in folder.rglob("*"):
        parts = mark.relative_to(folder).parts
        try:
            if mark.is_file():
                name = "".join(part.removeprefix(FOLLOWS) for part in parts)
                yield Path(urlsafe_b64decode(name).decode()), mark.stat().st_mtime
        except (OSError, ValueError):
            continue  # it was made just now, or is no mark


def _job(study: Path, output: Path, started_s: float) -> RunningJob | None:
    """The job that makes an output; None for outputs that are not asked for."""
    of, file = output.parent.name, output.name
    match output.parent.parent:
        case stages.VIDEOS:
            paths = {rule: stages.video_log(rule, of) for rule in stages.rules_that_make(file)}
        case stages.MODELS:
            rules = ("train_detector",) if file == stages.DETECTOR else stages.TRAININGS
            is_network = file == stages.DETECTOR or file.startswith(stages.MEMBER)
            paths = {r: stages.training_log(r, of, file) for r in rules if is_network}
            of = f"{of}/{file}"
        case _:
            paths = {}
    if not paths:
        return None
    paths = {rule: study / path for rule, path in paths.items()}
    there = {rule: path.stat().st_mtime for rule, path in paths.items() if path.is_file()}
    rule = max(there, key=lambda name: there[name], default=next(iter(paths)))
    if there.get(rule, -1.0) < started_s:  # an earlier run's words, or none yet
        return RunningJob(rule, of, paths[rule], started_s)
    said = last_line(paths[rule])
    return RunningJob(rule, of, paths[rule], started_s, there[rule], said, *told_progress(said))
