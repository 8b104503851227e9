"""What ends a run is noted, and does what it did before."""

import signal
import subprocess
import sys

import pytest

RUN = """
import os, signal
from superanimal_core.jobs.stopped import is_stopped, note_stops
asked = []
signal.signal(signal.SIGTERM, lambda *_: asked.append("graceful"))
note_stops()
print(is_stopped())
for number in {sent}:
    try:
        os.kill(os.getpid(), number)
    except KeyboardInterrupt:
        asked.append("at once")
print(asked, is_stopped())
"""


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ([], "[] False"),
        ([signal.SIGTERM], "['graceful'] True"),
        ([signal.SIGINT], "['at once'] True"),
        ([signal.SIGTERM, signal.SIGINT], "['graceful', 'at once'] True"),
    ],
)
def test_what_ends_a_run_is_noted_and_ends_it_as_before(sent, told):
    command = [sys.executable, "-c", RUN.format(sent=[*map(int, sent)])]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == ["False", told]


def test_a_signal_that_is_ignored_stays_so():
    ignored = "signal.signal(signal.SIGINT, signal.SIG_IGN)\nasked = []"
    script = RUN.replace("asked = []", ignored).format(sent=[int(signal.SIGINT)])
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == ["False", "[] False"]
