"""Variables that say on how many threads libraries compute, as far as these cannot read them.

pandas loads numexpr, which ends with a traceback where one is no number. OpenMP takes a list, of
which the first figure counts here: `4,2` is four threads, and two in each of them.
"""

import os
import re
import shlex

OPENMP, NUMEXPR = "OMP_NUM_THREADS", "NUMEXPR_NUM_THREADS"
LIST = re.compile(r"\s*([1-9]\d*)\s*(,\s*[1-9]\d*\s*)+")


def settle_threads() -> str:
    """Tell numexpr, here and in what is started, the first figure of a list for OpenMP.

    What is wrong and what to do, where one of the variables is no number; else ''. Then numexpr is
    told one thread: what only loads it works.
    """
    if not os.environ.get(NUMEXPR) and (listed := LIST.fullmatch(os.environ.get(OPENMP, ""))):
        os.environ[NUMEXPR] = listed[1]
    name = NUMEXPR if os.environ.get(NUMEXPR) else OPENMP  # the other one is not read
    written = os.environ.get(name, "")
    try:
        int(written or 1)
    except ValueError:
        os.environ[NUMEXPR] = "1"
        return (
            f"{name} is '{written}', which is no number of threads: `unset {name}`, or give a "
            f"number (`export {name}=4`), and try again"
        )
    return ""


def threads_to_type() -> str:
    """What to type before a command that loads numexpr where OpenMP has a list; else ''."""
    listed = LIST.fullmatch(os.environ.get(OPENMP, ""))
    return f"{NUMEXPR}={shlex.quote(os.environ.get(NUMEXPR) or listed[1])} " if listed else ""
