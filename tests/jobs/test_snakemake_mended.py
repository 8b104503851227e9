"""A Snakemake without a name that we use is used without it; ours has them all."""

import asyncio
import logging
import os
import sys
import types
from types import SimpleNamespace

import pytest
import snakemake.jobs
from snakemake.exceptions import WorkflowError
from snakemake.io import is_flagged
from snakemake.jobs import Job
from snakemake.persistence import PersistenceBase
from snakemake.scheduling.job_scheduler import JobScheduler

from superanimal_core.cluster import quiet_scheduler
from superanimal_core.jobs import old_results
from superanimal_core.jobs.protected_results import asked_of_owner
from superanimal_core.jobs.snakemake_mended import input_with_identity, mend_snakemake
from superanimal_core.jobs.stopped import END


@pytest.fixture
def without(monkeypatch):
    """Takes a name out of a module or class of Snakemake."""

    def take(module, *path):
        owner = sys.modules[module]
        for name in path[:-1]:
            owner = getattr(owner, name)
        monkeypatch.delattr(owner, path[-1])

    of_records = (PersistenceBase, "finished"), (PersistenceBase, "save_iocache")
    of_jobs = (Job, "postprocess"), (Job, "check_protected_output")
    for owner, name in (*of_jobs, *of_records):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # what is mended is put back
    monkeypatch.setattr(snakemake.jobs, "wait_for_files", snakemake.jobs.wait_for_files)
    request = quiet_scheduler.REQUEST
    for name in (request, END):
        monkeypatch.setattr(JobScheduler, name, getattr(JobScheduler, name))
    return take


@pytest.mark.parametrize("is_identity", [True, False])
def test_snakemake_waits_for_results_and_not_for_videos(without, tmp_path, is_identity):
    mend_snakemake(logger())
    gone = str(tmp_path / "gone.mp4")
    given = input_with_identity(gone, "0123") if is_identity else gone
    waited = snakemake.jobs.wait_for_files([given], latency_wait=0)
    if is_identity:
        asyncio.run(waited)
    else:
        with pytest.raises(OSError, match="Missing files"):
            asyncio.run(waited)


def test_without_the_name_snakemake_waits_for_all(without):
    without("snakemake.jobs", "wait_for_files")
    mend_snakemake(logger())
    assert not hasattr(snakemake.jobs, "wait_for_files")


def test_a_dry_run_needs_no_place_for_its_cache(without, tmp_path):
    class Persistence(PersistenceBase):
        _iocache_filename = str(tmp_path / "read-only/latest.pkl")

        def __init__(self):
            pass

    if "__abstractmethods__" in vars(Persistence):
        Persistence.__abstractmethods__ = frozenset()
    with pytest.raises(FileNotFoundError):
        Persistence().save_iocache()
    mend_snakemake(logger())
    Persistence().save_iocache()


def test_without_the_name_a_dry_run_keeps_its_cache_or_fails(without):
    without("snakemake.persistence", "PersistenceBase", "save_iocache")
    mend_snakemake(logger())
    assert not hasattr(PersistenceBase, "save_iocache")


class Output(str):
    """A result of a job; root may write all, so that it says itself whether it is closed."""

    async def protected(self):
        return self.startswith("closed")


def job_that_makes(*outputs):
    """With as much of a job of Snakemake as its own refusal asks for."""
    job = Job.__new__(Job)
    job.output = [Output(path) for path in outputs]
    job.rule = SimpleNamespace(name="smooth_poses", snakefile="smooth_poses.smk", lineno=3)
    job._wildcards = {"video": "m1"}
    return job


def test_results_that_cannot_be_written_are_told_with_what_to_do(without, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "closed.parquet").touch(0o644)
    mend_snakemake(logger())
    asyncio.run(job_that_makes("open.parquet").check_protected_output())
    with pytest.raises(WorkflowError) as refused:
        asyncio.run(job_that_makes("open.parquet", "closed.parquet").check_protected_output())
    told = str(refused.value)
    assert told.startswith("closed.parquet cannot be written by you, and would be made again by s")
    assert "chmod -R u+w results" in told
    assert "copy the study" in told
    assert "umask" not in told


