"""What ends at a limit of the shell is told so, and nothing else is."""

import os
import resource
import signal
import subprocess
import sys

import pytest

from superanimal_core.errors import DatasetError, VideoError
from superanimal_core.jobs import shell_limits
from superanimal_core.jobs.shell_limits import limit_of_death, limit_of_error, name_of_signal


@pytest.fixture
def limited(monkeypatch):
    """As if every limit were ten, and could not be raised."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (10, 10))


SHARED = "unable to open shared memory object </torch_1> in read-write mode: Too many open files"
ADVICE = "Too many open files. Communication with the workers is no longer possible."


@pytest.mark.parametrize(
    ("error", "letter"),
    [
        (RuntimeError(f"{SHARED} (24)"), "n"),
        (RuntimeError(ADVICE), "n"),
        (RuntimeError("Too many open files in system (23)"), ""),
        (RuntimeError("write failed: File too large"), "f"),
        (DatasetError("lab.csv: Too many open files"), "n"),
        (VideoError("predict_poses", f"RuntimeError: {ADVICE}"), ""),  # so says its table
        (RuntimeError("CUDA error: out of memory"), ""),
    ],
)
def test_libraries_that_keep_the_number_to_themselves_are_read(limited, error, letter):
    told = limit_of_error(error)
    assert (f"(ulimit -{letter})" in told) if letter else told == ""


def test_an_error_that_came_of_another_is_told_by_that(limited):
    error = VideoError("probe_video", "m1.mp4 cannot be opened")
    error.__context__ = RuntimeError(ADVICE)
    assert "(ulimit -n)" in limit_of_error(error)


@pytest.mark.parametrize(
    ("number", "is_limit"),
    [
        (signal.SIGXCPU, True),
        (signal.SIGXFSZ, True),
        (signal.SIGKILL, False),  # as of what takes too much memory
        (signal.SIGSEGV, False),
        (signal.SIGRTMIN + 1, False),
    ],
)
def test_some_signals_alone_are_of_a_limit(limited, number, is_limit):
    assert bool(limit_of_death(number)) is is_limit


def test_every_signal_has_a_name():
    assert name_of_signal(9) == "SIGKILL"
    assert name_of_signal(signal.SIGRTMIN + 1) == f"signal {signal.SIGRTMIN + 1}"


ENDED = """
import resource, time
from superanimal_core.jobs.shell_limits import be_told_of_time
most = int(time.process_time()) + 3
resource.setrlimit(resource.RLIMIT_CPU, (most, most))
be_told_of_time()
while True:
    pass
"""


def test_a_process_whose_time_is_used_up_is_ended_by_the_signal_that_says_so():
    path = os.pathsep.join(sys.path)
    ended = subprocess.run([sys.executable, "-c", ENDED], env=os.environ | {"PYTHONPATH": path})
    assert ended.returncode == -signal.SIGXCPU


@pytest.mark.parametrize(
    ("limits", "lowered"),
    [
        ((10, 10), (9, 10)),
        ((2, 2), (1, 2)),
        ((1, 1), None),
        ((9, 10), None),
        ((resource.RLIM_INFINITY,) * 2, None),
    ],
)
def test_time_is_lowered_only_where_the_last_second_would_end_it_without_a_word(
    monkeypatch, limits, lowered
):
    asked = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: asked.append(pair))
    shell_limits.be_told_of_time()
    assert asked == ([lowered] if lowered else [])
