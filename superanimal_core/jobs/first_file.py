"""A file that one process writes, of several that would at once."""

import os
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import TextIO

TRIES, PAUSE_S = 20, 0.1  # others hold the lock for milliseconds


def write_first(path: Path, text: str, why_not: Callable[[], str]) -> str:
    """Write a file, whole, unless one is there that must stay: then why, which `why_not` tells.

    Of several processes at once, one writes, and the others are told. Where a file system has hard
    links and no locks, that holds while no file is there: two may replace the same. So it is where
    the lock stays taken for two seconds, as by a process that was stopped while it held it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f".{path.stem}.{uuid.uuid4().hex}{path.suffix}")
    with ExitStack() as held:
        with suppress(OSError):
            _try_to_lock(held.enter_context(path.with_suffix(".lock").open("a")))
        held.callback(own.unlink, missing_ok=True)
        own.write_text(text, encoding="utf-8")
        while not _could_take_name(own, path):
            if told := why_not():
                return told
            path.unlink(missing_ok=True)
    return ""


def _try_to_lock(file: TextIO) -> None:
    """Lock a file, unless another holds it on and on; OSError where it cannot be locked."""
    for _ in range(TRIES):
        with suppress(BlockingIOError):
            flock(file, LOCK_EX | LOCK_NB)
            break
        time.sleep(PAUSE_S)


def _could_take_name(own: Path, path: Path) -> bool:
    """Give a file that is whole a name that none has; whether none had it."""
    try:
        os.link(own, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links, such as exFAT
        if path.exists():
            return False
        own.replace(path)
    return True
