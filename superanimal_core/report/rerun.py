"""How a video is done again: the same words in the report and in the terminal."""

import re
from collections.abc import Iterable

from superanimal_core.study.video_stages import SAME_STAGE, STAGES

Failed = tuple[str, str, str]  # a video, the stage in which it failed, and why
FIRST = STAGES["probe_video"]
# of Linux, Python, NumPy, Arrow and CUDA; and of torch on processors
TOO_LITTLE_MEMORY = re.compile(
    r"the process died with SIGKILL|\w*MemoryError: |OSError: \[Errno 12\]|"
    r"(Runtime|Accelerator)Error: .*"
    r"(can't allocate memory|CUDA error: out of memory|CUBLAS_STATUS_ALLOC_FAILED)"
)


def rerun_arguments(failed: Iterable[Failed]) -> list[str]:
    """What Snakemake is asked for to do what failed videos need again.

    And what depends on them: other views, networks that learned of several videos together.
    """
    failed = [*failed]
    return [
        *(f"results/videos/{video}/quality.json" for video, *_ in failed),
        *forced_again(failed),
    ]


def forced_again(failed: Iterable[Failed]) -> list[str]:
    """What Snakemake is asked for to begin with failed videos anew, beside all else that it does.

    With the stage that failed, where it had too little memory; else with the first: what was made
    before may be why it failed.
    """
    return ["--forcerun", *(f"results/videos/{video}/{_from(*why)}" for video, *why in failed)]


def _from(stage: str, reason: str) -> str:
    """What is made anew first of a failed video."""
    made = STAGES.get(SAME_STAGE.get(stage, stage), FIRST)
    return made if TOO_LITTLE_MEMORY.match(reason) else FIRST
