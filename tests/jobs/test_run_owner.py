"""A lock says whose it is and what to do about it."""

import getpass
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from superanimal_core.jobs import run_owner
from superanimal_core.jobs.run_owner import (
    RECORD,
    START,
    dead_owner,
    forget_owner,
    lock_notice,
    name_user,
    note_start,
    runs_since,
    unlock,
    write_owner,
)

UNLOCK = "snakemake --unlock"


@pytest.fixture
def locked(tmp_path):
    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    (tmp_path / ".snakemake/locks/0.output.lock").write_text("results/report/index.html\n")
    return tmp_path


def as_if(folder, of=RECORD, **changes):
    record = folder / of
    record.write_text(json.dumps(json.loads(record.read_text()) | changes))


def test_an_unlocked_folder_needs_no_word(tmp_path):
    write_owner(tmp_path)
    assert lock_notice(tmp_path, UNLOCK) == ""


def test_a_running_owner_is_to_be_waited_for_not_unlocked(locked):
    write_owner(locked)
    told = lock_notice(locked, UNLOCK)
    assert f"process {os.getpid()}" in told
    assert "is running" in told
    assert UNLOCK not in told


def test_a_dead_owner_is_told_with_the_command_to_go_on(locked):
    write_owner(locked)
    gone = subprocess.Popen(["true"])
    gone.wait()
    as_if(locked, process=gone.pid)
    told = lock_notice(locked, UNLOCK)
    assert "has died" in told
    assert UNLOCK in told


def test_another_process_with_the_owners_number_is_not_the_owner(locked):
    write_owner(locked)
    as_if(locked, born="1")
    assert "has died" in lock_notice(locked, UNLOCK)


@pytest.mark.parametrize(("born", "lives"), [("1", True), ("", True), ("2", False)])
def test_of_another_users_process_the_start_counts_where_it_can_be_read(
    locked, monkeypatch, born, lives
):
    """After a reboot somebody else's may have its number; some systems hide the start."""

    def refuse(process, signal_):
        raise PermissionError

    write_owner(locked)
    as_if(locked, born="1")
    monkeypatch.setattr(os, "kill", refuse)
    monkeypatch.setattr(run_owner, "_born", lambda process: born)
    assert ("is running" in lock_notice(locked, UNLOCK)) is lives
    assert ("has died" in lock_notice(locked, UNLOCK)) is not lives


def test_a_user_who_is_a_number_has_a_name_and_others_keep_theirs(locked, monkeypatch):
    monkeypatch.setenv("LOGNAME", "ada")
    name_user()
    assert getpass.getuser() == "ada"
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda uid: {}[uid])
    name_user()
    assert getpass.getuser() == f"user{os.getuid()}"
    write_owner(locked)
    assert f"by user{os.getuid()}, process {os.getpid()}" in lock_notice(locked, UNLOCK)


def test_on_another_host_nothing_is_claimed(locked):
    write_owner(locked)
    as_if(locked, host="node-of-elsewhere", user="ada")
    told = lock_notice(locked, UNLOCK)
    assert "by ada, process" in told
    assert f"ssh node-of-elsewhere ps -p {os.getpid()}" in told
    assert UNLOCK in told
    assert "died" not in told
    assert "is running" not in told


@pytest.mark.parametrize(
    ("changes", "is_known"),
    [
        ({"space": "pid:[1]"}, False),  # a container's numbers are its own
        ({"boot": "of a machine that is called alike"}, False),
        ({"space": "", "boot": ""}, True),  # of an older version, which did not note it
    ],
)
def test_of_others_with_this_hosts_name_nothing_is_claimed(locked, changes, is_known):
    write_owner(locked)
    note_start(locked)
    for of in (RECORD, START):
        as_if(locked, of, born="1", **changes)
    told = lock_notice(locked, UNLOCK)
    assert ("not known from here. If it has ended: snakemake --unlock" in told) is not is_known
    assert ("has died" in told) is is_known
    assert (runs_since(locked) is None) is is_known
    as_if(locked, START, process=os.getppid(), born=run_owner._born(os.getppid()))
    assert bool(note_start(locked)) is is_known


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc: Linux only")
@pytest.mark.parametrize(("after_start_s", "is_dead"), [(-1, True), (0, False)])
@pytest.mark.parametrize("space", [{}, {"space": "pid:[1]"}])
def test_a_run_of_another_start_has_died_where_it_began_before_this_one(
    locked, after_start_s, is_dead, space
):
    """A younger one is of another machine of that name, as of a second `ubuntu` on one server."""
    began_s = float(subprocess.check_output(["awk", "/^btime/ { print $2 }", "/proc/stat"]))
    write_owner(locked)
    as_if(locked, born="1", boot="of another start", **space)
    for path in (locked / RECORD, locked / ".snakemake/locks/0.output.lock"):
        os.utime(path, (began_s + after_start_s,) * 2)
    told = lock_notice(locked, UNLOCK)
    assert ("has died" in told) is is_dead
    unknown = f"on {os.uname().nodename}, of another machine of that name: not known from here"
    assert (unknown in told) is not is_dead
    assert (runs_since(locked) is None) is is_dead
    assert dead_owner(locked) == ""


