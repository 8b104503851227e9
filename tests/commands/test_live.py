"""A run in a terminal: what is on the screen in the end, and that it ends as Snakemake does."""

import io
import os
import pty
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superanimal_core.commands import live
from superanimal_core.commands.live import View, is_watched, watch

ROOT = Path(__file__).resolve().parents[2]


def screen_after(written):
    """What a terminal that knows lines, cursor up and clear below shows."""
    rows, row = [""], 0
    for up, text in re.findall(r"\x1b\[(\d+)A\x1b\[J|([^\x1b]+)", written):
        if up:
            row -= int(up)
            assert row >= 0
            del rows[row:]
            rows.append("")
        for line in text.splitlines(keepends=True):
            rows[row] += line.rstrip("\n")
            if line.endswith("\n"):
                rows.append("")
                row += 1
    return rows[:-1]


LINES = st.lists(st.text("abc", min_size=1, max_size=5), max_size=4)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(LINES, LINES), min_size=1, max_size=8))
def test_all_that_was_said_stands_above_the_last_lines(shown):
    screen, now = io.StringIO(), []
    view = View(screen.write, lambda: now)
    for said, lines in shown:
        now[:] = lines
        view.show("".join(f"{line}\n" for line in said), is_last=True)
    said = [line for lines, _ in shown for line in lines]
    assert screen_after(screen.getvalue()) == [*said, *shown[-1][1]]


def test_lines_are_cut_to_the_terminal(monkeypatch):
    monkeypatch.setattr(live.shutil, "get_terminal_size", lambda: os.terminal_size((10, 4)))
    screen = io.StringIO()
    View(screen.write, lambda: ["x" * 50, "y", "z"]).show("")
    assert screen.getvalue() == "x" * 9 + "\ny\n"  # two lines of a screen of four


@pytest.mark.parametrize("cost_s", [0.0, 0.01, 1.0])
def test_the_lines_are_made_anew_when_it_is_time(monkeypatch, cost_s):
    now, made = [100.0], []
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])

    def lines():
        now[0] += cost_s
        made.append(now[0])
        return ["a"]

    view = View(lambda _: None, lines)
    view.show("")
    wait_s = max(live.AT_LEAST_S, live.SHARE * cost_s)
    now[0] = made[0] + wait_s - 0.01
    view.show("said\n")
    assert len(made) == 1
    now[0] = made[0] + wait_s
    view.show("")
    assert len(made) == 2


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", True),
        ("--cores 4", True),
        ("-c4 --until smooth_poses", True),
        ("-j 3 -- results/x", True),
        ("--config=a=b --forcerun probe_video", True),
        ("-n", False),
        ("--cores 4 -n", False),
        ("--unlock", False),
        ("--summary", False),
        ("--verbose", False),
        ("-p", False),
        ("--quiet", False),
    ],
)
def test_only_what_runs_is_watched(monkeypatch, typed, expected):
    monkeypatch.setattr(live.sys, "stdout", terminal := io.StringIO())
    monkeypatch.setattr(live.sys, "stderr", terminal)
    assert not is_watched(typed.split())  # it is no terminal
    terminal.isatty = lambda: True
    assert is_watched(typed.split()) is expected


def command_of(folder, script):
    """A command line of Snakemake's shape that runs a script of sh."""
    file = folder / "snakemake"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return [str(file), "--snakefile", "Snakefile", "--", "results/x"]


def test_what_snakemake_says_is_shown_but_for_the_lines_of_every_job(tmp_path, monkeypatch):
    monkeypatch.setattr(live.signal, "signal", lambda *_: None)
    noise = "Select jobs to execute...\\nExecute 12 jobs...\\n"
    screen = io.StringIO()
    command = command_of(tmp_path, f'printf "one $*\\n{noise}"; echo two >&2; printf three; exit 7')
    assert watch(command, tmp_path, screen.write) == 7
    quiet = "--quiet rules progress reason host --snakefile Snakefile -- results/x"
    assert screen_after(screen.getvalue()) == [f"one {quiet}", "two", "three"]


VIEWER = """
import sys
from pathlib import Path
from superanimal_core.commands.live import watch
sys.exit(watch(sys.argv[1:], Path("."), sys.stderr.write))
"""


@pytest.fixture
def viewer(tmp_path):
    """Starts a script that is watched in a terminal, with which interrupts come as from one."""
    began = []

    def start(script):
        _, terminal = pty.openpty()
        numbers = (signal.SIGINT, signal.SIGHUP)  # with nohup they are ignored
        ours = [signal.signal(number, signal.SIG_DFL) for number in numbers]
        command = [sys.executable, "-c", VIEWER, *command_of(tmp_path, f"touch ready\n{script}")]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        where = {"cwd": tmp_path, "env": environment, "start_new_session": True}
        try:
            process = subprocess.Popen(command, stdout=terminal, stderr=terminal, **where)
        finally:
            for number, before in zip(numbers, ours, strict=True):
                signal.signal(number, before)
        began.append(process)
        until(lambda: (tmp_path / "ready").exists(), process)
        return process

    yield start
    for process in began:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(true, process):
    while not true():
        assert process.poll() is None
        time.sleep(0.05)


def test_ctrl_c_reaches_snakemake_once_and_the_viewer_waits(viewer, tmp_path):
    process = viewer("trap 'echo stop >> told; sleep 1; exit 5' INT\ntouch set\nsleep 60 & wait")
    until(lambda: (tmp_path / "set").exists(), process)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(30) == 5
    assert (tmp_path / "told").read_text() == "stop\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_are_passed_on(viewer, tmp_path, number):
    name = number.name.removeprefix("SIG")
    process = viewer(f"trap 'echo {name} > told; exit 5' {name}\ntouch set\nsleep 60 & wait")
    until(lambda: (tmp_path / "set").exists(), process)
    process.send_signal(number)
    assert process.wait(30) == 5
    assert (tmp_path / "told").read_text() == f"{name}\n"


def test_a_snakemake_that_is_killed_ends_as_shells_say_it(viewer):
    assert viewer("kill -9 $$").wait(30) == 128 + 9


def test_a_run_goes_on_when_its_viewer_dies(viewer, tmp_path):
    process = viewer("while [ ! -e go ]; do sleep 0.1; done; echo on; touch done")
    process.kill()
    process.wait()
    (tmp_path / "go").touch()
    deadline = time.monotonic() + 600
    while not (tmp_path / "done").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
