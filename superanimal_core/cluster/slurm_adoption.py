"""Jobs that outlived the Snakemake that submitted them: whose work they do, what becomes of them.

Every job carries its identity as its Slurm comment: one token per rule's run in it. A token has two
halves: what is made (rule and output files) and from what (inputs, parameters, code digest). Slurm
takes 1,024 characters; the tokens of a larger batch lie in a file of the study, which is named.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from superanimal_core.tables.atomic import replacing

MARK, KEPT = "superanimal:", "superanimal-kept:"
LONGEST_COMMENT = 1024  # characters, slurmctld's limit
HALF = 10  # hexadecimal digits
JOBS = Path(".snakemake/superanimal-jobs")


@dataclass(frozen=True)
class RunningJob:
    """A job in the queue that an earlier run submitted from the same folder."""

    job_id: str
    tokens: frozenset[str]


@dataclass(frozen=True)
class Decision:
    """`adopt`: the job to wait for instead of submitting, if any; `cancel`: jobs in the way."""

    adopt: str | None
    cancel: tuple[str, ...]


def token(
    rule: str, outputs: Iterable[str], inputs: Iterable[str], params: Mapping[str, object]
) -> str:
    """The identity of one run of a rule. Memory, time and threads are not part of it."""
    made = repr((rule, sorted(outputs)))
    source = repr((sorted(inputs), sorted((k, repr(v)) for k, v in params.items())))
    return "-".join(hashlib.sha256(text.encode()).hexdigest()[:HALF] for text in (made, source))


def comment(tokens: Iterable[str], folder: str | Path) -> str:
    """The Slurm comment of a job with these tokens, submitted from this folder."""
    text = MARK + ",".join(sorted(tokens))
    if len(text) <= LONGEST_COMMENT:
        return text
    name = hashlib.sha256(text.encode()).hexdigest()
    with replacing(Path(folder, JOBS, name)) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return KEPT + name


def parse_running(listing: str, folder: str, own_run: str) -> list[RunningJob]:
    """The earlier runs' jobs in lines `id|name|folder|comment` of squeue."""
    jobs = []
    for line in listing.splitlines():
        job_id, name, where, text = ([*line.split("|", 3), "", "", ""])[:4]
        if where != folder or name == own_run:
            continue
        if text.startswith(KEPT):
            kept = Path(folder, JOBS, text.removeprefix(KEPT).strip())
            text = kept.read_text(encoding="utf-8") if kept.is_file() else ""
        if text.startswith(MARK):
            tokens = frozenset(text.removeprefix(MARK).strip().split(","))
            jobs.append(RunningJob(job_id.strip(), tokens))
    return jobs


def decide(tokens: Iterable[str], running: Iterable[RunningJob]) -> Decision:
    """Adopt a job that does all that is wanted in the same way; cancel what does part of it.

    A job made by other code or settings, or that covers only a part, would write the same files.
    """
    wanted = set(tokens)
    made = {_made(each) for each in wanted}
    in_the_way = []
    for job in running:
        if wanted <= job.tokens:
            return Decision(adopt=job.job_id, cancel=())
        if made & {_made(each) for each in job.tokens}:
            in_the_way.append(job.job_id)
    return Decision(adopt=None, cancel=tuple(in_the_way))


def _made(each: str) -> str:
    return each.split("-", 1)[0]
