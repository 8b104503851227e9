"""A file that one process writes, of several that would at once."""

import os
import uuid
from collections.abc import Callable
from contextlib import ExitStack, suppress
from fcntl import LOCK_EX, flock
from pathlib import Path


def write_first(path: Path, text: str, why_not: Callable[[], str]) -> str:
    """Write a file, whole, unless one is there that must stay: then why, which `why_not` tells.

    Of several processes at once, one writes, and the others are told. Where a file system has hard
    links and no locks, that holds while no file is there: two may replace the same.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f".{path.stem}.{uuid.uuid4().hex}{path.suffix}")
    with ExitStack() as held:
        with suppress(OSError):
            flock(held.enter_context(path.with_suffix(".lock").open("a")), LOCK_EX)
        held.callback(own.unlink, missing_ok=True)
        own.write_text(text, encoding="utf-8")
        while not _could_take_name(own, path):
            if told := why_not():
                return told
            path.unlink(missing_ok=True)
    return ""


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
