"""The scheduler's looks do not multiply, and none is lost."""

import subprocess
import sys
import threading
import time

import pytest
from snakemake.scheduling.job_scheduler import JobScheduler

from superanimal_core.cluster.quiet_scheduler import REQUEST, wake_scheduler_once

JOBS = 30
SNAKEFILE = f"""
from snakemake.scheduling.job_scheduler import JobScheduler
from superanimal_core.cluster.quiet_scheduler import REQUEST, wake_scheduler_once
if config["quiet"]:
    wake_scheduler_once(JobScheduler)
asked = getattr(JobScheduler, REQUEST)
def ask(scheduler, delay):
    with open("looks", "a") as looks:
        looks.write("x")
    asked(scheduler, delay)
setattr(JobScheduler, REQUEST, ask)

rule all:
    input: expand("{{n}}", n=range({JOBS}))

rule one:
    output: "{{n}}"
    shell: "sleep 0.5; touch {{output}}"
"""


class Scheduler:
    """What of the scheduler matters here."""

    def __init__(self):
        self._open_jobs = threading.Semaphore(0)

    def _schedule_reevalutation(self, delay):
        raise AssertionError("replaced")


def test_requests_while_one_is_pending_wake_once_and_later_ones_again():
    wake_scheduler_once(Scheduler)
    scheduler = Scheduler()
    for _ in range(2):
        for _ in range(50):
            scheduler._schedule_reevalutation(0.05)
        assert scheduler._open_jobs.acquire(timeout=600)
        assert not scheduler._open_jobs.acquire(timeout=0.2)


def test_a_look_can_ask_again_as_soon_as_it_was_woken():
    """The chain of wake, look, ask never breaks."""
    wake_scheduler_once(Scheduler)
    scheduler = Scheduler()
    for _ in range(200):
        scheduler._schedule_reevalutation(0.001)
        assert scheduler._open_jobs.acquire(timeout=600)


def test_a_class_without_such_requests_stays_as_it_is():
    class Other:
        pass

    wake_scheduler_once(Other)
    assert not hasattr(Other, REQUEST)


def test_snakemake_still_asks_in_this_way():
    assert hasattr(JobScheduler, REQUEST)


@pytest.mark.slow
@pytest.mark.parametrize("quiet", [True, False])
def test_looks_of_a_real_run_multiply_only_without_it(tmp_path, quiet):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    command = [sys.executable, "-m", "snakemake", "--cores", "10", "--config", f"quiet={quiet}"]
    command += ["--max-jobs-per-timespan", "4/1s"]
    start_s = time.monotonic()
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=600)
    assert all((tmp_path / str(n)).exists() for n in range(JOBS))
    looks = len((tmp_path / "looks").read_text())
    print(f"{JOBS} jobs, one timer: {quiet}: {looks} looks")
    # one for each job that starts or ends and each second; or a chain of them for each job
    assert (looks < 2 * JOBS + time.monotonic() - start_s) == quiet, looks
