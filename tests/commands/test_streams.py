"""What a shell takes away from a command: where it prints, and the folder that it is in."""

import errno
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from superanimal_core.commands import room
from superanimal_core.commands.room import told_full
from superanimal_core.jobs.full_disk import NO_ROOM

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = f"{shlex.quote(sys.executable)} -P -m superanimal_core"


def ended(script, folder, program=PROGRAM):
    """A shell's script, in a folder, with `$0` for the program."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    shell = ["sh", "-c", script.replace("$0", program)]
    return subprocess.run(
        shell, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def study(tmp_path):
    (tmp_path / "study/config").mkdir(parents=True)
    (tmp_path / "study/config/config.yaml").write_text(
        "models: { mouse: { space: superanimal_topviewmouse, seeds: [0] } }\n"
    )
    (tmp_path / "study/config/videos.tsv").write_text("path\nm1.mp4\n")
    return tmp_path / "study"


@pytest.mark.parametrize("command", ["status", "check", "run", "why"])
def test_a_folder_that_was_deleted_is_told(study, tmp_path, command):
    (tmp_path / "gone").mkdir()
    study = f"{study} m1" if command == "why" else study
    told = ended(f"rmdir ../gone; $0 {command} {study}", tmp_path / "gone")
    assert told.returncode == 1
    assert told.stderr.splitlines() == [
        f"{command}: the folder that you are in is gone or closed (No such file or directory); "
        "go into another: cd"
    ]


@pytest.mark.parametrize("closed", [">&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_what_is_closed_changes_nothing(study, closed):
    good = ended("$0 status .", study)
    assert (good.returncode, good.stderr) == (0, "")
    told = ended(f"$0 status . {closed}", study)
    assert told.returncode == 0
    assert "Traceback" not in told.stderr
    assert told.stdout == ("" if ">&-" in closed else good.stdout)


def test_what_is_closed_is_open_for_what_a_command_starts(tmp_path):
    """Else the next file that it opens would be its output."""
    script = (
        "from superanimal_core.commands.streams import open_closed_streams; import os, sys; "
        "open_closed_streams(); print('nothing'); sys.stdout.flush(); "
        "os.execv(sys.executable, [sys.executable, '-c', 'import os, sys; "
        'sys.stderr.write(os.readlink("/proc/self/fd/1") + str(sys.stdout is None))\'])'
    )
    told = ended(f"$0 -c {shlex.quote(script)} >&-", tmp_path, shlex.quote(sys.executable))
    assert told.stderr == f"{os.devnull}False"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
def test_a_full_disk_takes_no_words_and_is_told(study):
    told = ended("$0 status . > /dev/full", study)
    assert told.returncode == 1
    assert told.stderr.splitlines() == [
        "status: what it prints or writes could not be written: No space left on device; make "
        "room and try again"
    ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
@pytest.mark.parametrize("command", ["status .", "why . nobody"])
def test_where_not_even_a_mistake_can_be_told_a_command_ends_as_after_one(study, command):
    told = ended(f"$0 {command} > /dev/full 2>&1; echo $? > code", study)
    assert (told.stdout, told.stderr) == ("", "")
    assert (study / "code").read_text() == "1\n"


@pytest.mark.parametrize("number", sorted(NO_ROOM))
def test_a_file_that_does_not_fit_is_named_with_what_is_free(tmp_path, monkeypatch, number):
    monkeypatch.chdir(tmp_path)
    error = OSError(number, os.strerror(number), "new/poses.csv")
    told = told_full(error, ".")
    begun = f"{tmp_path}/new/poses.csv could not be written ({os.strerror(number)}): "
    assert re.fullmatch(
        re.escape(begun)
        + r"[0-9.]+ MB are free \(or a quota is used up\); make room and try again",
        told,
    )


@pytest.mark.parametrize("full", ["results", ".", "here", "temporary", "other"])
def test_a_write_names_no_file_and_the_full_disk_is_found(study, tmp_path, monkeypatch, full):
    """One that only may not be written is none."""
    for folder in (here := tmp_path / "here", study / "results", tmp_path / "temporary"):
        folder.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    places = {"here": here, "temporary": tmp_path / "temporary"}
    at, tried = places.get(full, (study / full).resolve()), []

    def take(*, dir):
        tried.append(dir)
        if dir == at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(room, "TemporaryFile", take)
    told = told_full(OSError(errno.ENOSPC, "No space left on device"), str(study))
    if full == "other":
        assert told.startswith("what it prints or writes could not be written: No space left")
        assert len(tried) == 4
    else:
        assert told.startswith(f"the disk of {at} is full: ")
    assert told.endswith("; make room and try again")
