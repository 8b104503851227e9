"""Whose run holds the lock of a study's folder, so that the next one can say it.

Snakemake's lock names no owner. The main process of a run writes its own into
`.snakemake/superanimal-run.json` and takes it away at its end; a killed run leaves both behind.
The Snakefile imports this module in every job: nothing but the standard library.
"""

import getpass
import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from superanimal_core.files.atomic import replacing

RECORD = Path(".snakemake/superanimal-run.json")
LOCKS = Path(".snakemake/locks")


@dataclass(frozen=True)
class Owner:
    """A process: whose, where, which. `born` tells it from a later one of the same number."""

    user: str
    host: str
    process: int
    born: str


def write_owner(folder: str | Path) -> None:
    """Note that this process runs the study in a folder."""
    own = Owner(getpass.getuser(), socket.gethostname(), os.getpid(), _born(os.getpid()))
    with replacing(Path(folder) / RECORD) as temporary:
        temporary.write_text(json.dumps(asdict(own)), encoding="utf-8")


def forget_owner(folder: str | Path) -> None:
    """The run has ended."""
    (Path(folder) / RECORD).unlink(missing_ok=True)


def lock_notice(folder: str | Path, unlock: str) -> str:
    """Who locked a folder and what to do, as a line; empty where it is not locked.

    `unlock`: the command that removes the lock. Whether the owner lives is only known on its host.
    """
    locks = sorted((Path(folder) / LOCKS).glob("*.lock"))
    if not locks:
        return ""
    since_s = locks[0].stat().st_mtime
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(since_s))
    locked = f"{Path(folder).resolve()} is locked since {since} by"
    owner = _owner_of_lock(Path(folder) / RECORD, since_s)
    if owner is None:
        whose = f"{_user_of(locks[0])}; the process is not known"
        return f"{locked} {whose}. If no run of this study is left: {unlock}\n"
    whose = f"{owner.user}, process {owner.process} on {owner.host}"
    if owner.host != socket.gethostname():
        look = f"ssh {owner.host} ps -p {owner.process}"
        return f"{locked} {whose}. Look there whether it runs: {look}. If not: {unlock}\n"
    if _lives(owner):
        stop = f"kill -INT {owner.process}"
        return f"{locked} {whose}, which is running. Wait for it, or end it: {stop}\n"
    rest = "The next run takes over its jobs that are still on a cluster"
    return f"{locked} {whose}, which has died. {rest}. To go on: {unlock} and start again\n"


def _owner_of_lock(record: Path, since_s: float) -> Owner | None:
    """The owner, if its record is not older than the lock (of an earlier run) and can be read."""
    try:
        if record.stat().st_mtime < since_s:
            return None
        return Owner(**json.loads(record.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _user_of(path: Path) -> str:
    try:
        return path.owner()
    except (KeyError, OSError):
        return f"user {path.stat().st_uid}"


def _lives(owner: Owner) -> bool:
    try:
        os.kill(owner.process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's
        return True
    return _born(owner.process) == owner.born


def _born(process: int) -> str:
    """The start of a process in clock ticks since boot (proc(5), field 22); '' elsewhere."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[19]
