"""Limits of a shell or of a cluster's job (`ulimit`) at which work ends: no fault of a video.

A write beyond the largest file is an error, since Python has its signal ignored. A process whose
time is used up is killed: by SIGXCPU, where the limit may still be raised, else without a word.
"""

import errno
import resource
import signal
from dataclasses import dataclass

from superanimal_core.jobs.troubled_place import causes

TOO_LARGE = "File too large"  # of libraries that keep the number to themselves


@dataclass(frozen=True)
class Limit:
    """What a shell limits: its number and letter, what is limited, in which unit and how much."""

    number: int
    letter: str
    what: str
    unit: str = ""
    each: float = 1.0

    def sentence(self) -> str:
        """Which limit ended a job, how much it is, and what to do; '' where there is no limit."""
        soft, hard = resource.getrlimit(self.number)
        if soft == resource.RLIM_INFINITY:
            return ""
        lifted = f"write `ulimit -S -{self.letter} hard` and run again, or " * (soft != hard)
        return (
            f"{self.what} {soft * self.each:.4g}{self.unit} here (ulimit -{self.letter}), a limit "
            "of this shell or of the cluster's job, and this job needs more; nothing half-written "
            f"is left, and no video counts as failed. To go on, {lifted}run where it is higher, as "
            "in another shell"
        )


FILE = Limit(resource.RLIMIT_FSIZE, "f", "no file may grow beyond", " MB", 1e-6)
OPEN = Limit(resource.RLIMIT_NOFILE, "n", "the files that a process has open are at most")
TIME = Limit(resource.RLIMIT_CPU, "t", "a process may compute for no more than", " s")
BY_ERROR = {errno.EFBIG: FILE, errno.EMFILE: OPEN}
BY_SIGNAL = {signal.SIGXFSZ: FILE, signal.SIGXCPU: TIME}


def limit_of_error(error: BaseException) -> str:
    """The sentence of the limit at which a job failed; '' where it failed for something else."""
    for each in causes(error):
        limit = BY_ERROR.get(getattr(each, "errno", None) or 0)
        if limit or TOO_LARGE in str(each):
            return (limit or FILE).sentence()
    return ""


def limit_of_death(number: int, computed_s: float) -> str:
    """The same for a process that a signal killed after so much time of processors."""
    soft, hard = resource.getrlimit(TIME.number)
    is_at_end = soft == hard != resource.RLIM_INFINITY and round(computed_s) >= soft
    if number == signal.SIGKILL and is_at_end:
        return TIME.sentence()
    limit = BY_SIGNAL.get(signal.Signals(number))
    return limit.sentence() if limit else ""
