"""What long work says of itself, and that it is read as it was said."""

import os
import subprocess
import sys

import pytest

from superanimal_core.jobs import log
from superanimal_core.jobs.log import Progress, last_line, log_to, told_progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until a test sets it."""
    now = [100.0]
    monkeypatch.setattr(log.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize(("start", "told"), [(0, "2/s, 250 s"), (600, "0.8/s, 625 s")])
def test_the_rate_is_that_of_this_job_and_not_of_those_before_it(clock, capsys, start, told):
    progress = Progress(1500, "frames", start=start)
    clock[0] += 500
    progress(1000)
    assert capsys.readouterr().err == f"1000/1500 frames, {told} left\n"


def test_a_training_that_goes_on_counts_from_the_first_step_that_it_tells(clock, capsys):
    progress = Progress(1000, "steps")
    clock[0] += 30
    progress(801)
    clock[0] += 30
    progress(802, "loss 1.5")
    assert capsys.readouterr().err == "802/1000 steps, 0.0333/s, 5940 s left loss 1.5\n"


@pytest.mark.parametrize(("done", "total", "seconds"), [(3, 12, 60), (1, 90_000, 3600), (7, 7, 2)])
def test_a_line_of_progress_is_read_as_it_was_told(clock, capsys, done, total, seconds):
    progress = Progress(total, "steps of member-0", start=0)
    clock[0] += seconds
    progress(done, "loss 0.1")
    part, per_s = told_progress(capsys.readouterr().err.strip())
    assert part == pytest.approx(done / total)
    assert per_s == pytest.approx(done / total / seconds, rel=5e-3)  # told in three digits


@pytest.mark.parametrize("line", ["", "going on at frame 7: 2 whole chunks", "3/0 steps, 1/s, 2 s"])
def test_other_lines_tell_no_progress(line):
    assert told_progress(line) == (0.0, 0.0)


def test_the_last_line_is_that_which_says_something(tmp_path):
    (tmp_path / "log").write_text("x" * 9000 + "\nthe last\n\n  \n")
    assert last_line(tmp_path / "log") == "the last"
    (tmp_path / "log").write_text("")
    assert last_line(tmp_path / "log") == ""
    assert last_line(tmp_path / "gone") == ""


def test_the_last_line_is_short_and_harms_no_terminal(tmp_path):
    (tmp_path / "log").write_bytes(b"\x1b[31mred\x1b[0m \x07\xff\n")
    assert last_line(tmp_path / "log") == "red  \ufffd"
    for length in (300, 301):
        (tmp_path / "log").write_text("x" * length)
        assert last_line(tmp_path / "log") == "x" * 300 + "…" * (length > 300)


def test_a_job_that_begins_touches_the_log_of_an_earlier_one(tmp_path):
    path = tmp_path / "log"
    path.write_text("of before")
    os.utime(path, (1, 1))
    if not (child := os.fork()):  # it gives its own output away
        log_to([path])
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert path.read_text() == "of before"
    assert path.stat().st_mtime > 1


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_a_log_is_no_program_and_who_may_read_it_is_the_users_choice(tmp_path, umask, mode):
    if not (child := os.fork()):
        os.umask(umask)
        log_to([tmp_path / "log"])
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert (tmp_path / "log").stat().st_mode & 0o777 == mode


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
@pytest.mark.parametrize(("place", "is_beside"), [("/dev/full", True), ("log", False)])
def test_what_a_full_disk_keeps_out_of_the_log_is_said_beside_it(tmp_path, place, is_beside):
    code = (
        "from superanimal_core.jobs.log import log_to, say_at_last\n"
        f"log_to([{place!r}]); say_at_last('no room')"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stderr == "no room\n" * is_beside
    assert is_beside or (tmp_path / "log").read_text() == "no room\n"
