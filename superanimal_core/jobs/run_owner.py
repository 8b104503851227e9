"""Whose run holds the lock of a study's folder, so that the next one can say it.

Snakemake's lock names no owner. The main process of a run writes its own into
`.snakemake/superanimal-run.json` and takes it away at its end; a killed run leaves both behind.
Scripts end with the Snakemake that started them (`end_with_runner`): one that outlived it would
write, beside the script that the next run starts, the same files.
Snakemake locks a folder only once it has planned, seconds to minutes after its start: until then
`.snakemake/superanimal-start.json` says who started one; the run takes it away once it has locked.
The Snakefile imports this module in every job: nothing but the standard library.
"""

import getpass
import json
import os
import shlex
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from superanimal_core.jobs.first_file import write_first
from superanimal_core.tables.atomic import replacing

RECORD = Path(".snakemake/superanimal-run.json")
START = Path(".snakemake/superanimal-start.json")
LOCKS = Path(".snakemake/locks")
RUNNER = "SUPERANIMAL_RUNNER"  # process and start of the Snakemake that runs a script
LOOK_EVERY_S = 1.0
STOPPED = ("T", "t")  # the state of a process, in proc(5)


@dataclass(frozen=True)
class Owner:
    """A process: whose, where, which. `born` tells it from a later one of the same number.

    `boot` is the machine's start, and `space` the processes that number it is of: those of a
    container are its own. Both are '' where the system does not tell.
    """

    user: str
    host: str
    process: int
    born: str
    boot: str = ""
    space: str = ""


def name_user() -> None:
    """Give a user who has no name one, in the environment: Snakemake and `write_owner` ask for it.

    In containers that run as a number it is `user` and the number.
    """
    try:
        getpass.getuser()
    except (KeyError, OSError):
        os.environ["LOGNAME"] = f"user{os.getuid()}"  # POSIX; the first that is asked


def write_owner(folder: str | Path) -> None:
    """Note that this process runs the study in a folder, which it has locked."""
    with replacing(Path(folder) / RECORD) as temporary:
        temporary.write_text(_of_this_process(), encoding="utf-8")
    (Path(folder) / START).unlink(missing_ok=True)


def forget_owner(folder: str | Path) -> float:
    """The run has ended; when it began, by the clock of the folder's disk (0: not known)."""
    record = Path(folder) / RECORD
    began_s = record.stat().st_mtime if record.exists() else 0.0
    record.unlink(missing_ok=True)
    return began_s


def note_start(folder: str | Path) -> str:
    """Note that this process starts a run, unless another does: then who does, as a line.

    Of several that ask at once, one goes on. One of elsewhere is not told, nor one whose start the
    system does not tell: it may have died.
    """
    record = Path(folder) / START
    return write_first(record, _of_this_process(), lambda: _start_notice(record))


def _start_notice(record: Path) -> str:
    """Who started a run and goes on with it on this host; '' where nobody but this process does."""
    owner = _owner_in(record)
    if owner is None or owner.process == os.getpid() or not owner.born:
        return ""
    with suppress(OSError):  # it has locked meanwhile, or died
        since_s = record.stat().st_mtime
        if _born(owner.process) == owner.born and not _elsewhere(owner, since_s):
            since = time.strftime("%Y-%m-%d %H:%M", time.localtime(since_s))
            return f"{record.parents[1].resolve()} is run since {since} by {_running(owner)}\n"
    return ""


def lock_notice(folder: str | Path, unlock: str) -> str:
    """Who locked a folder and what to do, as a line; empty where it is not locked.

    `unlock`: the command that removes the lock. Whether the owner lives is only known on its host.
    """
    lock = _lock_of(folder)
    if lock is None:
        return ""
    since_s = lock.stat().st_mtime
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(since_s))
    locked = f"{Path(folder).resolve()} is locked since {since} by"
    owner = _owner_of_lock(Path(folder) / RECORD, since_s)
    if owner is None:
        whose = f"{user_of(lock)}; the process is not known"
        return f"{locked} {whose}. If no run of this study is left: {unlock}\n"
    whose = _named(owner)
    if owner.host != socket.gethostname():
        look = f"ssh {owner.host} ps -p {owner.process}"
        return f"{locked} {whose}. Look there whether it runs: {look}. If not: {unlock}\n"
    if where := _elsewhere(owner, since_s):
        return f"{locked} {whose}, {where}: not known from here. If it has ended: {unlock}\n"
    if _lives(owner):
        return f"{locked} {_running(owner)}\n"
    rest = "Its scripts here died with it, jobs on a cluster are taken over by the next run"
    return f"{locked} {whose}, which has died. {rest}. To go on: {unlock} and start again\n"


def runs_since(folder: str | Path) -> float | None:
    """When the run that goes on began, by the clock of the folder's disk; None where none does.

    One on another host counts as going on: whether it has died is only known there.
    """
    lock = _lock_of(folder)
    if lock is None:
        return None
    since_s = lock.stat().st_mtime
    owner = _owner_of_lock(Path(folder) / RECORD, since_s)
    is_dead = owner is not None and not (_elsewhere(owner, since_s) or _lives(owner))
    return None if is_dead else since_s


