"""Logs of jobs: what a script prints goes to its log file and to where it would have gone."""

import os
import sys
import time
from pathlib import Path
from typing import Any


def log_to(log: Any) -> None:
    """Send all that this process prints, C libraries included, to the job's first log file."""
    if not log:
        return
    path = Path(str(log[0]))
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


class Progress:
    """One line per minute about long work: how far, how fast, how long still."""

    def __init__(self, total: int, unit: str, every_s: float = 60.0):
        self.total, self.unit, self.every_s = total, unit, every_s
        self.started = self.told = time.monotonic()

    def __call__(self, done: int, note: str = "") -> None:
        """Tell about `done` of the total, at most once a minute and at the end."""
        now = time.monotonic()
        if done < self.total and now - self.told < self.every_s:
            return
        self.told = now
        rate = done / max(now - self.started, 1e-9)
        left = (self.total - done) / max(rate, 1e-9)
        print(
            f"{done}/{self.total} {self.unit}, {rate:.1f}/s, {left:.0f} s left {note}".rstrip(),
            file=sys.stderr,
            flush=True,
        )