@pytest.mark.parametrize(
    ("changes", "is_dead"),
    [
        ({"born": "1"}, True),
        ({}, False),
        ({"born": "1", "boot": "of another start"}, False),  # or another machine of that name
        ({"born": "1", "boot": "", "space": ""}, False),
        ({"born": "1", "space": "pid:[1]"}, False),
        ({"born": "1", "host": "elsewhere"}, False),
    ],
)
def test_who_has_died_for_sure_is_of_this_start_of_this_machine(locked, changes, is_dead):
    assert dead_owner(locked) == ""  # nobody knows whose
    write_owner(locked)
    as_if(locked, **changes)
    named = f"{getpass.getuser()}, process {os.getpid()} on {os.uname().nodename}"
    assert dead_owner(locked) == (named if is_dead else "")


def test_of_several_locks_the_record_names_the_owner_of_one(locked):
    write_owner(locked)
    as_if(locked, born="1")
    (locked / ".snakemake/locks/0.input.lock").write_text("a.mp4\n")  # of the same run
    os.utime(locked / RECORD)
    assert dead_owner(locked)
    (locked / ".snakemake/locks/1.output.lock").write_text("results/x\n")
    os.utime(locked / RECORD)
    assert dead_owner(locked) == ""
    unlock(locked)
    assert not [*(locked / ".snakemake/locks").iterdir()]
    assert dead_owner(locked) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc: Linux only")
def test_a_stopped_owner_is_told_to_go_on_before_it_can_be_ended(locked):
    owner = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        write_owner(locked)
        as_if(locked, process=owner.pid, born=run_owner._born(owner.pid))
        assert "which is running" in lock_notice(locked, UNLOCK)
        os.kill(owner.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, owner.pid, os.WSTOPPED)
        group, told = f"-- -{owner.pid}", lock_notice(locked, UNLOCK)
        assert f"was stopped (Ctrl-Z). To let it go on: kill -CONT {group}." in told
        assert told.endswith(f"To end it: kill -INT {group}; kill -CONT {group}\n")
        os.killpg(owner.pid, signal.SIGINT)
        assert owner.poll() is None
        os.killpg(owner.pid, signal.SIGCONT)
        assert owner.wait(60) == -signal.SIGINT
    finally:
        owner.kill()
        owner.wait()


@pytest.mark.parametrize("record", ["older", "broken", "none"])
def test_without_a_record_of_this_lock_the_files_owner_is_named(locked, record):
    write_owner(locked)
    if record == "older":
        os.utime(locked / RECORD, (1, 1))
    elif record == "broken":
        (locked / RECORD).write_text('{"user": ')
    else:
        forget_owner(locked)
    told = lock_notice(locked, UNLOCK)
    assert (locked / ".snakemake/locks/0.output.lock").owner() in told
    assert "not known" in told
    assert UNLOCK in told


OWNER = """
import subprocess
from superanimal_core.jobs.run_owner import write_owner
write_owner(".")
job = subprocess.Popen(["bash", "-c", "sleep 3600; true"])
print("ready", flush=True)
while job.poll() is None:
    try:
        job.wait()
    except KeyboardInterrupt:  # as Snakemake does, which waits for its jobs
        pass
"""


