"""What happens around a script's work; in processes of their own, since steps end theirs."""

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest

from superanimal_core.errors import VideoError
from superanimal_core.jobs.full_disk import full_disk_sentence
from superanimal_core.jobs.shell_limits import limit_of_error
from superanimal_core.jobs.step import step_record
from superanimal_core.tables.contents import DOCUMENT_BYTES, content_digest
from superanimal_core.tables.parquet import (
    raise_failure_in,
    read_parquet,
    read_record,
    write_failure,
)

SCRIPT = """
import os, signal, sys, time
import pyarrow as pa
from superanimal_core.errors import DatasetError, VideoError
from superanimal_core.tables.parquet import read_parquet, write_parquet
from superanimal_core.jobs.step import pass_failure_on, study_step, video_step

class Named(dict):
    __getattr__ = dict.__getitem__
    def __iter__(self):
        return iter(self.values())

class Job:
    rule = "some_rule"
    input = Named(first="in.parquet")
    output = Named(table="out.parquet", folder="out")
    params = Named(code="abc123", sigma=2.5)
    wildcards = Named(video="mouse")
    resources = Named(last_attempt={last_attempt})
    log = ["logs/some_rule/mouse.log"]

snakemake = Job()
{pass_on}
with {step}(snakemake) as record:
    print("said by the script")
    {work}
"""
WRITE = """
    write_parquet(pa.table({"a": [1]}), "out.parquet", record)
    os.mkdir("out")
"""


@pytest.fixture
def start(tmp_path):
    """Start a script around some work in a folder of its own."""

    def begin(work, step="video_step", last_attempt=1, pass_on=""):
        script = SCRIPT.format(work=work, step=step, last_attempt=last_attempt, pass_on=pass_on)
        return subprocess.Popen(
            [sys.executable, "-c", script], cwd=tmp_path, stderr=subprocess.PIPE, text=True
        )

    return begin


@pytest.fixture
def run(start):
    """Run such a script to its end; gives exit status and what it told on the terminal."""

    def finish(*arguments, **keywords):
        process = start(*arguments, **keywords)
        told = process.communicate(timeout=600)[1]
        return process.returncode, told

    return finish


def log_of(folder):
    return (folder / "logs/some_rule/mouse.log").read_text()


def reason_in(folder):
    """The failure that both outputs stand for."""
    failure = read_record(folder / "out.parquet")["failure"]
    with pytest.raises(VideoError) as told:
        raise_failure_in(folder / "out")
    assert (told.value.stage, told.value.reason) == (failure["stage"], failure["reason"])
    return failure["stage"], failure["reason"]


@pytest.mark.parametrize("last_attempt", [0, 1])
def test_good_work_is_recorded_with_what_made_it(tmp_path, run, last_attempt):
    (tmp_path / "in.parquet").write_text("input")
    assert run(WRITE, last_attempt=last_attempt) == (0, "")
    assert read_parquet(tmp_path / "out.parquet")["a"].to_pylist() == [1]
    record = read_record(tmp_path / "out.parquet")
    assert record["rule"] == "some_rule"
    assert record["video"] == "mouse"
    assert record["source_digest"] == "abc123"
    assert record["settings"] == {"sigma": 2.5}
    assert record["inputs"] == {"in.parquet": content_digest(tmp_path / "in.parquet")}
    assert "said by the script" in log_of(tmp_path)


def record_of(*inputs):
    """What a job with these inputs writes into the metadata of its outputs, but for the rest."""
    job = SimpleNamespace(rule="r", params={}, wildcards={}, input=[*map(str, inputs)])
    return step_record(job)["inputs"]


