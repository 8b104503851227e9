"""Trainings as jobs of submitit on a real Slurm: they go on exactly, and nobody is left alone."""

import multiprocessing
import os
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest
import torch
from test_chain import snakemake
from test_faults import occupy_the_cluster, slurm_says, state_of
from tiny_study import change_setting, write_tiny_study
from toy_runs import wait_until
from trainings import HELD_AT, STEPS, fail, jobs_of, run, train, weights_of

TESTS = Path(__file__).resolve().parents[1]
ENDED = {"", "CANCELLED", "COMPLETED", "FAILED"}
MEMBER = "results/models/mouse/member-0"


class Training:
    """A folder, and the runs that waited for a training in it."""

    def __init__(self, folder):
        self.folder, self.log, self.runs = folder, folder / "log", []

    def start(self, work=train, **changes):
        """A process that does what the rule does."""
        arguments = (partial(work, self.folder), jobs_of(**changes), self.log)
        self.runs.append(multiprocessing.get_context("spawn").Process(target=run, args=arguments))
        self.runs[-1].start()
        return self.runs[-1]

    def steps(self):
        """The steps that were done, of all starts together."""
        file = self.folder / "steps"
        return list(map(int, file.read_text().split())) if file.exists() else []

    def wait_for_step(self, step):
        """Until a step is done. The job's identifier."""
        wait_until(lambda: step in self.steps(), lambda: f"step {step} of {self.told()}")
        return (self.folder / "work/job").read_text()

    def told(self):
        """What is known of the training, for whoever waits for it in vain."""
        job = self.folder / "work/job"
        known = slurm_says("scontrol", "show", "job", job.read_text()) if job.exists() else "no job"
        return f"{self.steps()}\n{known}\n{self.log.read_text() if self.log.exists() else ''}"

    def finish(self):
        """Lets the last run end, which must end well."""
        (self.folder / "go").touch()
        self.runs[-1].join(150)
        assert self.runs[-1].exitcode == 0, self.log.read_text()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """What the training learns when nothing happens."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "go").touch()
    train(folder)
    return weights_of(folder)


@pytest.fixture
def training(slurm, tmp_path, monkeypatch):
    paths = [TESTS, TESTS / "slurm", TESTS / "training", os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, paths)))
    training = Training(tmp_path)
    yield training
    for process in training.runs:
        process.kill()
        process.join()
    subprocess.run(["scancel", "--user", str(os.getuid())], check=False)


def start_again_soon(job):
    """Slurm waits twenty seconds before it starts a requeued job again; here three.

    In the second of its requeue the nodes would still refuse it, as a job that was killed.
    """
    wait_until(lambda: state_of(job) == "PENDING", "the job is requeued")
    slurm_says("scontrol", "update", f"JobId={job}", "StartTime=now+3seconds")


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def assert_went_on(training, job, undisturbed):
    """Started twice as one job, no step lost or done twice, and the weights to the last bit."""
    last = HELD_AT + 1  # the first start may end before it tells of the step that it has kept
    steps = [step for step in training.steps() if step != last]
    assert steps == [step for step in range(1, STEPS + 1) if step != last]
    assert f"restart 1 of job {job}" in training.log.read_text()
    assert f"going on after step {last}" in training.log.read_text()
    assert_same(weights_of(training.folder), undisturbed)


def test_a_job_that_is_told_of_its_end_is_requeued_and_goes_on_exactly(training, undisturbed):
    training.start()
    job = training.wait_for_step(HELD_AT)
    slurm_says("scancel", "--signal=USR2", job)
    start_again_soon(job)
    training.wait_for_step(HELD_AT + 2)
    training.finish()
    assert_went_on(training, job, undisturbed)


def test_a_job_over_its_time_goes_on_exactly(training, undisturbed):
    training.start()
    job = training.wait_for_step(HELD_AT)
    slurm_says("scontrol", "update", f"JobId={job}", "TimeLimit=2")  # the signal comes 90 s before
    wait_until(lambda: state_of(job) == "PENDING", "the job is requeued")
    slurm_says("scontrol", "update", f"JobId={job}", "TimeLimit=5")  # a slow start needs over 30 s
    start_again_soon(job)
    training.wait_for_step(HELD_AT + 2)
    training.finish()
    assert_went_on(training, job, undisturbed)


def test_a_preempted_job_goes_on_exactly(training, undisturbed):
    training.start(slurm={"mem": 2000, "partition": "requeueing"})
    job = training.wait_for_step(HELD_AT)
    other = occupy_the_cluster()
    wait_until(lambda: state_of(other) == "RUNNING", "the preempting job runs")
    slurm_says("scancel", other)
    start_again_soon(job)
    training.wait_for_step(HELD_AT + 2)
    training.finish()
    assert_went_on(training, job, undisturbed)


def test_a_job_that_outlived_its_run_is_adopted(training, undisturbed):
    first = training.start()
    job = training.wait_for_step(HELD_AT)
    first.kill()
    first.join()
    training.start()
    wait_until(lambda: f"waiting for job {job}" in training.log.read_text(), "the job is adopted")
    training.finish()
    assert training.steps() == list(range(1, STEPS + 1))
    assert_same(weights_of(training.folder), undisturbed)


def test_a_run_that_is_told_to_stop_takes_its_job_with_it(training):
    training.start()
    job = training.wait_for_step(HELD_AT)
    training.runs[-1].terminate()
    wait_until(lambda: state_of(job) in ENDED, "the job ends")
    assert state_of(job) in {"", "CANCELLED"}


def test_a_failed_job_fails_the_run_with_its_own_traceback(training):
    process = training.start(fail)
    process.join(150)
    assert process.exitcode == 1
    told = training.log.read_text()
    assert "TrainingError: job" in told
    assert "in fail" in told
    assert f"ValueError: no such animal in {training.folder.name}" in told


@pytest.fixture
def study(slurm, tmp_path):
    """A tiny study whose trainings are jobs of the cluster, and long ones."""
    study = write_tiny_study(tmp_path / "study")
    for key, value in (("where", "slurm"), ("cpus", 1), ("slurm", {"mem": 3000})):
        change_setting(study, f"training_jobs.{key}", value)
    change_setting(study, "training.steps", 10**6)
    yield study
    subprocess.run(["scancel", "--user", str(os.getuid())], check=False)


def jobs_named_in(study):
    """The jobs of trainings that a run has started."""
    return [file.read_text() for file in study.glob("results/models/mouse/.member-0-*/job")]


def log_of(study):
    log = study / "logs/pretrain/mouse-0.log"
    return log.read_text() if log.exists() else ""


def test_a_killed_snakemake_adopts_its_training_and_an_interrupted_one_cancels_it(study):
    killed = snakemake(study, MEMBER)
    try:
        wait_until(lambda: jobs_named_in(study), "a training is submitted")
        (job,) = jobs_named_in(study)
        wait_until(lambda: state_of(job) == "RUNNING", "the training runs")
    finally:
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
    assert state_of(job) == "RUNNING"
    assert snakemake(study, "--unlock").wait(60) == 0
    again = snakemake(study, MEMBER, "--rerun-incomplete")
    try:
        wait_until(lambda: f"waiting for job {job}" in log_of(study), "the training is adopted")
    finally:
        os.killpg(again.pid, signal.SIGINT)  # as Ctrl-C does
    assert again.wait(60) != 0
    wait_until(lambda: state_of(job) in ENDED, "the job ends")
    assert state_of(job) in {"", "CANCELLED"}
    assert not (study / MEMBER).exists()


def test_a_failed_training_fails_its_rule_with_its_own_traceback(study):
    change_setting(study, "training.learning_rate", 1e30)
    assert snakemake(study, MEMBER, "--retries", "0").wait(200) != 0
    assert "TrainingError: the loss became" in log_of(study)
    assert "lower training.learning_rate" in log_of(study)
    assert not (study / MEMBER).exists()
