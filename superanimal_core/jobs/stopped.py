"""Whether somebody ended a run, by Ctrl-C or `kill`: what its jobs left then is no failure."""

import signal
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import FrameType
from typing import Any

STOPS = (signal.SIGINT, signal.SIGTERM)
END = "exit_gracefully"  # of Snakemake's scheduler
_CAME: list[float] = []  # when, to this process (s since 1970)
_FAILED: list[Any] = []  # before the first of these


def note_stops(failed: Callable[[], Iterable[Any]] = tuple) -> None:
    """From now on note a signal that ends the run, before Snakemake does with it what it does.

    And which jobs have `failed` by then.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # only there a signal has a handler
    for number in STOPS:
        before = signal.getsignal(number)
        if callable(before):
            signal.signal(number, _noted_before(before, failed))


def is_stopped() -> bool:
    """Whether such a signal has come."""
    return stopped_s() is not None


def stopped_s() -> float | None:
    """When the first of them came (s since 1970)."""
    return next(iter(_CAME), None)


def failed_before_stop() -> list[Any]:
    """The jobs that had failed when it came: these failed for a reason of their own."""
    return _FAILED


def end_beside_the_scheduler(scheduler: type[Any]) -> None:
    """Let a scheduler class (`JobScheduler`) hear of SIGTERM in a thread of its own.

    Its handler takes a lock, which the main thread, in which handlers run, may hold: then the run
    would wait for itself for ever. A class without that handler stays as it is.
    """
    end = getattr(scheduler, END, None)
    if end is None:
        return

    def end_beside(own: Any, *signal_and_frame: Any) -> None:
        threading.Thread(target=end, args=(own, *signal_and_frame), daemon=True).start()

    setattr(scheduler, END, end_beside)


def _noted_before(
    before: Callable[[int, FrameType | None], object], failed: Callable[[], Iterable[Any]]
) -> Callable[[int, FrameType | None], object]:
    def note(number: int, frame: FrameType | None) -> object:
        if not _CAME:
            with suppress(AttributeError):  # a newer Snakemake may not tell
                _FAILED.extend(failed())
        _CAME.append(time.time())
        return before(number, frame)

    return note
