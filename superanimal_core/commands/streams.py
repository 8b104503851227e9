"""Where a command prints, and where it is: what a shell may have taken away from it."""

import os
import sys

from superanimal_core.errors import SuperAnimalError

STREAMS = ("stdin", "stdout", "stderr")


def open_closed_streams() -> None:
    """Let what is printed go nowhere where that was closed (`>&-`).

    Else the next file that is opened stood in its place, here and in what is started.
    """
    for number, name in enumerate(STREAMS):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", closefd=False))


def leave_stdout() -> None:
    """Let what is still to be printed go nowhere: nobody takes it any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(sentence: str) -> None:
    """Tell a mistake, where that can be told: what takes no output may take no mistakes either."""
    try:
        print(sentence, file=sys.stderr, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def refuse_gone_folder() -> None:
    """SuperAnimalError where the working directory was deleted, or cannot be read."""
    try:
        os.getcwd()
    except OSError as error:
        raise SuperAnimalError(
            f"the folder that you are in is gone or closed ({error.strerror}); go into another: cd"
        ) from None
