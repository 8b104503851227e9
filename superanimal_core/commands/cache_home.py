"""A place for what Snakemake keeps between its processes, where the home folder takes nothing.

Without one it ends in a traceback: in a container, as a service, with a home that is read-only,
full, or not there.
"""

import os
import shlex
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from superanimal_core.commands.room import why_not_written

VARIABLE = "XDG_CACHE_HOME"  # freedesktop.org, XDG Base Directory Specification


def find_cache_home(study: Path) -> str:
    """Let child processes have a cache folder that takes files; what to type before their command.

    '' where the user's own does. Else the study's `.snakemake/cache`, or a folder beside temporary
    files where the study takes none either. Sets the environment variable.
    """
    own = Path(os.environ.get(VARIABLE) or os.path.expanduser("~/.cache"))
    if _takes_files(own / "snakemake"):
        return ""
    others = (study.absolute() / ".snakemake/cache", Path(gettempdir(), "superanimal-cache"))
    found = next((folder for folder in others if _takes_files(folder)), None)
    if found is None:
        return ""  # Snakemake says what it could not write
    os.environ[VARIABLE] = str(found)
    return f"{VARIABLE}={shlex.quote(str(found))} "


def _takes_files(folder: Path) -> bool:
    """Whether a folder is there, or can be made, and takes another: what can be tried is tried."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder) as inner:
            return not why_not_written(Path(inner))
    return False
