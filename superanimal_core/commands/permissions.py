"""What somebody else's file says to whom may not read it: whose it is, and what to ask for."""

import os
import shlex
import stat
from pathlib import Path

from superanimal_core.jobs.run_owner import user_of

PARTS = ("config", "results", "logs", "benchmarks", ".snakemake")  # of a study


def refused(error: PermissionError, folder: str | Path = "") -> str:
    """A sentence of what was refused and what to do. Names that are not whole are of `folder`."""
    named = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
    if not named:
        return str(error)
    for path in (Path(named), Path(folder, named)):
        if closed := first_closed(path):
            return closed_sentence(closed, path)
    place = next(
        each for each in (Path(named), *Path(named).absolute().parents) if os.path.exists(each)
    )
    whose = f"{place} is {user_of(place)}'s (mode {mode_of(place)})"
    return f"{named} may not be written by you: {whose}; name a place where you may write"


def first_closed(path: Path) -> Path | None:
    """The first folder on the way to a file, or the file, that this user may not read."""
    whole = path.absolute()
    by = {} if os.getuid() == os.geteuid() else {"effective_ids": True}
    for each in (*reversed(whole.parents), whole):
        if os.path.islink(each) and not os.path.exists(each):
            there = Path(os.path.realpath(each))  # behind what is closed, or gone
            return first_closed(there) if there != each else None
        if not os.path.lexists(each) or (each != whole and not os.path.isdir(each)):
            return None
        needed = os.X_OK if each != whole else os.R_OK | (os.X_OK if os.path.isdir(each) else 0)
        if not os.access(each, needed, **by):
            return each
    return None


def closed_sentence(closed: Path, path: Path) -> str:
    """Whose a file or folder is that keeps a user from reading `path`, and what opens it.

    With all of its study where it is of one; of a folder above no more than the way through it.
    """
    study = _study_of(path.absolute(), closed)
    letter = _class_of(closed)
    command = f"chmod {letter}+rX {shlex.quote(str(closed))}"
    if study and closed.is_relative_to(study):
        command = f"chmod -R {letter}+rX {shlex.quote(str(study))}"
    elif closed != path.absolute():
        command = f"chmod {letter}+x {shlex.quote(str(closed))}"
    mode, owner = mode_of(closed), user_of(closed)
    if letter == "u":
        return f"{closed} is yours, but its mode {mode} keeps you from reading it: `{command}`"
    return (
        f"{closed} is {owner}'s (mode {mode}) and you may not read it: ask {owner} for `{command}`"
    )


def mode_of(path: Path) -> str:
    """The mode of a file as chmod takes it."""
    return f"{stat.S_IMODE(path.stat().st_mode):03o}"


def _study_of(path: Path, closed: Path) -> Path | None:
    """The study of a file, by the parts that it has; within what is closed by their names alone."""
    for above in path.parents:
        is_open = above != closed and not above.is_relative_to(closed)
        is_named = path.relative_to(above).parts[0] in PARTS
        if is_named and (not is_open or os.path.isdir(above / PARTS[0])):
            return above
    return None


def _class_of(path: Path) -> str:
    """As whom this user reads a file: u (its owner), g (of its group) or o (another)."""
    of = path.stat()
    if of.st_uid == os.geteuid():
        return "u"
    return "g" if of.st_gid in (os.getegid(), *os.getgroups()) else "o"
