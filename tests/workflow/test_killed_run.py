"""A killed run leaves whole files only, and the next one finishes the work."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pandas as pd
import pyarrow.parquet as pq
import pytest
from safetensors.torch import load_file
from tiny_study import (
    add_videos,
    environment,
    planned,
    quality_rows,
    run_snakemake,
    snakemake_command,
)

from superanimal_core.jobs.run_owner import RECORD


@contextmanager
def running_until(path, workflow, study, *arguments):
    """A run whose whole process group stands still as soon as a file appears; killed at the end."""
    run = subprocess.Popen(
        snakemake_command(workflow, study, *arguments),
        env=environment(workflow),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + 240
        while not path.exists():
            assert run.poll() is None, f"the run ended before {path} was there"
            assert time.monotonic() < until
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGSTOP)
        yield run
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def check_whole(results):
    """Every visible file can be read from its beginning to its end."""
    for path in results.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(results).parts)
        if path.is_file() and not hidden:
            if path.suffix == ".parquet":
                pq.read_table(path)
            if path.suffix == ".json":
                json.loads(path.read_text())
            if path.suffix == ".safetensors":
                load_file(path)


@pytest.mark.slow
def test_a_second_run_is_told_whose_lock_it_is_and_how_to_go_on(workflow, fresh_study):
    target = "results/videos/mouse/frames.parquet"
    with running_until(fresh_study / RECORD, workflow, fresh_study, target) as run:
        second = run_snakemake(workflow, fresh_study, target)
    third = run_snakemake(workflow, fresh_study, target)
    for refused, state in ((second, "was stopped"), (third, "has died")):
        assert refused.returncode == 1
        assert f"process {run.pid} on " in refused.stdout
        assert f"which {state}" in refused.stdout
    command = re.search(r"To go on: (snakemake --unlock .+) and start again", third.stdout)[1]
    unlocked = subprocess.run(
        [sys.executable, "-P", "-m", *command.split()],
        env=environment(workflow),
        check=False,
        capture_output=True,
        text=True,
    )
    assert unlocked.returncode == 0
    assert "To go on" not in unlocked.stderr  # it is what is being done
    last = run_snakemake(workflow, fresh_study, target)
    assert last.returncode == 0
    assert "is locked" not in last.stdout
    assert not (fresh_study / RECORD).exists()


@pytest.mark.slow
def test_a_killed_run_leaves_no_half_written_file_and_can_go_on(workflow, study):
    os.link(study / "raw/mouse.mp4", study / "raw/second.mp4")
    add_videos(study, "second")
    folder = study / "results/videos/second"
    for sign in (
        folder / "frames.parquet",
        study / "logs/predict_poses/second.log",
        study / "logs/adapt_to_video/second.log",
        folder / "poses.parquet",
    ):
        with running_until(sign, workflow, study):
            pass
        check_whole(study / "results")
        assert run_snakemake(workflow, study, "--unlock").returncode == 0
    result = run_snakemake(workflow, study)
    assert result.returncode == 0, result.stdout
    check_whole(study / "results")
    assert {row["status"] for row in quality_rows(study).values()} <= {"ok", "flagged"}
    first, second = (
        pd.read_parquet(study / f"results/videos/{video}/poses.parquet")
        for video in ("mouse", "second")
    )
    pd.testing.assert_frame_equal(first, second)  # the same video, in one go and in five
    assert planned(run_snakemake(workflow, study, "-n")) == {}
