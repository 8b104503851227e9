"""Snakemake's official Slurm executor, made steady: `executor: slurm-steady` in a profile.

It adds three things. Jobs that were cancelled, preempted for good or that vanished are failures, to
be tried again; with the official executor (2.8.0) the run waits for them for ever. Jobs that
outlived a killed Snakemake are adopted by the next one. Jobs of other code or settings that write
the same files are cancelled first. Everything else is the official executor's: `executor: slurm`
stays possible, with the options' prefix changed. See docs/decisions/028-steady-executor.md.

Snakemake finds executors as top-level modules of this name.
"""

import asyncio
import shlex
import time
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from snakemake_executor_plugin_slurm import Executor as OfficialExecutor
from snakemake_executor_plugin_slurm import ExecutorSettings, common_settings
from snakemake_executor_plugin_slurm.utils import get_job_wildcards
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

from superanimal_core.cluster.slurm_adoption import (
    RunningJob,
    comment,
    decide,
    parse_running,
    token,
)
from superanimal_core.cluster.slurm_states import (
    PASSING,
    SUCCEEDED,
    Verdict,
    answer,
    explain,
    read_states,
    verdict,
)

__all__ = ["Executor", "ExecutorSettings", "common_settings"]

LONGEST_PAUSE_S = 60
PAUSE_OF_QUIET = 0.1  # a pause lasts this part of the time in which no job has ended


class Executor(OfficialExecutor):
    """The official executor with other eyes (`check_active_jobs`) and a memory (`run_jobs`)."""

    def __post_init__(self, test_mode: bool = False) -> None:
        super().__post_init__(test_mode)
        self._looks: Counter[str] = Counter()
        self._quiet_since_s = time.monotonic()
        self._outlived: list[RunningJob] | None = None

    def additional_general_args(self) -> str:
        """Inside its job, a Snakemake runs the scripts itself, without a job step for each."""
        return "--executor local"

    def get_partition_arg(self, job: Any) -> str:
        """The partition, and the job's identity: the last `--comment` of a submission counts."""
        identity = comment(_tokens(job), str(self.workflow.workdir_init))
        return f"{super().get_partition_arg(job)} --comment={shlex.quote(identity)}"

    def run_jobs(self, jobs: list[Any]) -> None:
        """Adopts what an earlier run left behind, submits the rest."""
        if self._outlived is None:
            listing = answer(["squeue", "--me", "--noheader", "-o", "%i|%j|%Z|%k"]) or ""
            self._outlived = parse_running(listing, str(self.workflow.workdir_init), self.run_uuid)
        super().run_jobs([job for job in jobs if not self._is_adopted(job)])

    def _is_adopted(self, job: Any) -> bool:
        decision = decide(_tokens(job), self._outlived or [])
        for job_id in decision.cancel:
            self.logger.info(f"Slurm job {job_id} of an earlier run is out of date: cancelled.")
            self._forget(job_id)
        if decision.adopt is None:
            return False
        self.logger.info(f"Job {job.jobid} is Slurm job {decision.adopt} of an earlier run.")
        kind = "group" if job.is_group() else "rule"
        log = self.slurm_logdir / f"{kind}_{job.name}" / get_job_wildcards(job)
        log_file = {"slurm_logfile": log / f"{decision.adopt}.log"}
        self.run_job_pre(job)
        self.report_job_submission(SubmittedJobInfo(job, decision.adopt, log_file))
        return True

    def _forget(self, job_id: str) -> None:
        """Cancels a job, so that a second one may write its files."""
        answer(["scancel", job_id])
        self._outlived = [job for job in self._outlived or [] if job.job_id != job_id]

    async def check_active_jobs(
        self, active_jobs: list[SubmittedJobInfo]
    ) -> AsyncGenerator[SubmittedJobInfo, None]:
        """Reports jobs that have ended; yields the others."""
        if not active_jobs:  # also before the official executor is quite made
            self._pause_after(0)
            return
        async with self.status_rate_limiter:
            ids = [str(job.external_jobid) for job in active_jobs]
            states = await asyncio.to_thread(read_states, ids)
        for info, job_id in zip(active_jobs, ids, strict=True):
            if states is None or self._judge(job_id, states[job_id]) is Verdict.WAIT:
                yield info
            else:
                self._quiet_since_s = time.monotonic()
                self._report(info, job_id, states[job_id])
        self._pause_after(time.monotonic() - self._quiet_since_s)

    def _pause_after(self, quiet_s: float) -> None:
        pause_s = min(PAUSE_OF_QUIET * quiet_s, LONGEST_PAUSE_S)
        self.next_seconds_between_status_checks = max(pause_s, self._first_pause_s)

    @property
    def _settings(self) -> Any:
        workflow: Any = self.workflow
        return workflow.executor_settings

    @property
    def _first_pause_s(self) -> int:
        return self._settings.init_seconds_before_status_checks

    def _judge(self, job_id: str, state: str) -> Verdict:
        self._looks[job_id] = self._looks[job_id] + 1 if state in PASSING else 0
        return verdict(state, self._looks[job_id])

    def _report(self, info: SubmittedJobInfo, job_id: str, state: str) -> None:
        log_file: Path = (info.aux or {})["slurm_logfile"]
        if state in SUCCEEDED:
            if not self._settings.keep_successful_logs:
                log_file.unlink(missing_ok=True)
            self.report_job_success(info)
        else:
            self._forget(job_id)
            self.report_job_error(info, msg=explain(job_id, state), aux_logs=[str(log_file)])


def _tokens(job: Any) -> list[str]:
    """One token per run of a rule: several in a group."""
    members = job.jobs if job.is_group() else [job]
    return [
        token(
            each.rule.name, map(str, each.output), map(str, each.input), dict(each.params.items())
        )
        for each in members
    ]
