"""Logs of jobs: what a script prints goes to its log file and to where it would have gone."""

import os
import re
import sys
import time
import warnings
from pathlib import Path
from typing import Any

END_BYTES = 4_000
MOST_CHARACTERS = 300  # of a line that is shown
# scipy, of k-means over fewer kinds of frames than asked for: there is nothing to do about it
SAYS_NOTHING = "One of the clusters is empty"
_BEFORE: list[int] = []  # where this process printed before it had a log


def log_to(log: Any) -> None:
    """Send all that this process prints, C libraries included, to the job's first log file."""
    if not log:
        return
    warnings.filterwarnings("ignore", SAYS_NOTHING)
    path = Path(str(log[0]))
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.utime(descriptor)  # that it has begun is its first word
    _BEFORE[:] = [os.dup(2)]
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def say_at_last(sentence: str) -> None:
    """Print into the log; where that has no room, either, to where it would have gone without."""
    try:
        os.write(2, f"{sentence}\n".encode())
    except OSError:
        for descriptor in _BEFORE:
            os.write(descriptor, f"{sentence}\n".encode())


class Progress:
    """One line per minute about long work: how far, how fast, how long still.

    `start` is what an earlier job had done; by default one less than the first that is told.
    """

    def __init__(self, total: int, unit: str, every_s: float = 60.0, start: int | None = None):
        self.total, self.unit, self.every_s, self.start = total, unit, every_s, start
        self.started = self.told = time.monotonic()

    def __call__(self, done: int, note: str = "") -> None:
        """Tell about `done` of the total, at most once a minute and at the end."""
        if self.start is None:
            self.start = done - 1
        now = time.monotonic()
        if done < self.total and now - self.told < self.every_s:
            return
        self.told = now
        rate = (done - self.start) / max(now - self.started, 1e-9)
        left = (self.total - done) / max(rate, 1e-9)
        print(
            f"{done}/{self.total} {self.unit}, {rate:.3g}/s, {left:.0f} s left {note}".rstrip(),
            file=sys.stderr,
            flush=True,
        )


def told_progress(line: str) -> tuple[float, float]:
    """What a line of Progress tells: the part that is done, 0 to 1, and parts per second.

    Both are 0 where it is no such line.
    """
    told = re.match(r"(\d+)/([1-9]\d*) [^,]+, ([\d.e+-]+)/s, ", line)
    if told is None:
        return 0.0, 0.0
    done, total, rate = (float(figure) for figure in told.groups())
    return min(done / total, 1.0), rate / total


def last_line(log: Path) -> str:
    """The last line of a log that says something, of its last few thousand characters.

    No longer than a few hundred characters, and without those that a terminal obeys; empty where
    the log cannot be read.
    """
    try:
        with log.open("rb") as text:
            text.seek(max(0, os.fstat(text.fileno()).st_size - END_BYTES))
            lines = text.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    told = (_plain(line) for line in reversed(lines))
    return next(filter(None, told), "")


def _plain(line: str) -> str:
    shown = re.sub(r"\x1b\[[0-9;?]*[ -/]*[@-~]", "", line)  # colors
    shown = "".join(each if each.isprintable() else " " for each in shown).strip()
    return shown if len(shown) <= MOST_CHARACTERS else f"{shown[:MOST_CHARACTERS]}…"