def dead_owner(folder: str | Path) -> str:
    """Whose the lock of a folder is, where it died for sure: since this machine's start; else ''.

    And where it is the only lock: of several, the others may be of whom the record does not name.
    """
    lock = _lock_of(folder)
    if lock is None or len({each.name.partition(".")[0] for each in _locks_of(folder)}) > 1:
        return ""
    owner = _owner_of_lock(Path(folder) / RECORD, lock.stat().st_mtime)
    if owner is None or not owner.boot or (owner.host, owner.boot, owner.space) != _here():
        return ""
    return "" if _lives(owner) else _named(owner)


def unlock(folder: str | Path) -> None:
    """Remove a folder's lock, as Snakemake does when it is asked to."""
    for lock in _locks_of(folder):
        lock.unlink(missing_ok=True)


def command_of_snakemake(snakefile: str) -> str:
    """How to call this Snakemake with this workflow in the study's folder, which -P leaves out."""
    program, file = map(os.path.relpath, (sys.executable, snakefile))
    return f"{shlex.quote(program)} -P -m snakemake --snakefile {shlex.quote(file)}"


def name_runner() -> None:
    """Tell the scripts that this Snakemake will start, through their environment, which it is."""
    os.environ[RUNNER] = f"{os.getpid()} {_born(os.getpid())}"


def end_with_runner() -> None:
    """From now on this process is killed within a second when the Snakemake that runs it dies."""
    process, _, born = os.environ.get(RUNNER, "").partition(" ")
    if process:
        threading.Thread(target=_end_with, args=(int(process), born), daemon=True).start()


def _end_with(process: int, born: str) -> None:
    while _born(process) == born:
        time.sleep(LOOK_EVERY_S)
    os.kill(os.getpid(), signal.SIGKILL)


def _lock_of(folder: str | Path) -> Path | None:
    """The first file of a folder's lock; None where it is not locked."""
    return min(_locks_of(folder), default=None)


def _locks_of(folder: str | Path) -> list[Path]:
    return [*(Path(folder) / LOCKS).glob("*.lock")]


def _owner_of_lock(record: Path, since_s: float) -> Owner | None:
    """The owner, if its record is not older than the lock (of an earlier run) and can be read."""
    try:
        return _owner_in(record) if record.stat().st_mtime >= since_s else None
    except OSError:
        return None


def _owner_in(record: Path) -> Owner | None:
    """The owner that a record tells; None where it cannot be read."""
    try:
        return Owner(**json.loads(record.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _of_this_process() -> str:
    """The record of this process."""
    host, boot, space = _here()
    own = Owner(getpass.getuser(), host, os.getpid(), _born(os.getpid()), boot, space)
    return json.dumps(asdict(own))


def _here() -> tuple[str, str, str]:
    """This host, its start, and the space of process numbers; '' for what it does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return socket.gethostname(), boot, os.readlink("/proc/self/ns/pid")
    except OSError:
        return socket.gethostname(), "", ""


def _elsewhere(owner: Owner, since_s: float) -> str:
    """Where a process is of which nothing is known here; '' where it is of here, dead or alive.

    `since_s`: when it wrote. What an earlier start of this machine left is older than this start.
    """
    host, boot, space = _here()
    if owner.host != host:
        return f"on {owner.host}"
    if owner.boot in ("", boot):
        is_counted_here = not owner.boot or owner.space == space
        return "" if is_counted_here else "in another container, or outside of this one"
    return "of another machine of that name" if since_s >= _started_s() else ""


def _started_s() -> float:
    """When this machine was started, by its clock (proc(5)); 0 where the system does not tell."""
    with suppress(OSError):
        _, _, rest = Path("/proc/stat").read_text(encoding="ascii").partition("\nbtime ")
        return float(rest.partition("\n")[0] or 0)
    return 0.0


def _named(owner: Owner) -> str:
    return f"{owner.user}, process {owner.process} on {owner.host}"


def _running(owner: Owner) -> str:
    """Whose a process is that is running here, and how it is ended.

    As Ctrl-C does, with its jobs: for those that go on, Snakemake waits, be it for days. What is
    stopped hears of that only once it goes on.
    """
    group = os.getpgid(owner.process)
    stop, go_on = f"kill -INT -- -{group}", f"kill -CONT -- -{group}"
    if next(iter(_account_of(owner.process)), "") in STOPPED:
        told = f"which was stopped (Ctrl-Z). To let it go on: {go_on}. To end it: {stop}; {go_on}"
        return f"{_named(owner)}, {told}"
    return f"{_named(owner)}, which is running. To end it: {stop}"


def user_of(path: Path) -> str:
    """The name of whom a file belongs to, or the number of a user without a name."""
    try:
        return path.owner()
    except (KeyError, OSError):
        return f"user {path.stat().st_uid}"


def _lives(owner: Owner) -> bool:
    try:
        os.kill(owner.process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's, of which not every system tells the start
        return _born(owner.process) in ("", owner.born)
    return _born(owner.process) == owner.born


def _born(process: int) -> str:
    """The start of a process in clock ticks since boot (proc(5), field 22); '' when it is dead.

    Elsewhere than on Linux it is always ''.
    """
    fields = _account_of(process)
    return "" if not fields or fields[0] in "ZX" else fields[19]


def _account_of(process: int) -> list[str]:
    """What Linux tells of a process (proc(5), from field 3 on); nothing where it is gone."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
