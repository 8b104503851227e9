"""A name for a user who has none, as in containers that run as a number: Snakemake asks for one."""

import getpass
import os

VARIABLE = "LOGNAME"  # POSIX; the first that is asked


def find_user_name() -> str:
    """Let child processes know a user name; what to type before their command, '' where they do.

    Sets the environment variable.
    """
    try:
        getpass.getuser()
    except (KeyError, OSError):
        os.environ[VARIABLE] = f"user{os.getuid()}"
        return f"{VARIABLE}={os.environ[VARIABLE]} "
    return ""
