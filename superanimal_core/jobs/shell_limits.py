"""Limits of a shell or of a cluster's job (`ulimit`) at which work ends: no fault of a video.

A write beyond the largest file is an error, since Python has its signal ignored. A process whose
time is used up is killed: by SIGXCPU, where the limit may still be raised, else without a word,
but for `be_told_of_time`.
"""

import errno
import re
import resource
import signal
from dataclasses import dataclass

from superanimal_core.errors import VideoError
from superanimal_core.jobs.troubled_place import causes


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
BY_WORDS = {
    re.compile("File too large"): FILE,
    re.compile("Too many open files(?! in system)"): OPEN,  # these are of all users
}
BY_SIGNAL: dict[int, Limit] = {signal.SIGXFSZ: FILE, signal.SIGXCPU: TIME}


def limit_of_error(error: BaseException) -> str:
    """The sentence of the limit at which a job failed; '' where it failed for something else."""
    for each in causes(error):
        limit = BY_ERROR.get(getattr(each, "errno", None) or 0)
        if limit := limit or _limit_in_words(each):
            return limit.sentence()
    return ""


def _limit_in_words(error: BaseException) -> Limit | None:
    """The limit that libraries tell which keep the number to themselves, such as torch.

    What a table says of its video is no limit of today.
    """
    if isinstance(error, VideoError):
        return None
    return next((each for words, each in BY_WORDS.items() if words.search(str(error))), None)


def be_told_of_time(margin_s: int = 1) -> None:
    """From now on this process is killed by SIGXCPU, and not SIGKILL, where its time is used up.

    What runs out of memory is killed by SIGKILL, too; and the time of a process whose children have
    ended is not told without theirs, to which the limit does not apply.
    """
    soft, hard = resource.getrlimit(TIME.number)
    if soft == hard != resource.RLIM_INFINITY and hard > margin_s:
        resource.setrlimit(TIME.number, (hard - margin_s, hard))


def limit_of_death(number: int) -> str:
    """The same for a process that a signal killed."""
    limit = BY_SIGNAL.get(number)
    return limit.sentence() if limit else ""


def name_of_signal(number: int) -> str:
    """As `SIGKILL`; most of those for real time (signal(7)) have none but their number."""
    names = {each.value: each.name for each in signal.Signals}
    return names.get(number, f"signal {number}")