def test_what_ends_a_run_ends_its_jobs_too(locked):
    """The pipe ends when all have ended."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        cwd=locked,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout.readline() == "ready\n"
    stop = lock_notice(locked, UNLOCK).partition("end it: ")[2].strip()
    assert stop.startswith("kill -INT ")
    subprocess.run(["bash", "-c", stop], check=True)
    process.communicate(timeout=600)


RUNNER = """
import subprocess, sys
from superanimal_core.jobs.run_owner import name_runner
name_runner()
subprocess.run(["bash", "-c", sys.argv[1] + "; true"])
"""
SCRIPT = """
import os, sys, time
from superanimal_core.jobs.run_owner import end_with_runner
end_with_runner()
print(os.getpid(), flush=True)
time.sleep(float(sys.argv[1]))
print("end", flush=True)
"""


def run_script(seconds):
    """A Snakemake that runs a script for so long; the pipe ends when both have ended."""
    script = f"{sys.executable} -c '{SCRIPT}' {seconds}"
    return subprocess.Popen(
        [sys.executable, "-c", RUNNER, script], stdout=subprocess.PIPE, text=True
    )


def test_a_script_does_not_outlive_its_snakemake():
    run = run_script(60)
    script = int(run.stdout.readline())
    run.kill()
    assert run.stdout.read() == ""  # until the script, too, has closed it
    run.wait()
    with pytest.raises(ProcessLookupError):
        os.kill(script, signal.SIGCONT)


def test_a_script_is_left_alone_while_its_snakemake_lives():
    told, _ = run_script(2.5).communicate()
    assert told.split()[1] == "end"


def test_who_started_a_run_that_has_not_locked_yet_is_told_to_the_next(tmp_path):
    assert note_start(tmp_path) == ""
    assert note_start(tmp_path) == ""  # itself
    other = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        as_if(tmp_path, START, process=other.pid, born=run_owner._born(other.pid), user="ada")
        told = note_start(tmp_path)
        assert told.startswith(f"{tmp_path} is run since 2")
        assert f"by ada, process {other.pid} on" in told
        assert told.endswith(f"is running. To end it: kill -INT -- -{other.pid}\n")
        assert json.loads((tmp_path / START).read_text())["process"] == other.pid
    finally:
        other.kill()
        other.wait()
    assert note_start(tmp_path) == ""
    assert json.loads((tmp_path / START).read_text())["process"] == os.getpid()


@pytest.mark.parametrize("changes", [{"host": "elsewhere"}, {"process": 1, "born": "no such"}])
def test_a_start_of_which_nothing_is_known_keeps_nobody_away(tmp_path, changes):
    note_start(tmp_path)
    as_if(tmp_path, START, **{"process": os.getppid()} | changes)
    assert note_start(tmp_path) == ""
    (tmp_path / START).write_text("{")
    assert note_start(tmp_path) == ""


def test_a_start_without_a_known_process_keeps_nobody_away(tmp_path, monkeypatch):
    """As on macOS: the number may be a stranger's by now, and killing him is no advice."""
    monkeypatch.setattr(run_owner, "_born", lambda process: "")
    note_start(tmp_path)
    as_if(tmp_path, START, process=os.getppid())
    assert note_start(tmp_path) == ""


def test_a_run_that_has_locked_is_no_start_any_more(tmp_path):
    note_start(tmp_path)
    write_owner(tmp_path)
    assert not (tmp_path / START).exists()
    assert (tmp_path / RECORD).exists()


STARTER = """
import errno, os, sys, time
from superanimal_core.jobs import first_file, run_owner

def without(*_):
    raise OSError(errno.EOPNOTSUPP, "not supported")

if "locks" in sys.argv:
    first_file.flock = without
if "links" in sys.argv:
    os.link = without
print("ready", flush=True)
for line in sys.stdin:
    at_s, _, folder = line.rstrip("\\n").partition(" ")
    while time.time() < float(at_s):
        pass
    print(run_owner.note_start(folder).strip(), flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc: Linux only")
@pytest.mark.parametrize(
    ("missing", "before"),
    [
        ([], "none"),
        ([], "dead"),
        ([], "broken"),
        (["links"], "none"),
        (["links"], "dead"),
        (["locks"], "none"),
    ],
)
def test_of_runs_that_start_at_once_one_goes_on(tmp_path, missing, before):
    """Of three, in many folders, after a run that died there, or none."""
    note_start(tmp_path)
    as_if(tmp_path, START, born="1")
    died = {"none": None, "dead": (tmp_path / START).read_text(), "broken": "{"}[before]
    command = [sys.executable, "-c", STARTER, *missing]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    starters = [subprocess.Popen(command, text=True, **pipes) for _ in range(3)]
    try:
        assert {each.stdout.readline() for each in starters} == {"ready\n"}
        for number in range(60):
            folder = tmp_path / str(number)
            (folder / START).parent.mkdir(parents=True)
            if died:
                (folder / START).write_text(died)
            at_s = time.time() + 0.005
            for each in starters:
                each.stdin.write(f"{at_s} {folder}\n")
                each.stdin.flush()
            told = [each.stdout.readline().strip() for each in starters]
            assert told.count("") == 1
            winner = starters[told.index("")].pid
            assert all(f", process {winner} on " in line for line in told if line)
            assert json.loads((folder / START).read_text())["process"] == winner
            assert {path.name for path in (folder / START).parent.iterdir()} <= {
                START.name,
                START.with_suffix(".lock").name,
            }
    finally:
        for each in starters:
            each.kill()
            each.communicate()
