"""What Slurm says of jobs, and what it means for a job that somebody waits for.

States: the squeue and sacct manual pages, "JOB STATE CODES".
"""

import subprocess
from collections.abc import Iterable
from enum import Enum

ANSWER_WITHIN_S = 60
SUCCEEDED = frozenset({"COMPLETED"})
FAILED = frozenset(
    {"FAILED", "TIMEOUT", "CANCELLED", "OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE", "REVOKED"}
)
GONE = ""  # neither the queue nor the accounting knows the job
# A job that Slurm requeues passes through these; when they last, the job is lost.
PASSING = frozenset({"PREEMPTED", "NODE_FAIL", GONE})
PATIENCE = 3  # looks

HINTS = {
    "OUT_OF_MEMORY": "the next attempt asks for more memory where the profile lets it grow",
    "TIMEOUT": "the next attempt asks for more time where the profile lets it grow",
    "CANCELLED": "somebody or the site cancelled it",
    "PREEMPTED": "Slurm preempted it and did not start it again",
    "NODE_FAIL": "its node failed and Slurm did not start it again",
    GONE: "Slurm no longer knows it",
}


class Verdict(Enum):
    """What to do with a job that is waited for."""

    WAIT = "wait"
    SUCCESS = "success"
    FAILURE = "failure"


def verdict(state: str, looks: int) -> Verdict:
    """What a job's state means. `looks`: how often in a row the state was a passing one."""
    if state in SUCCEEDED:
        return Verdict.SUCCESS
    if state in FAILED or (state in PASSING and looks >= PATIENCE):
        return Verdict.FAILURE
    return Verdict.WAIT


def explain(job_id: str, state: str) -> str:
    """One sentence on a failed job."""
    name = state or "vanished"
    hint = HINTS.get(state)
    return f"Slurm job {job_id}: {name}{f' ({hint})' if hint else ''}."


def parse_states(listing: str) -> dict[str, str]:
    """States by job id from lines `id|STATE`; of `CANCELLED by 1000` only the first word counts."""
    rows = (line.split("|") for line in listing.splitlines() if "|" in line)
    return {row[0].strip(): (row[1].split() or [GONE])[0].rstrip("+") for row in rows}


def read_states(job_ids: Iterable[str]) -> dict[str, str] | None:
    """The state of each job, one question for all. None where Slurm does not answer just now.

    The queue is asked first: it knows of requeued jobs and needs no accounting. Jobs that it has
    forgotten are looked up in the accounting, where there is one.
    """
    wanted = set(job_ids)
    listing = answer(["squeue", "--me", "--array", "--noheader", "--states=all", "-o", "%i|%T"])
    if listing is None:
        return None
    states = parse_states(listing)
    missing = sorted(wanted - states.keys())
    if missing:
        question = ["sacct", "-X", "-n", "-P", "-o", "JobID,State", "-j", ",".join(missing)]
        states |= parse_states(answer(question) or "")
    return {job_id: states.get(job_id, GONE) for job_id in wanted}


def answer(question: list[str]) -> str | None:
    """What a Slurm command prints; None where it fails, is missing or takes too long."""
    try:
        told = subprocess.run(
            question, capture_output=True, text=True, timeout=ANSWER_WITHIN_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return told.stdout if told.returncode == 0 else None
