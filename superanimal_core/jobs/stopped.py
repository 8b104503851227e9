"""Whether somebody ended a run, by Ctrl-C or `kill`: what its jobs left then is no failure."""

import signal
import threading
from collections.abc import Callable
from types import FrameType

STOPS = (signal.SIGINT, signal.SIGTERM)
_CAME: list[int] = []  # to this process


def note_stops() -> None:
    """From now on note a signal that ends the run, before Snakemake does with it what it does."""
    if threading.current_thread() is not threading.main_thread():
        return  # only there a signal has a handler
    for number in STOPS:
        before = signal.getsignal(number)
        if callable(before):
            signal.signal(number, _noted_before(before))


def is_stopped() -> bool:
    """Whether such a signal has come."""
    return bool(_CAME)


def _noted_before(
    before: Callable[[int, FrameType | None], object],
) -> Callable[[int, FrameType | None], object]:
    def note(number: int, frame: FrameType | None) -> object:
        _CAME.append(number)
        return before(number, frame)

    return note
