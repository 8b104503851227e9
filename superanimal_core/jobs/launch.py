"""Where a training runs: in this process, or as a job of submitit that this process waits for.

The job's id is kept beside the checkpoints. A run that starts again adopts a job that still works;
when this process is told to stop, it cancels the job first.
"""

import os
import pickle
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import submitit
from submitit.core.utils import JobPaths
from submitit.helpers import clean_env

from superanimal_core.cluster.slurm_states import (
    GONE,
    PATIENCE,
    Verdict,
    answer,
    explain,
    read_states,
    verdict,
)
from superanimal_core.errors import TrainingError
from superanimal_core.jobs.member_training import MemberTraining
from superanimal_core.jobs.training_job import TrainingJob
from superanimal_core.jobs.work_folder import remove_work_folders
from superanimal_core.settings import TrainingJobSettings
from superanimal_core.tables.atomic import replacing

LOOK_EVERY_S = {"local": 0.2, "slurm": 5.0}
LAST_LOOKS = 4  # the result of a finished job may come late over a network file system
JOB = "job"


def train_member(
    snakemake: Any, record: Mapping[str, Any], train: Callable[[MemberTraining], None]
) -> None:
    """The member that a rule makes, by `train`, where the settings say."""
    jobs = TrainingJobSettings(**snakemake.config["training_jobs"])
    threads = snakemake.threads if jobs.where == "here" else jobs.cpus
    call = MemberTraining.of_job(snakemake, record, threads, jobs.checkpoint_minutes)
    run_training(partial(train, call), call.work_folder, jobs)
    remove_work_folders(Path(call.member))


def run_training(work: Callable[[], None], folder: Path, jobs: TrainingJobSettings) -> None:
    """Do the work where the settings say; returns when it is done.

    `folder` is the work folder of the training, which all machines see. TrainingError with the
    job's own traceback when it failed, with what Slurm says when it vanished.
    """
    if jobs.where == "here":
        work()
        return
    noted = folder / JOB
    job_id = noted.read_text(encoding="utf-8") if noted.exists() else ""
    if job_id and not _is_over(_state(jobs.where, job_id)):
        print(f"waiting for job {job_id}, which an earlier run started", flush=True)
    else:
        job_id = _submit(work, folder, jobs)
        with replacing(noted) as temporary:
            temporary.write_text(job_id, encoding="utf-8")
    with _cancelled_with_us(jobs.where, job_id):
        _wait_for(folder, job_id, jobs)
    noted.unlink()


def _submit(work: Callable[[], None], folder: Path, jobs: TrainingJobSettings) -> str:
    executor: Any = submitit.AutoExecutor(
        folder, cluster=jobs.where, slurm_max_num_timeout=jobs.requeues
    )
    executor.update_parameters(
        name="train",
        nodes=jobs.nodes,
        tasks_per_node=jobs.processes,
        cpus_per_task=jobs.cpus,
        gpus_per_node=jobs.processes if jobs.gpus else 0,
        timeout_min=jobs.minutes,
        slurm_additional_parameters=jobs.slurm,
    )
    with clean_env(), _heard_interrupts():
        job = executor.submit(TrainingJob(work, jobs.nodes * jobs.processes, jobs.gpus))
    print(f"started job {job.job_id} ({jobs.where})", flush=True)
    return job.job_id


def _wait_for(folder: Path, job_id: str, jobs: TrainingJobSettings) -> None:
    """Shows the log of a job until it has ended well. TrainingError when it has not."""
    paths = [JobPaths(folder, job_id, rank) for rank in range(jobs.nodes * jobs.processes)]
    shown = {paths[0].stdout: 0, paths[0].stderr: 0}
    looks, is_done = 0, False
    while not is_done:
        time.sleep(LOOK_EVERY_S[jobs.where])
        looks = looks + 1 if _is_over(state := _state(jobs.where, job_id)) else 0
        ended = [path for path in paths if path.result_pickle.exists()]
        is_done = len(ended) == len(paths)
        shown = {path: _show(path, start) for path, start in shown.items()}
        if traces := [trace for path in ended if (trace := _trace(path))]:
            raise TrainingError(f"job {job_id} failed:\n{traces[0]}")
        if looks > LAST_LOOKS and not is_done:
            said = f"job {job_id} was killed."
            if jobs.where == "slurm":
                said = explain(job_id, state or GONE)
            raise TrainingError(f"{said} Its log: {paths[0].stderr}")


def _trace(path: JobPaths) -> str:
    """The traceback of a process that has ended; nothing where it ended well."""
    outcome, value = pickle.loads(path.result_pickle.read_bytes())  # written by our own job
    return str(value) if outcome == "error" else ""


def _show(path: Path, start: int) -> int:
    """Print what was added to a log; where it ends now."""
    if not path.exists():
        return start
    with path.open("rb") as log:
        log.seek(start)
        sys.stderr.write(log.read().decode(errors="replace"))
        sys.stderr.flush()
        return log.tell()


def _state(where: str, job_id: str) -> str | None:
    """The state of a job in Slurm's words. None where Slurm does not answer just now."""
    if where == "slurm":
        return (read_states([job_id]) or {}).get(job_id)
    command = answer(["ps", "-p", job_id, "-o", "command="]) or ""
    return "RUNNING" if "submitit" in command else GONE


def _is_over(state: str | None) -> bool:
    return state is not None and verdict(state, looks=PATIENCE) is not Verdict.WAIT


def _cancel(where: str, job_id: str) -> None:
    if where == "slurm":
        answer(["scancel", job_id])
    elif not _is_over(_state(where, job_id)):
        os.kill(int(job_id), signal.SIGINT)  # submitit's own way to stop all its processes


@contextmanager
def _heard_interrupts() -> Iterator[None]:
    """What is started here can be interrupted, which is how a local job is cancelled.

    Shell scripts let their background processes ignore SIGINT, and so would all that these start.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _cancelled_with_us(where: str, job_id: str) -> Iterator[None]:
    """What ends this process early cancels the job; its last checkpoint stays."""

    def stop(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = {n: signal.signal(n, stop) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    except BaseException:
        _cancel(where, job_id)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
