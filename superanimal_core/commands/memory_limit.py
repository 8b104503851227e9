"""A shell that gives a command too little memory to load its libraries, as on login nodes.

There an import ends in words of the system's loader, which name a file and no way on.
"""

import resource

from superanimal_core.report.cells import told_size

LOADER = ("failed to map segment", "annot allocate memory")  # glibc, and what the system says


def short_of_memory(error: ImportError | MemoryError | OSError) -> str:
    """What to do where a limit of the shell is why; '' where there is none, or it is not why."""
    limit, most = resource.getrlimit(resource.RLIMIT_AS)
    is_why = isinstance(error, MemoryError) or any(words in str(error) for words in LOADER)
    if limit == resource.RLIM_INFINITY or not is_why:
        return ""
    lifted = "write `ulimit -v unlimited` and try again, or " * (most == resource.RLIM_INFINITY)
    return (
        f"memory is limited to {told_size(limit)} here, too little for this command; {lifted}do it "
        "where there is more, as in a job of the cluster"
    )