@pytest.mark.parametrize(
    ("size", "is_wider"), [(DOCUMENT_BYTES, False), (DOCUMENT_BYTES + 1, True)]
)
def test_work_on_a_large_video_is_not_taken_for_that_on_its_mended_copy(tmp_path, size, is_wider):
    """Of a smaller one all is read."""
    video = tmp_path / "v.mp4"
    with video.open("wb") as file:
        file.truncate(size)
    digest = content_digest(video)
    before = record_of(video)
    assert (before == {"v.mp4": digest}) is not is_wider
    with video.open("r+b") as file:  # a hundredth, where the digest does not look
        file.seek(size // 4)
        file.write(b"1" * (size // 100))
    assert (content_digest(video) == digest) is is_wider
    assert record_of(video) != before


def test_each_of_several_inputs_of_one_name_counts(tmp_path):
    videos = [tmp_path / f"{day}/v.mp4" for day in ("monday", "tuesday")]
    for video in videos:
        video.parent.mkdir()
        video.write_text("same")
    found = [record_of(*videos)]
    for video in videos:
        video.write_text("another")
        found.append(record_of(*videos))
        assert found[-1] not in found[:-1]


@pytest.mark.parametrize("work", [WRITE, "raise VideoError('probe_video', 'no frame')"])
@pytest.mark.parametrize("last_attempt", [0, 1])
def test_what_was_made_is_on_the_disk_before_the_job_ends(tmp_path, run, work, last_attempt):
    """After a power cut no result is empty that Snakemake was told is done."""
    note = "open('synced', 'a').write(os.readlink(f'/proc/self/fd/{file}') + chr(10))"
    pass_on = f"os.fsync = lambda file: {note}"
    assert run(work, last_attempt=last_attempt, pass_on=pass_on)[0] == 0
    made = [tmp_path / "out.parquet", *(tmp_path / "out").rglob("*")]
    assert (tmp_path / "synced").read_text().splitlines() == [str(file) for file in made]


@pytest.mark.parametrize("last_attempt", [0, 1])
def test_a_known_fault_is_final_on_every_attempt(tmp_path, run, last_attempt):
    status, _ = run("raise VideoError('probe_video', 'no frame')", last_attempt=last_attempt)
    assert status == 0
    assert reason_in(tmp_path) == ("probe_video", "no frame")


def test_another_exception_fails_the_job_while_there_are_attempts_left(tmp_path, run):
    status, _ = run("raise RuntimeError('odd')", last_attempt=0)
    assert status == 1
    assert not (tmp_path / "out.parquet").exists()
    assert "RuntimeError: odd" in log_of(tmp_path)


def test_on_the_last_attempt_it_becomes_one_sentence_with_the_traceback_in_the_log(tmp_path, run):
    assert run("raise RuntimeError('odd\\nthing')")[0] == 0
    sentence = "RuntimeError: odd thing (traceback in the log)"
    assert reason_in(tmp_path) == ("some_rule", sentence)
    assert "Traceback" in log_of(tmp_path)


def test_a_mistake_of_the_user_keeps_its_own_words(tmp_path, run):
    run("raise DatasetError('x.csv: row 3: mend it')")
    assert reason_in(tmp_path) == ("some_rule", "x.csv: row 3: mend it")


@pytest.mark.parametrize("number", ["SIGKILL", "SIGSEGV", "SIGABRT"])
def test_a_dead_process_on_the_last_attempt_is_reported_by_its_parent(tmp_path, run, number):
    assert run(f"os.kill(os.getpid(), signal.{number})")[0] == 0
    stage, reason = reason_in(tmp_path)
    assert stage == "some_rule"
    assert reason.startswith(f"the process died with {number}")
    assert ("out of memory" in reason) == (number == "SIGKILL")


@pytest.mark.skipif(not hasattr(signal, "SIGRTMIN"), reason="no signals for real time")
def test_a_signal_without_a_name_is_told_by_its_number(tmp_path, run):
    assert run("os.kill(os.getpid(), signal.SIGRTMIN + 1)")[0] == 0
    told = f"the process died with signal {signal.SIGRTMIN + 1}"
    assert reason_in(tmp_path) == ("some_rule", told)


def test_a_dead_process_before_the_last_attempt_fails_the_job(tmp_path, run):
    status, _ = run("os.kill(os.getpid(), signal.SIGKILL)", last_attempt=0)
    assert status == -signal.SIGKILL
    assert not (tmp_path / "out.parquet").exists()


def test_the_exit_status_of_the_work_is_that_of_the_job(run):
    assert run("sys.exit(3)")[0] == 3


def wait_for(path):
    until = time.monotonic() + 600
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    return path


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] != "Z"


SLEEP = "open('pid.part', 'w').write(str(os.getpid())); os.rename('pid.part', 'pid')"
SLEEP += "; time.sleep(3600)"


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and prctl: Linux only")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_job_takes_its_child_along_and_is_no_failed_video(tmp_path, start, number):
    process = start(SLEEP)
    child = int(wait_for(tmp_path / "pid").read_text())
    assert child != process.pid
    process.send_signal(number)
    process.communicate(timeout=600)
    until = time.monotonic() + 600
    while is_alive(child):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert process.returncode != 0
    assert not (tmp_path / "out.parquet").exists()


def test_a_failure_of_an_input_is_passed_on_before_the_work_starts(tmp_path, run):
    failure = {"failure": {"stage": "probe_video", "reason": "it is empty"}}
    write_failure(tmp_path / "in.parquet", failure)
    status, _ = run("raise RuntimeError('not reached')", pass_on="pass_failure_on(snakemake)")
    assert status == 0
    assert reason_in(tmp_path) == ("probe_video", "it is empty")
    assert "not reached" not in log_of(tmp_path)


@pytest.mark.parametrize("last_attempt", [0, 1])
def test_a_table_that_cannot_be_read_stops_no_other_video(tmp_path, run, last_attempt):
    (tmp_path / "in.parquet").touch()
    pass_on = "pass_failure_on(snakemake)"
    status, _ = run("raise RuntimeError('not reached')", last_attempt=last_attempt, pass_on=pass_on)
    assert "in.parquet: not a table of ours" in log_of(tmp_path)
    assert "not reached" not in log_of(tmp_path)
    assert status == 1 - last_attempt
    if last_attempt:
        stage, reason = reason_in(tmp_path)
        assert (stage, reason.partition(" (")[0]) == (
            "some_rule",
            "in.parquet: not a table of ours",
        )


def test_reading_a_failed_input_passes_it_on_too(tmp_path, run):
    failure = {"failure": {"stage": "probe_video", "reason": "it is empty"}}
    write_failure(tmp_path / "in.parquet", failure)
    assert run("read_parquet('in.parquet')", last_attempt=0)[0] == 0
    assert reason_in(tmp_path) == ("probe_video", "it is empty")


def test_a_study_step_tells_a_mistake_on_the_terminal_without_a_traceback(tmp_path, run):
    status, told = run("raise DatasetError('x.csv: row 3: mend it')", step="study_step")
    assert status == 1
    assert told.strip() == "some_rule: x.csv: row 3: mend it"
    assert "Traceback" not in log_of(tmp_path)
    assert "x.csv: row 3: mend it" in log_of(tmp_path)


def test_a_study_step_fails_on_any_other_exception(tmp_path, run):
    assert run("raise RuntimeError('odd')", step="study_step")[0] == 1
    assert "Traceback" in log_of(tmp_path)


@pytest.mark.parametrize(
    "error",
    [
        'OSError(28, "No space left on device")',
        'OSError(122, "Disk quota exceeded")',
        'RuntimeError("I/O error: No space left on device (os error 28)")',
        'RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534")',
    ],
)
@pytest.mark.parametrize("step", ["video_step", "study_step"])
def test_a_full_disk_fails_the_job_with_one_sentence_and_is_no_videos_fault(
    run, tmp_path, step, error
):
    code, _ = run(f"raise {error}", step=step)
    assert code == 1
    assert not list(tmp_path.glob("out*"))
    assert "the disk is full: out.parquet could not be written" in log_of(tmp_path)
    assert str(tmp_path) in log_of(tmp_path)
    assert "Traceback" not in log_of(tmp_path)


@pytest.mark.parametrize("step", ["study_step", "video_step"])
def test_a_job_that_somebody_ends_says_one_word_and_makes_no_row(run, tmp_path, step):
    code, _ = run("raise KeyboardInterrupt", step=step)
    assert code == 130
    assert not list(tmp_path.glob("out*"))
    assert log_of(tmp_path).splitlines()[-1] == "interrupted"
    assert "Traceback" not in log_of(tmp_path)


def test_a_full_disk_is_told_with_the_room_for_temporary_files(monkeypatch, tmp_path):
    """Adaptation keeps frames there, on another disk perhaps."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    room = {tmp_path: 63583.2e6, tmp_path / "scratch": 0.0}
    monkeypatch.setattr(shutil, "disk_usage", lambda path: mock.Mock(free=room[Path(path)]))
    told = full_disk_sentence(tmp_path / "adapted")
    assert f"63583.2 MB are free in {tmp_path} (or" in told
    assert f"0.0 MB for temporary files in {tmp_path / 'scratch'} (TMPDIR" in told


def test_a_full_disk_is_told_where_no_temporary_file_can_be_written_either(monkeypatch, tmp_path):
    """All disks are full: Python's search for a place for temporary files fails, too."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "gettempdir", mock.Mock(side_effect=FileNotFoundError))
    for place in (str(tmp_path), str(tmp_path / "gone")):
        monkeypatch.setenv("TMPDIR", place)
        assert "the disk is full" in full_disk_sentence(tmp_path / "out.parquet")


OF_PLACE = ["EIO", "ESTALE", "ENFILE", "ENETDOWN", "ENOTCONN", "EFBIG"]
LATER = """
    import errno
    try:
        raise OSError(errno.{name}, os.strerror(errno.{name}), "m1.mp4")
    except OSError:
        raise VideoError("probe_video", "m1.mp4 cannot be opened") from None
"""


@pytest.mark.parametrize("last_attempt", [0, 1])
@pytest.mark.parametrize("name", OF_PLACE)
def test_a_disk_or_server_in_trouble_fails_the_job_and_is_no_videos_fault(
    run, tmp_path, name, last_attempt
):
    code, _ = run(LATER.format(name=name), last_attempt=last_attempt)
    assert code == 1
    assert not list(tmp_path.glob("out*"))
    told = log_of(tmp_path).splitlines()[-1]
    assert told.startswith(f"m1.mp4: {os.strerror(getattr(errno, name))}: the disk, the network or")
    assert "no video counts as failed. Once that is mended, run again" in told
    assert told.endswith("; where it is this file alone, copy it again or leave it out") == (
        name == "EIO"
    )
    assert "Traceback" not in log_of(tmp_path)


SET = "import resource; resource.setrlimit(resource.RLIMIT_{}, ({}, {}))"
OF_SIZE = """
    with open("a", "wb") as file:
        file.write(bytes({}))
"""
OPENED = "kept = [open(os.devnull) for _ in range(40)]"
AT_LIMITS = {  # letter of ulimit: what is limited, to how much, work that is more, what is told
    "f": ("FSIZE", 50_000, OF_SIZE.format(50_001), "no file may grow beyond 0.05 MB"),
    "n": ("NOFILE", 40, OPENED, "the files that a process has open are at most 40"),
    "t": ("CPU", "int(time.process_time()) + 2", "while True: pass", "a process may compute for"),
}


@pytest.mark.parametrize("is_liftable", [True, False])
@pytest.mark.parametrize("letter", AT_LIMITS)
def test_a_limit_of_the_shell_fails_the_job_and_is_no_videos_fault(
    run, tmp_path, letter, is_liftable
):
    name, most, work, told = AT_LIMITS[letter]
    limited = SET.format(name, most, "resource.RLIM_INFINITY" if is_liftable else most)
    if name == "NOFILE" and is_liftable:
        limited = SET.format(name, most, most + 1)
    code, _ = run(work + WRITE, pass_on=limited)
    assert code == 1
    assert not list(tmp_path.glob("out*"))
    last = log_of(tmp_path).splitlines()[-1]
    assert told in last
    assert f"(ulimit -{letter}), a limit of this shell" in last
    assert (f"`ulimit -S -{letter} hard`" in last) == is_liftable
    assert "Traceback" not in log_of(tmp_path)


def test_work_up_to_a_limit_goes_well(run, tmp_path):
    most = SET.format("FSIZE", 50_000, 50_000)
    assert run(OF_SIZE.format(50_000) + WRITE, pass_on=most)[0] == 0
    assert read_parquet(tmp_path / "out.parquet")["a"].to_pylist() == [1]


def test_a_file_that_the_disk_alone_finds_too_large_is_at_no_limit_of_the_shell():
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    assert limit_of_error(OSError(errno.EFBIG, "File too large")) == ""


@pytest.mark.parametrize("name", ["ENOENT", "EACCES", "EINVAL", "EISDIR"])
def test_what_is_wrong_with_a_file_stays_its_videos_fault(run, tmp_path, name):
    assert run(LATER.format(name=name))[0] == 0
    assert reason_in(tmp_path) == ("probe_video", "m1.mp4 cannot be opened")


@pytest.mark.parametrize("name", ["EIO", "ESTALE", "ENFILE", "EMFILE", "ENOTCONN"])
def test_a_study_step_tells_such_trouble_in_place_of_what_was_made_of_it(run, tmp_path, name):
    """`not a table of ours; delete it and run again` would be wrong of a disk that is away."""
    number = getattr(errno, name)
    mistake = f"raise DatasetError('delete it') from OSError({number}, 'odd')"
    for work in (f"raise OSError({number}, 'odd')", mistake):
        assert run(work, step="study_step")[0] == 1
        assert "Traceback" not in log_of(tmp_path)
        told = log_of(tmp_path).splitlines()[-1]
        assert ("the disk, the network or this machine" in told) == (name != "EMFILE")
        assert ("(ulimit -n)" in told) == (name == "EMFILE")


@pytest.mark.parametrize("name", ["ENETUNREACH", "ETIMEDOUT"])
def test_a_study_step_tells_a_network_that_is_away_in_its_own_words(run, tmp_path, name):
    """But for one at whose other end a file lies."""
    mistake = "raise DatasetError('no network: bring the weights') from OSError({}, 'away'{})"
    number = getattr(errno, name)
    _, said = run(mistake.format(number, ""), step="study_step")
    assert said.strip() == "some_rule: no network: bring the weights"
    run(mistake.format(number, ", 'a.csv'"), step="study_step")
    assert log_of(tmp_path).splitlines()[-1].startswith(f"a.csv: {os.strerror(number)}: the disk")


BAD = """
import errno, io
import superanimal_core.jobs.troubled_place as place
Job.input = Named(video="in.parquet")
class Bad(io.FileIO):
    def __init__(self, path):
        super().__init__(path)
        open("opened", "a").write(path + chr(10))
    def read(self, size):
        if self.name == "in.parquet" and self.tell() >= {beyond}:
            raise OSError(errno.EIO, "")
        return super().read(min(size, max({beyond} - self.tell(), 0)))
place.FileIO = Bad
"""
NOT_READ = """
import superanimal_core.jobs.step as step
def refuse(path):
    raise OSError(errno.EIO, "odd")
step.content_digest = refuse
"""
FFMPEGS = """
    class InvalidData(Exception):
        __module__ = "av.error"
    raise InvalidData(1094995529, "invalid")
"""
FFMPEGS_END = """
    class EndOfDisk(OSError):
        __module__ = "av.error"
    raise EndOfDisk(5, "Input/output error", "in.parquet")
"""
OF_MEDIA = """
    from superanimal_core.media.video_stream import open_video
    open_video("in.parquet")
"""
DAMAGED = "in.parquet cannot be read beyond 0.010 MB (Input/output error): its disk is damaged"
DIED_WITH_SIGBUS = """
    import mmap
    open("mapped", "wb").write(bytes(mmap.PAGESIZE))
    seen = mmap.mmap(os.open("mapped", os.O_RDONLY), 0, prot=mmap.PROT_READ)
    os.truncate("mapped", 0)
    seen[0]
"""


@pytest.mark.parametrize("last_attempt", [0, 1])
@pytest.mark.parametrize("work", [FFMPEGS, FFMPEGS_END, OF_MEDIA])
def test_what_is_said_of_a_video_on_a_disk_in_trouble_fails_the_job(
    run, tmp_path, work, last_attempt
):
    """FFmpeg calls a file whose end cannot be read one that is cut short."""
    (tmp_path / "in.parquet").write_bytes(bytes(20_000))
    code, _ = run(work, pass_on=BAD.format(beyond=0), last_attempt=last_attempt)
    assert code == 1
    assert not list(tmp_path.glob("out*"))
    assert log_of(tmp_path).splitlines()[-1].startswith("in.parquet: Input/output error: the disk")
    assert "Traceback" not in log_of(tmp_path)
    assert (tmp_path / "opened").read_text().splitlines() == ["in.parquet"]


@pytest.mark.parametrize("last_attempt", [0, 1])
@pytest.mark.parametrize(
    ("work", "told"), [(FFMPEGS, "InvalidData: (1094995529"), (FFMPEGS_END, "EndOfDisk: [Errno 5]")]
)
def test_of_a_file_that_can_be_read_ffmpegs_word_counts_and_it_is_read_once(
    run, tmp_path, work, told, last_attempt
):
    """Input/output error is what it calls a video that is cut short."""
    (tmp_path / "in.parquet").write_bytes(bytes(20_000))
    code, _ = run(work, pass_on=BAD.format(beyond=30_000), last_attempt=last_attempt)
    assert code == 1 - last_attempt
    assert (tmp_path / "opened").read_text().splitlines() == ["in.parquet"]
    if last_attempt:
        assert reason_in(tmp_path)[1].startswith(told)


@pytest.mark.parametrize("more", ["", NOT_READ])
@pytest.mark.parametrize("work", [FFMPEGS, "raise OSError(errno.EIO, 'odd')", DIED_WITH_SIGBUS])
def test_a_damaged_file_is_the_fault_of_its_video_at_last(run, tmp_path, work, more):
    """Also where the record of the job cannot be written, for which its inputs are read."""
    (tmp_path / "in.parquet").write_bytes(bytes(20_000))
    damaged = BAD.format(beyond=10_000) + more
    if work != DIED_WITH_SIGBUS:  # which takes a job that is tried again with it
        assert run(work, pass_on=damaged, last_attempt=0)[0] == 1
        assert log_of(tmp_path).splitlines()[-1].startswith(DAMAGED)
        assert not list(tmp_path.glob("out*"))
    assert run(work, pass_on=damaged)[0] == 0
    assert reason_in(tmp_path)[0] == "some_rule"
    assert reason_in(tmp_path)[1].startswith(DAMAGED)
    record = read_record(tmp_path / "out.parquet")
    assert (record["settings"], "inputs" in record) == ({"sigma": 2.5}, not more)


def test_a_damaged_file_ends_a_study_step_with_what_to_do(run, tmp_path):
    (tmp_path / "in.parquet").write_bytes(bytes(20_000))
    work = "raise DatasetError('delete it') from OSError(errno.EIO, 'odd')"
    assert run(work, step="study_step", pass_on=BAD.format(beyond=10_000))[0] == 1
    told = log_of(tmp_path).splitlines()[-1]
    assert told.startswith("in.parquet: Input/output error: the disk")
    assert told.endswith("where it is this file alone, copy it again or leave it out")


@pytest.mark.parametrize("work", ["raise OSError(errno.EIO, 'odd')", DIED_WITH_SIGBUS])
@pytest.mark.parametrize(
    ("given", "is_row"),
    [("results/videos/mouse/predicted", True), ("results/models/mouse/member-0", False)],
)
def test_damage_makes_a_row_where_it_is_in_what_belongs_to_the_video(
    run, tmp_path, given, is_row, work
):
    folder = tmp_path / given
    folder.mkdir(parents=True)
    (folder / "a").write_bytes(bytes(20_000))
    damaged = BAD.format(beyond=10_000).replace('self.name == "in.parquet"', "self.name[-1] == 'a'")
    damaged += f"Job.input = Named(folder='{given}')"
    assert run(work, pass_on=damaged)[0] == 1 - is_row
    if is_row:
        assert reason_in(tmp_path)[1].startswith(f"{given}/a cannot be read beyond 0.010 MB")
    else:
        assert not list(tmp_path.glob("out*"))
        assert f"delete {given}, all of it, and run again" in log_of(tmp_path).splitlines()[-1]


@pytest.mark.parametrize("last_attempt", [0, 1])
@pytest.mark.parametrize("is_probed", [True, False])
def test_a_probed_video_that_opens_no_more_and_can_be_read_is_tried_again(
    run, tmp_path, is_probed, last_attempt
):
    """Its server was away when FFmpeg read it; at last, and before the probe, it is no video."""
    (tmp_path / "m1.mp4").write_bytes(bytes(20_000))
    inputs = "Job.input = Named(video='m1.mp4', **{})"
    probed = {"frames": "in.parquet"} if is_probed else {}
    work = OF_MEDIA.replace("in.parquet", "m1.mp4")
    code, _ = run(work, pass_on=inputs.format(probed), last_attempt=last_attempt)
    assert code == (is_probed and not last_attempt)
    if code:
        assert not list(tmp_path.glob("out*"))
        assert log_of(tmp_path).splitlines()[-1].startswith("m1.mp4: FFmpeg stopped before the end")
    else:
        assert "m1.mp4 cannot be opened as a video" in reason_in(tmp_path)[1]


def test_a_job_that_dies_of_a_file_in_memory_is_no_videos_fault(run, tmp_path):
    assert run(DIED_WITH_SIGBUS)[0] == 1
    assert not list(tmp_path.glob("out*"))
    told = log_of(tmp_path).splitlines()[-1]
    assert told.startswith("the process died with SIGBUS: a file that it reads was cut short")
    assert told.endswith("no video counts as failed. Once that is mended, run again")


@pytest.mark.parametrize("pass_on", ["", "pass_failure_on(snakemake)"])
def test_a_failure_is_passed_on_without_a_look_at_the_disk(run, tmp_path, pass_on):
    failure = {"failure": {"stage": "probe_video", "reason": "in.parquet is damaged"}}
    write_failure(tmp_path / "in.parquet", failure)
    damaged = BAD.format(beyond=0) + (NOT_READ if pass_on else "") + pass_on
    assert run("read_parquet('in.parquet')", pass_on=damaged)[0] == 0
    assert reason_in(tmp_path) == ("probe_video", "in.parquet is damaged")
    assert not (tmp_path / "opened").exists()


def test_that_kinds_of_frames_are_few_is_no_word_for_the_log(run, tmp_path):
    warn = "import warnings; warnings.warn('{}. Re-run kmeans'); warnings.warn('another')"
    assert run(warn.format("One of the clusters is empty"), last_attempt=0)[0] == 0
    assert "another" in log_of(tmp_path)
    assert "clusters" not in log_of(tmp_path)
