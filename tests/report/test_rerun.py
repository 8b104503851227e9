"""What does a failed video again: no more than must be, and all that may be why it failed."""

from pathlib import Path

import pytest

from superanimal_core.report.rerun import forced_again, rerun_arguments
from superanimal_core.study.video_stages import SAME_STAGE, STAGES

RULES = Path(__file__).parents[2] / "workflow/rules"
KILLED = "the process died with SIGKILL; it may have run out of memory"


@pytest.mark.parametrize("stage", [*STAGES, *SAME_STAGE])
def test_what_is_forced_of_a_stage_is_what_its_rule_makes(stage):
    _, _, output = (RULES / f"{stage}.smk").read_text().partition("output:")
    made, _, _ = output.partition("log:")
    (forced,) = forced_again([("{video}", stage, KILLED)])[1:]
    assert f'"{forced}"' in made


@pytest.mark.parametrize(
    ("reason", "is_late"),
    [
        (KILLED, True),
        ("MemoryError: no message (traceback in the log)", True),
        ("_ArrayMemoryError: Unable to allocate 9 GiB (traceback in the log)", True),
        ("OutOfMemoryError: CUDA out of memory. Tried (traceback in the log)", True),
        ("RuntimeError: [enforce fail] CPU: can't allocate memory: you tried", True),
        ("OSError: [Errno 12] Cannot allocate memory (traceback in the log)", True),
        ("RuntimeError: CUDA error: out of memory CUDA kernel errors might be", True),
        ("AcceleratorError: CUDA error: out of memory Search for `cudaErrorMemory", True),
        ("RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling", True),
        ("RuntimeError: CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling", False),
        ("OSError: [Errno 5] Input/output error: 'm.mp4'", False),
        ("the process died with SIGSEGV", False),
        ("results/videos/m/poses.parquet: not a table of ours (ArrowInvalid); delete it", False),
        ("OSError: Corrupt snappy compressed data. (traceback in the log)", False),
        ("m.mp4 is torn: MemoryError: so says its name", False),
    ],
)
def test_only_for_want_of_memory_what_was_made_before_stays(reason, is_late):
    """Anything else may come from a damaged result of an earlier stage, which is made anew."""
    first = "features" if is_late else "frames"
    forced = ["--forcerun", f"results/videos/m/{first}.parquet"]
    assert forced_again([("m", "describe_behavior", reason)]) == forced
    told = rerun_arguments([("m", "describe_behavior", reason)])
    assert told == ["results/videos/m/quality.json", *forced]


@pytest.mark.parametrize("stage", ["probe_video", "adapt_together", ""])
def test_a_stage_of_which_no_file_is_known_begins_with_the_first(stage):
    assert forced_again([("m", stage, KILLED)])[1:] == ["results/videos/m/frames.parquet"]


def test_each_video_begins_where_it_failed():
    failed = [
        ("a", "smooth_poses", KILLED),
        ("b", "probe_video", "torn"),
        ("c", "adapt_to_video", KILLED),
    ]
    assert forced_again(failed) == [
        "--forcerun",
        "results/videos/a/poses.parquet",
        "results/videos/b/frames.parquet",
        "results/videos/c/adapted",
    ]
