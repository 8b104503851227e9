"""Runs of the toy workflow on the test cluster, and what its jobs noted."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
WITHIN_S = 150


def wait_until(true, what):
    """Waits for something to become true; `what` that is may be asked for only when it did not."""
    deadline = time.monotonic() + WITHIN_S
    while not true():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {WITHIN_S} s: {what() if callable(what) else what}")
        time.sleep(0.2)


class Toy:
    """A folder with the toy workflow: runs of it, and what its jobs noted."""

    def __init__(self, folder):
        self.folder = folder
        self.runs = []
        self.path = os.environ["PATH"]

    def start(self, *arguments, components=1, **settings):
        """Starts a run in the background."""
        defaults = {"jobs": 1, "grouped": "no", "partition": "main", "minutes": "5/5/5"}
        settings = defaults | {"megabytes": "600/900/900", "code": "one"} | settings
        command = [sys.executable, "-P", "-m", "snakemake", "-s", HERE / "toy/Snakefile"]
        command += ["--profile", REPOSITORY / "profiles/slurm-test"]
        command += ["--group-components", f"toy={components}", *arguments]
        command += ["--config", f"python={sys.executable}"]
        command += [f"{key}={value}" for key, value in settings.items()]
        log = (self.folder / f"run-{len(self.runs)}.log").open("w")
        run = subprocess.Popen(
            list(map(str, command)),
            cwd=self.folder,
            env=os.environ | {"PATH": self.path},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self.runs.append(run)
        return run

    def log(self, number=-1):
        """What a run said."""
        return (self.folder / f"run-{range(len(self.runs))[number]}.log").read_text()

    def starts(self, number=0):
        """(Slurm job, process) of every start of a job, in order."""
        file = self.folder / f"starts-{number}"
        return (
            [tuple(line.split()) for line in file.read_text().splitlines()] if file.exists() else []
        )

    def wait_for_start(self, count=1, number=0):
        wait_until(lambda: len(self.starts(number)) >= count, f"start {count} of job {number}")

    def let_go(self):
        """Lets the jobs write their output."""
        (self.folder / "go").touch()

    def finish(self, run):
        """Waits for a run's end. Its exit status."""
        return run.wait(WITHIN_S)

    def kill(self, run):
        """The main process dies at once, its Slurm jobs live on."""
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()

    def output(self, number=0):
        return (self.folder / f"out/{number}.txt").read_text()
