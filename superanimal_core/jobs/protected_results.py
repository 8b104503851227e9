"""Results that cannot be written, and would be made again: somebody else's, or an archive's.

Snakemake names them beside a line of our rules, and names no way on.
"""

import os
import shlex
import stat
from functools import wraps
from pathlib import Path
from typing import Any

from superanimal_core.jobs.run_owner import user_of

OWN = (
    "In the study's folder, `chmod -R u+w results` lets you; where it is somebody else's, copy the "
    "study, do this in the copy, and run that one"
)


def asked_of_owner(path: str | Path, study: str | Path) -> str:
    """What lets a group write what one of them made in a study; '' where that is no way.

    As for one's own files, for somebody's with whom one shares no group, and on a disk that takes
    nothing.
    """
    of = os.stat(path)
    is_shared = of.st_gid in (os.getegid(), *os.getgroups())
    if of.st_uid == os.geteuid() or not is_shared or of.st_mode & stat.S_IWGRP:
        return ""
    owner, command = user_of(Path(path)), f"chmod -R g+w {shlex.quote(str(_whole(path, study)))}"
    return (
        f"{path} is {owner}'s: ask {owner} for `{command}`, and let all who run this study write "
        "`umask 002` before they do, so that the group may write what they make; or copy the "
        "study, and run the copy"
    )


def _whole(path: str | Path, study: str | Path) -> Path:
    """The study that something lies in; of what a link of it leads to, all that lies there."""
    closed, folders = Path(path).resolve(), [Path(study), *sorted(Path(study).glob("*"))]
    inside = (folder for folder in folders if closed.is_relative_to(folder.resolve()))
    return next((folder.resolve() for folder in inside), closed)


def tell_protected(job: Any, refusal: type[Exception], told: type[Exception]) -> None:
    """Let Snakemake say what to do. Patches its class of jobs, which raises `refusal` so far.

    AttributeError where there is no such method.
    """
    check = job.check_protected_output

    @wraps(check)
    async def check_and_tell(self: Any) -> None:
        try:
            await check(self)
        except refusal:
            closed = [str(file) for file in self.output if await file.protected()]
            asked = (asked_of_owner(file, os.getcwd()) for file in closed)
            raise told(
                f"{', '.join(closed)} cannot be written by you, and would be made again by "
                f"{self.rule.name}. {next(filter(None, asked), OWN)}"
            ) from None

    job.check_protected_output = check_and_tell
