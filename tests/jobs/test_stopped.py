"""What ends a run is noted, and does what it did before."""

import inspect
import signal
import subprocess
import sys
import threading

import pytest
from snakemake.scheduling.job_scheduler import JobScheduler

from superanimal_core.jobs.stopped import END, end_beside_the_scheduler

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


def test_what_has_failed_by_then_is_kept_and_not_what_fails_of_it():
    failing = """
from superanimal_core.jobs.stopped import failed_before_stop
failed = set(["earlier"])
signal.signal(signal.SIGTERM, lambda *_: failed.add("of it"))
note_stops(lambda: failed)"""
    script = RUN.replace("\nnote_stops()", failing) + "print(failed_before_stop())"
    command = [sys.executable, "-c", script.format(sent=[int(signal.SIGTERM)] * 2)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[1:] == ["[] True", "['earlier']"]


class Scheduler:
    """What of Snakemake's scheduler matters here."""

    def __init__(self):
        self._lock = threading.Lock()
        self.ended = threading.Event()

    def exit_gracefully(self, *_):
        with self._lock:
            self.ended.set()


def test_a_scheduler_that_holds_its_lock_hears_of_its_end_and_does_not_wait_for_itself():
    end_beside_the_scheduler(Scheduler)
    scheduler = Scheduler()
    with scheduler._lock:  # as the main thread does when the signal comes
        asked = threading.Thread(
            target=scheduler.exit_gracefully, args=(signal.SIGTERM, None), daemon=True
        )
        asked.start()
        asked.join(60)
        assert not asked.is_alive()
        assert not scheduler.ended.is_set()
    assert scheduler.ended.wait(60)


def test_a_class_without_such_an_end_stays_as_it_is():
    class Other:
        pass

    end_beside_the_scheduler(Other)
    assert not hasattr(Other, END)


def test_snakemakes_scheduler_still_ends_so():
    assert f"signal.signal(signal.SIGTERM, self.{END})" in inspect.getsource(JobScheduler)
