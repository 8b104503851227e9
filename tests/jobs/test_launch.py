import multiprocessing
import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest
import torch.distributed as dist

from superanimal_core.errors import TrainingError
from superanimal_core.jobs import launch
from superanimal_core.jobs.launch import run_training
from superanimal_core.settings import TrainingJobSettings


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """The functions here are known to the processes of a job."""
    folders = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(folders))


def jobs_of(**changes):
    settings = {
        "where": "local",
        "nodes": 1,
        "processes": 1,
        "gpus": False,
        "cpus": 1,
        "minutes": 5,
        "requeues": 2,
        "slurm": {},
        "checkpoint_minutes": 10,
    }
    return TrainingJobSettings(**(settings | changes))


def write_place(folder):
    """Say who did the work."""
    rank = dist.get_rank() if dist.is_initialized() else 0
    count = dist.get_world_size() if dist.is_initialized() else 1
    print(f"process {rank} of {count} works")
    (folder / f"done-{rank}").write_text(str(os.getpid()))


def fail(folder):
    raise ValueError("no such animal")


def die(folder):
    os.kill(os.getpid(), signal.SIGKILL)


def wait_for_go(folder):
    with (folder / "starts").open("a") as starts:
        starts.write(f"{os.getpid()}\n")
    while not (folder / "go").exists():
        time.sleep(0.05)


def wait_and_see(folder, jobs):
    run_training(partial(wait_for_go, folder), folder / "work", jobs)


def wait_in_background(folder, jobs):
    """As a background process of a shell script, which ignores interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wait_and_see(folder, jobs)


def until(condition, seconds=600):  # only against hanging: machines may be busy
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_without_a_job_the_work_is_done_here(tmp_path):
    run_training(partial(write_place, tmp_path), tmp_path / "work", jobs_of(where="here"))
    assert (tmp_path / "done-0").read_text() == str(os.getpid())
    assert not (tmp_path / "work").exists()


def test_two_processes_of_a_job_form_a_group_and_their_log_is_shown(tmp_path, capsys):
    run_training(partial(write_place, tmp_path), tmp_path / "work", jobs_of(processes=2))
    assert (tmp_path / "done-0").read_text() != (tmp_path / "done-1").read_text()
    assert "process 0 of 2 works" in capsys.readouterr().err


def test_a_failed_job_fails_with_its_own_traceback(tmp_path):
    with pytest.raises(TrainingError, match=r"(?s)in fail.*ValueError: no such animal"):
        run_training(partial(fail, tmp_path), tmp_path / "work", jobs_of())


def test_a_job_that_dies_without_a_word_is_noticed(tmp_path):
    with pytest.raises(TrainingError, match=r"job \d+ was killed.*_0_log.err"):
        run_training(partial(die, tmp_path), tmp_path / "work", jobs_of())


@pytest.fixture
def waiting(tmp_path):
    """A process that waits for a job of its own, and the folder."""
    run = multiprocessing.get_context("spawn").Process(
        target=wait_in_background, args=(tmp_path, jobs_of())
    )
    run.start()
    until((tmp_path / "work/job").exists)
    until((tmp_path / "starts").exists)
    yield run, tmp_path
    (tmp_path / "go").touch()
    run.join()


def test_a_job_that_outlived_its_run_is_adopted(waiting, capsys):
    run, folder = waiting
    run.kill()
    run.join()
    (folder / "go").touch()
    wait_and_see(folder, jobs_of())
    assert "which an earlier run started" in capsys.readouterr().out
    assert len((folder / "starts").read_text().splitlines()) == 1


def test_a_run_that_is_told_to_stop_takes_its_job_with_it(waiting):
    run, folder = waiting
    job_id = (folder / "work/job").read_text()
    assert launch._state("local", job_id) == "RUNNING"
    run.terminate()
    run.join()
    until(lambda: launch._is_over(launch._state("local", job_id)))
    assert not Path(folder / "go").exists()


def tell_to_requeue(folder):
    """As a training does: note a signal, finish the step, hand the signal on."""
    from superanimal_core.jobs.training_checkpoints import folder_checkpoints

    with (folder / "starts").open("a") as starts:
        starts.write("start\n")
    if len((folder / "starts").read_text().splitlines()) > 1:
        return
    with folder_checkpoints(folder, minutes=1e9) as checkpoints:
        os.kill(os.getpid(), signal.SIGUSR2)
        assert checkpoints.is_due()
        checkpoints.written()


@pytest.mark.slow
def test_a_preempted_job_starts_again(tmp_path):
    run_training(partial(tell_to_requeue, tmp_path), tmp_path / "work", jobs_of())
    assert (tmp_path / "starts").read_text().splitlines() == ["start", "start"]
