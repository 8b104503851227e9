"""What went well stays where Snakemake cannot write that it did, and is recorded later."""

import asyncio
import errno
import os
from types import SimpleNamespace

import pytest
from snakemake.jobs import Job
from snakemake.persistence import PersistenceBase
from snakemake.persistence.file import FilePersistence
from snakemake_interface_executor_plugins.settings import ExecMode

from superanimal_core.jobs.old_results import keep_old_records, unrecorded_sentence

MEMBER, TABLE = "results/models/m/member-0", "results/tables/quality.parquet"


class Output(str):
    """A result that is there."""

    async def exists(self):
        return True

    async def mtime(self):
        return SimpleNamespace(local_or_storage=lambda: 1.0)


class Persistence(FilePersistence):
    """Snakemake's own, asked for what jobs make alone; its disk may be full."""

    error: int | None = None

    def _get_key(self, f):
        return str(f)

    def _of_no_matter(self, *_):
        return None

    _code = _input = _log = _params = _conda_env = _software_stack_hash = _of_no_matter

    def _write_record(self, key, record):
        if self.error:
            raise OSError(self.error, os.strerror(self.error), key)
        super()._write_record(key, record)

    def _unmark_incomplete(self, key):
        if self.error == errno.EIO:
            raise OSError(self.error, os.strerror(self.error), key)
        super()._unmark_incomplete(key)

    def are_incomplete(self, *outputs):
        return [path in self._filter_incomplete_keys(outputs) for path in outputs]

    def are_recorded(self, *outputs):
        self._clear_cache()
        return [self._read_record(path) is not None for path in outputs]


class Done(SimpleNamespace):
    """With as much of a job of Snakemake as its record asks for."""

    def __init__(self, *outputs):
        rule = SimpleNamespace(name="pretrain")
        super().__init__(output=[*map(Output, outputs)], input=[], rule=rule)
        self.shellcmd = self.container_img_url = None

    __hash__ = object.__hash__


@pytest.fixture
def told(monkeypatch):
    """What is told by a Snakemake that keeps what went well."""
    monkeypatch.setattr(PersistenceBase, "finished", PersistenceBase.finished)
    monkeypatch.setattr(Job, "postprocess", Job.postprocess)
    said = []
    keep_old_records(Job, PersistenceBase, said.append)
    return said


@pytest.fixture
def persistence(tmp_path):
    workflow = SimpleNamespace(
        dag_settings=SimpleNamespace(max_checksum_file_size=0),
        execution_settings=SimpleNamespace(keep_metadata=True),
        exec_mode=ExecMode.DEFAULT,
    )
    return Persistence(dag=SimpleNamespace(workflow=workflow), path=tmp_path / ".snakemake")


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_what_went_well_is_kept_and_recorded_with_the_next_job(told, persistence, error):
    first, second, third = Done(MEMBER), Done(TABLE), Done("third")
    for job in (first, second, third):
        persistence.started(job)
    persistence.error = error
    asyncio.run(persistence.finished(first))  # where this raises, Snakemake removes the result
    asyncio.run(persistence.finished(second))
    assert [line.partition("): ")[2].partition(". Make")[0] for line in told] == [MEMBER, TABLE]
    assert persistence.are_incomplete(MEMBER, TABLE) == [True, True]  # the next run makes it again
    assert persistence.are_recorded(MEMBER, TABLE) == [False, False]
    asyncio.run(persistence.finished(Done()))  # the rule `all`, which makes nothing
    persistence.error = None
    asyncio.run(persistence.finished(third))
    assert persistence.are_incomplete(MEMBER, TABLE, "third") == [False, False, False]
    assert persistence.are_recorded(MEMBER, TABLE, "third") == [True, True, True]
    assert len(told) == 2


@pytest.mark.parametrize("is_marked", [(True, True), (True, False), (False, True), (False, False)])
def test_what_has_no_mark_goes_where_it_has_no_record(told, persistence, is_marked):
    """A disk that was full at the start, too; the next run would take such a result for done."""
    both = Done(MEMBER, TABLE)
    assert persistence.are_incomplete(*both.output) == [False, False]
    persistence.started(
        Done(*(o for o, is_it in zip(both.output, is_marked, strict=True) if is_it))
    )
    persistence.error = errno.ENOSPC
    if all(is_marked):
        asyncio.run(persistence.finished(both))
    else:
        with pytest.raises(OSError, match="No space left"):
            asyncio.run(persistence.finished(both))
    assert len(told) == all(is_marked)
    persistence.error = None
    asyncio.run(persistence.finished(Done("third")))
    assert persistence.are_recorded(MEMBER, TABLE) == [all(is_marked)] * 2


def test_with_room_nothing_is_said(told, persistence):
    persistence.started(Done(MEMBER))
    asyncio.run(persistence.finished(Done(MEMBER)))
    assert persistence.are_recorded(MEMBER) == [True]
    assert told == []


def test_the_sentence_says_what_is_kept_why_and_what_to_do(tmp_path):
    full = OSError(errno.ENOSPC, "No space left on device")
    told = unrecorded_sentence([MEMBER, TABLE], tmp_path, full)
    assert told.startswith(f"kept, but Snakemake cannot note in {tmp_path} that these went well (")
    assert f" MB are free): {MEMBER}, {TABLE}. Make room while this run goes on" in told
    assert told.endswith("otherwise the next run makes these again")
    one = unrecorded_sentence([MEMBER], tmp_path / "gone", full)
    assert f"that this went well (No space left on device): {MEMBER}. Make" in one
