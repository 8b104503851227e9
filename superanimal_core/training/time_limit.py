"""A limit of time for a training. What it ends depends on the machine, so that none is the rule."""

import time
from collections.abc import Callable


def time_limit(
    minutes: float | None, clock: Callable[[], float] = time.monotonic
) -> Callable[[], bool] | None:
    """Whether so many minutes have passed since now; nothing to ask where there is no limit.

    A training that goes on after it was killed has its minutes anew.
    """
    if minutes is None:
        return None
    end_s = clock() + 60 * minutes
    return lambda: clock() >= end_s