def test_results_of_another_member_of_a_group_are_told_with_whom_to_ask(
    without, tmp_path, monkeypatch
):
    study = tmp_path / "a study"
    study.mkdir()
    monkeypatch.chdir(study)
    closed = study / "closed.parquet"
    closed.touch()
    closed.chmod(0o644)
    mend_snakemake(logger())
    monkeypatch.setattr(os, "geteuid", lambda: closed.stat().st_uid + 1)
    with pytest.raises(WorkflowError) as refused:
        asyncio.run(job_that_makes("open.parquet", "closed.parquet").check_protected_output())
    told = str(refused.value)
    assert f"closed.parquet is {closed.owner()}'s: ask {closed.owner()} for" in told
    assert f"`chmod -R g+w '{study}'`" in told
    assert "`umask 002`" in told
    assert "u+w" not in told
    elsewhere = tmp_path / "scratch/video"
    elsewhere.mkdir(parents=True)
    (study / "results").symlink_to(tmp_path / "scratch")  # chmod -R of the study follows no link
    (elsewhere / "p.parquet").touch(0o644)
    asked = asked_of_owner(study / "results/video/p.parquet", study)
    assert f"`chmod -R g+w {tmp_path / 'scratch'}`" in asked
    closed.chmod(0o664)  # it is the disk that takes nothing
    assert asked_of_owner(closed, study) == ""
    closed.chmod(0o644)
    monkeypatch.setattr(os, "getgroups", list)
    monkeypatch.setattr(os, "getegid", lambda: closed.stat().st_gid + 1)
    assert asked_of_owner(closed, study) == ""  # a group of which one is not
    monkeypatch.setattr(os, "getgroups", lambda: [closed.stat().st_gid])
    assert asked_of_owner(closed, study)


@pytest.mark.parametrize(
    "names",
    [("snakemake.jobs", "Job", "check_protected_output"),
     ("snakemake.exceptions", "ProtectedOutputException")],
)  # fmt: skip
def test_without_a_name_snakemake_tells_of_them_in_its_own_words(without, names):
    before = Job.check_protected_output
    without(*names)
    mend_snakemake(logger())
    assert getattr(Job, "check_protected_output", before) is before


def logger():
    return logging.Logger("of a run")


def test_all_names_are_there_and_mended(without):
    before = Job.postprocess, PersistenceBase.finished, getattr(JobScheduler, END)
    mend_snakemake(logger())
    assert Job.postprocess is not before[0]
    assert PersistenceBase.finished is not before[1]
    assert getattr(JobScheduler, END) is not before[2]
    assert is_flagged(input_with_identity("raw/v.mp4", "0123"), "sourcecache_entry")


@pytest.mark.parametrize(
    "names",
    [
        ("snakemake.jobs", "Job"),
        ("snakemake.jobs", "Job", "postprocess"),
        ("snakemake.persistence", "PersistenceBase"),
        ("snakemake.persistence", "PersistenceBase", "finished"),
        *(("snakemake.persistence", "PersistenceBase", name) for name in old_results.PRIVATE),
    ],
)
def test_without_a_name_old_records_are_not_kept_and_nothing_breaks(without, names):
    without(*names)
    before = vars(Job).get("postprocess")
    mend_snakemake(logger())
    assert vars(Job).get("postprocess") is before


@pytest.mark.parametrize(
    "names",
    [
        ("snakemake.scheduling.job_scheduler", "JobScheduler"),
        ("snakemake.scheduling.job_scheduler", "JobScheduler", quiet_scheduler.REQUEST),
        ("snakemake.scheduling.job_scheduler", "JobScheduler", END),
    ],
)
def test_without_a_scheduler_to_quiet_the_rest_is_mended(without, names):
    without(*names)
    before = Job.postprocess
    mend_snakemake(logger())
    assert Job.postprocess is not before


def test_without_identities_inputs_count_by_their_dates(without):
    without("snakemake.io", "sourcecache_entry")
    assert input_with_identity("raw/v.mp4", "0123") == "raw/v.mp4"


def test_a_scheduler_without_its_gate_asks_as_it_always_did():
    asked = []
    scheduler = types.new_class("Scheduler")
    setattr(scheduler, quiet_scheduler.REQUEST, lambda own, delay_s: asked.append(delay_s))
    quiet_scheduler.wake_scheduler_once(scheduler)
    getattr(scheduler(), quiet_scheduler.REQUEST)(1.5)
    assert asked == [1.5]
