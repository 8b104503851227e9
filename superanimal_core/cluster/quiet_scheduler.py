"""One timer for Snakemake's scheduler instead of one more with every job.

Snakemake limits how many jobs it starts in a second. After each look at its jobs the scheduler
therefore asks to be woken a second later, when more may start; the look that follows asks again,
and so does the look after every job that ends. No such chain ever ends: after 1,000 jobs it looks
1,000 times a second, on the login node, until the run is over.
"""

import threading
from typing import Any

REQUEST, GATE = "_schedule_reevalutation", "_open_jobs"  # spelled so


def wake_scheduler_once(scheduler: type[Any]) -> None:
    """Let a scheduler class (`JobScheduler`) have one request to be woken at a time.

    A request while one is pending is dropped: the pending one comes earlier, and the look that it
    leads to asks again. A class without such requests, of another Snakemake, stays as it is.
    """
    ask_again = getattr(scheduler, REQUEST, None)
    if ask_again is None:
        return

    def wake_once(own: Any, delay_s: float) -> None:
        """The scheduler's method: wake it in so many seconds, unless that is to happen anyway."""
        gate = getattr(own, GATE, None)
        if gate is None:
            ask_again(own, delay_s)
            return
        if getattr(own, "is_to_be_woken", False):
            return
        own.is_to_be_woken = True

        def wake() -> None:
            own.is_to_be_woken = False  # first, or the look that follows could not ask again
            gate.release()

        timer = threading.Timer(delay_s, wake)
        timer.daemon = True  # nobody needs to be woken after the end
        timer.start()

    setattr(scheduler, REQUEST, wake_once)
