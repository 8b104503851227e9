"""What is noted of jobs that failed, and told later."""

import os
import time
from types import SimpleNamespace

import pytest

from superanimal_core.jobs.failed_jobs import RECORD, failed_lines, forget_failed, note_failed

PRETRAIN = "logs/pretrain/mouse/member-0.log"


def job(*log):
    return SimpleNamespace(log=list(log))


def test_each_is_told_with_the_last_line_of_its_log_until_a_run_begins(tmp_path):
    log = tmp_path / PRETRAIN
    log.parent.mkdir(parents=True)
    log.write_text("Traceback\nRuntimeError: no room\n\n")
    assert failed_lines(tmp_path) == []
    note_failed(tmp_path, [job(PRETRAIN, "second.log"), job("logs/report.log"), job()])
    head, *told = failed_lines(tmp_path)
    assert head.endswith("with jobs that failed; the next one makes them again:")
    assert told == ["  logs/pretrain/mouse/member-0.log: RuntimeError: no room",
                    "  logs/report.log: it left no log"]  # fmt: skip
    forget_failed(tmp_path)
    forget_failed(tmp_path)
    assert failed_lines(tmp_path) == []


@pytest.mark.parametrize("last", ["", "computes on cpu\n", "200/5000 steps, 3.2/s, 1500 s left\n"])
def test_a_job_that_was_killed_left_no_error(tmp_path, last):
    (tmp_path / "killed.log").write_text(last)
    note_failed(tmp_path, [job("killed.log")])
    [told] = failed_lines(tmp_path)[1:]
    assert "it ended without an error, as what is killed does; by what, its log does not s" in told
    assert "memory" not in told  # a full disk kills, too
    assert told.endswith(last.strip())


@pytest.mark.parametrize("record", ["[]", "null", "{}", '{"logs": null}', '{"logs": "abc"}', "{"])
def test_a_record_of_something_else_tells_nothing(tmp_path, record):
    (tmp_path / RECORD).parent.mkdir()
    (tmp_path / RECORD).write_text(record)
    assert failed_lines(tmp_path) == []


def test_of_a_group_only_what_began_is_told(tmp_path):
    (tmp_path / "begun.log").write_text("killed\n")
    note_failed(tmp_path, [SimpleNamespace(jobs=[job("begun.log"), job("next.log")])])
    assert failed_lines(tmp_path)[1:] == ["  begun.log: killed"]


ENDS = {
    "ours": "the disk of /data is full\n",
    "error": "Traceback\nzmq.error.DiskError: no room\n",
    "exception": "some.Exception\n",
    "interrupted": "RuntimeError: half\ninterrupted\n",
    "silent": "",
    "words": "the detector looked at 38 of 320 frames\n",
    "talks": "the Error: none so far\n",
}  # and one without a log


def test_of_a_run_that_was_stopped_what_ended_with_it_is_no_failed_job(tmp_path):
    """SIGTERM, other than Ctrl-C, leaves the last words that a job said as they are."""
    for name, text in ENDS.items():
        (tmp_path / f"{name}.log").write_text(text)
    jobs = [job(f"{name}.log") for name in (*ENDS, "without")]
    note_failed(tmp_path, jobs, stopped_s=time.time())
    head, *told = failed_lines(tmp_path)
    assert head.startswith("the last run was stopped at ")
    assert head.endswith(", with jobs that failed; the next one makes them again:")
    assert [line.partition(":")[0] for line in told] == ["  error.log", "  exception.log"]
    note_failed(tmp_path, jobs)
    assert len(failed_lines(tmp_path)) == 1 + len(jobs)


@pytest.mark.parametrize(("later_s", "is_told"), [(4.9, False), (5.1, True)])
def test_a_job_that_went_on_after_the_stop_and_then_said_what_is_wrong_failed(
    tmp_path, later_s, is_told
):
    """SIGTERM to the main process alone lets jobs go on, for hours."""
    for name, text in (ENDS | {"progress": "200/5000 steps, 3.2/s, 1500 s left\n"}).items():
        (tmp_path / f"{name}.log").write_text(text)
        os.utime(tmp_path / f"{name}.log", (1e9 + later_s, 1e9 + later_s))
    jobs = [job("ours.log"), job("silent.log"), job("interrupted.log"), job("progress.log")]
    note_failed(tmp_path, jobs, stopped_s=1e9)
    head, *told = failed_lines(tmp_path)
    assert told == ["  ours.log: the disk of /data is full"] * is_told
    assert head.startswith("the last run was stopped at 2001-09-0")


def test_what_failed_before_the_stop_is_a_failed_job_whatever_it_said(tmp_path):
    for name, text in ENDS.items():
        (tmp_path / f"{name}.log").write_text(text)
    jobs = [job(f"{name}.log") for name in (*ENDS, "without")]
    begun = SimpleNamespace(jobs=[job("words.log"), job("next.log")])
    note_failed(tmp_path, [*jobs, begun], stopped_s=time.time(), before_stop=jobs)
    told = "\n".join(failed_lines(tmp_path)[1:])
    assert all(f"  {name}.log: " in told for name in (*ENDS, "without") if name != "interrupted")
    assert "interrupted" not in told
    note_failed(tmp_path, [*jobs, begun], stopped_s=time.time(), before_stop=[begun])
    assert "  words.log: the detector looked" in "\n".join(failed_lines(tmp_path))
    assert "next.log" not in "\n".join(failed_lines(tmp_path))


def test_a_run_that_was_stopped_without_a_failure_says_so_and_nothing_else(tmp_path):
    (tmp_path / "words.log").write_text(ENDS["words"])
    note_failed(tmp_path, [job("words.log")], stopped_s=time.time())
    (line,) = failed_lines(tmp_path)
    assert line.startswith("the last run was stopped at ")
    assert line.endswith("; the next one goes on")


def test_ten_are_told_and_the_rest_is_counted(tmp_path):
    for count, lines in ((10, 11), (11, 12)):
        note_failed(tmp_path, [job(f"{number}.log") for number in range(count)])
        assert len(failed_lines(tmp_path)) == lines
    assert failed_lines(tmp_path)[-1] == "  and 1 more"


def test_a_run_that_failed_before_any_job_tells_no_job(tmp_path):
    note_failed(tmp_path, [])
    assert failed_lines(tmp_path) == []
