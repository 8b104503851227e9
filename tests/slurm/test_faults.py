"""What can happen to a job on a cluster, on a real Slurm: nothing is lost, nothing runs twice."""

import os
import shutil
import signal
import subprocess

import cluster
import pytest
from toy_runs import wait_until


def slurm_says(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def state_of(job):
    return slurm_says("squeue", "--noheader", "--states=all", "-j", job, "-o", "%T").strip()


def occupy_the_cluster():
    """A job that outranks the preemptible partitions, on every CPU. Its identifier."""
    arguments = ("-p", "main", "--exclusive", "-N", str(cluster.NODES), "-o", "/dev/null")
    return slurm_says("sbatch", "--parsable", *arguments, "--wrap", "sleep 300").strip()


def test_an_undisturbed_job_runs_once(toy):
    run = toy.start()
    toy.wait_for_start()
    toy.let_go()
    assert toy.finish(run) == 0, toy.log()
    assert toy.output() == "0 one\n"
    assert len(toy.starts()) == 1


def assert_a_cancelled_job_is_tried_again(toy):
    run = toy.start()
    toy.wait_for_start()
    slurm_says("scancel", toy.starts()[0][0])
    toy.wait_for_start(2)
    toy.let_go()
    assert toy.finish(run) == 0, toy.log()
    assert "CANCELLED (somebody or the site cancelled it)" in toy.log()
    assert toy.output() == "0 one\n"


def test_a_cancelled_job_is_tried_again(toy):
    assert_a_cancelled_job_is_tried_again(toy)


def put_before_slurm(toy, **programs):
    """Programs that runs find before Slurm's own."""
    folder = toy.folder / "programs"
    folder.mkdir()
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/bash\n{text}\n")
        (folder / name).chmod(0o755)
    toy.path = f"{folder}:{toy.path}"


def test_a_cancelled_job_is_tried_again_where_only_the_accounting_knows_it(toy):
    """No slurmdbd here: squeue forgets ended jobs, and sacct's answers come from the controller."""
    squeue, asked = shutil.which("squeue"), toy.folder / "asked"
    answer = '--noheader --states=all -o "%i|%T by 0" -j "${@: -1}"'
    put_before_slurm(
        toy,
        squeue=f'exec {squeue} "${{@/--states=all/--noheader}}"',
        sacct=f'echo "$@" >> {asked}\nexec {squeue} {answer}',
    )
    assert_a_cancelled_job_is_tried_again(toy)
    assert asked.exists()


def test_a_job_over_its_time_is_given_more(toy):
    (toy.folder / "mischief").write_text("sleep")
    toy.let_go()
    run = toy.start(minutes="1/3/3")
    assert toy.finish(run) == 0, toy.log()
    assert "TIMEOUT (the next attempt asks for more time" in toy.log()
    assert len(toy.starts()) == 2


def test_a_job_over_its_memory_is_given_more(toy):
    (toy.folder / "mischief").write_text("memory")
    toy.let_go()
    run = toy.start(megabytes="450/1500/1500")
    assert toy.finish(run) == 0, toy.log()
    assert len(toy.starts()) == 2


def test_a_job_that_always_fails_ends_the_run_after_its_retries(toy):
    (toy.folder / "mischief").write_text("fail")
    assert toy.finish(toy.start()) != 0
    assert "FAILED" in toy.log()
    assert len(toy.starts()) == 3


def test_a_requeued_job_is_waited_for(toy):
    run = toy.start(partition="requeueing")
    toy.wait_for_start()
    other = occupy_the_cluster()
    wait_until(lambda: state_of(other) == "RUNNING", "the preempting job runs")
    slurm_says("scancel", other)
    toy.wait_for_start(2)
    toy.let_go()
    assert toy.finish(run) == 0, toy.log()
    assert len({job for job, _ in toy.starts()}) == 1  # Slurm's own restart


def test_a_job_preempted_for_good_is_tried_again(toy):
    run = toy.start(partition="cancelling")
    toy.wait_for_start()
    other = occupy_the_cluster()
    wait_until(lambda: state_of(other) == "RUNNING", "the preempting job runs")
    wait_until(lambda: "Slurm job" in toy.log(), "the preempted job is reported")
    slurm_says("scancel", other)
    toy.wait_for_start(2)
    toy.let_go()
    assert toy.finish(run) == 0, toy.log()
    assert len({job for job, _ in toy.starts()}) == 2


def test_a_lost_node(toy, slurm):
    run = toy.start()
    toy.wait_for_start()
    job, process = toy.starts()[0]
    node = slurm_says("squeue", "--noheader", "-j", job, "-o", "%N").strip()
    cluster.kill(slurm, f"slurmd-{node}", signal.SIGKILL)
    os.kill(int(process), signal.SIGKILL)  # a node dies with all that it runs
    subprocess.run(["pkill", "-9", "-f", f"slurmstepd.*{job}"], check=False)
    try:
        wait_until(
            lambda: "DOWN" in slurm_says("scontrol", "show", "node", node), "the node is down"
        )
        toy.wait_for_start(2)
        toy.let_go()
        assert toy.finish(run) == 0, toy.log()
        assert toy.output() == "0 one\n"
    finally:
        cluster.start_node(int(node.removeprefix("n")))


def test_a_drained_node_finishes_its_job(toy):
    run = toy.start()
    toy.wait_for_start()
    node = slurm_says("squeue", "--noheader", "-j", toy.starts()[0][0], "-o", "%N").strip()
    slurm_says("scontrol", "update", f"nodename={node}", "state=drain", "reason=test")
    try:
        toy.let_go()
        assert toy.finish(run) == 0, toy.log()
        assert len(toy.starts()) == 1
    finally:
        slurm_says("scontrol", "update", f"nodename={node}", "state=resume")


def test_a_restarted_controller(toy, slurm):
    """It is away until the run has asked in vain."""
    squeue, unanswered = shutil.which("squeue"), toy.folder / "unanswered"
    put_before_slurm(toy, squeue=f'{squeue} "$@" || {{ echo >> {unanswered}; exit 1; }}')
    run = toy.start()
    toy.wait_for_start()
    cluster.kill(slurm, "slurmctld")
    try:
        wait_until(unanswered.exists, "a question without an answer")
        toy.let_go()
    finally:
        cluster.start_controller(forget=False)
    assert toy.finish(run) == 0, toy.log()
    assert len(toy.starts()) == 1


@pytest.mark.parametrize("grouped", ["no", "yes"])
def test_jobs_that_outlive_a_killed_snakemake_are_adopted(toy, grouped):
    first = toy.start(jobs=2, grouped=grouped, components=2)
    toy.wait_for_start()
    toy.kill(first)
    assert toy.finish(toy.start("--unlock", jobs=2, grouped=grouped, components=2)) == 0
    second = toy.start(jobs=2, grouped=grouped, components=2)
    wait_until(lambda: "of an earlier run." in toy.log(), "the job is adopted")
    toy.let_go()
    assert toy.finish(second) == 0, toy.log()
    for number in range(2):
        assert toy.output(number) == f"{number} one\n"
        assert len(toy.starts(number)) == 1


@pytest.mark.parametrize("grouped", ["no", "yes"])
def test_jobs_of_other_settings_are_cancelled_not_adopted(toy, grouped):
    first = toy.start(grouped=grouped)
    toy.wait_for_start()
    old = toy.starts()[0][0]
    toy.kill(first)
    assert toy.finish(toy.start("--unlock", grouped=grouped)) == 0
    second = toy.start(grouped=grouped, code="two")
    toy.wait_for_start(2)
    assert state_of(old) in {"CANCELLED", "COMPLETING"}
    toy.let_go()
    assert toy.finish(second) == 0, toy.log()
    assert toy.output() == "0 two\n"
