"""Every fault's test with the fault's handling taken out: each must fail.

    python benchmarks/handlings.py [--quick] [--only WORD]

Lines of a copy of the workflow are changed so that one handling is missing, and the test of that
fault is run there. Before that all those tests must pass in an unchanged copy. Needs Slurm, as
`make test-slurm` does; `--quick` leaves out what does.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOT_COPIED = shutil.ignore_patterns(".*", "*-study", "__pycache__", "docs")
WAITED = ("tests/slurm/toy_runs.py", "WITHIN_S = 150")
STATES = "superanimal_core/cluster/slurm_states.py"
EXECUTOR = "snakemake_executor_plugin_slurm_steady/__init__.py"
ADOPTION = "superanimal_core/cluster/slurm_adoption.py"
LAUNCH = "superanimal_core/jobs/launch.py"
JOB = "superanimal_core/jobs/training_job.py"
STEP = "superanimal_core/jobs/step.py"
OWNER = "superanimal_core/jobs/run_owner.py"
KEPT = "superanimal_core/jobs/training_checkpoints.py"
PROFILE = "profiles/slurm-test/config.yaml"
FAULTS, TRAINING = "tests/slurm/test_faults.py", "tests/slurm/test_training.py"
FAILURES = '{"FAILED", "TIMEOUT", "CANCELLED", "OUT_OF_MEMORY", '
PASSING = '{"PREEMPTED", "NODE_FAIL", '
NO_REQUEUE = (PROFILE, "slurm-steady-requeue: true", "slurm-steady-requeue: false")


@dataclass(frozen=True)
class Handling:
    """What is taken out (file, text, what stands there instead), and the tests that must fail."""

    name: str
    changes: tuple[tuple[str, str, str], ...]
    tests: str
    waits_s: int = 75  # for what never comes

    @property
    def needs_slurm(self) -> bool:
        """Whether its test does."""
        return self.tests.startswith("tests/slurm")


def without(state: str) -> tuple[str, str, str]:
    """One state is no longer a failure, at once or in the end."""
    (listed,) = (each for each in (FAILURES, PASSING) if state in each)
    return (STATES, listed, listed.replace(f'"{state}", ', ""))


HANDLINGS = (
    Handling(
        "cancelled jobs are failures",
        (without("CANCELLED"),),
        f"{FAULTS}::test_a_cancelled_job_is_tried_again",
    ),
    Handling(
        "jobs that the queue has forgotten are looked up in the accounting",
        ((STATES, "    if missing:", "    if False:"),),
        f"{FAULTS}::test_a_cancelled_job_is_tried_again_where_only_the_accounting_knows_it",
    ),
    Handling(
        "jobs over their time are failures",
        (without("TIMEOUT"),),
        f"{FAULTS}::test_a_job_over_its_time_is_given_more",
        waits_s=150,  # Slurm looks at limits every half minute
    ),
    Handling(
        "jobs over their memory are failures",
        (without("OUT_OF_MEMORY"),),
        "tests/cluster/test_slurm_states.py",  # without cgroups Slurm itself says FAILED
    ),
    Handling(
        "failed jobs are failures",
        (without("FAILED"),),
        f"{FAULTS}::test_a_job_that_always_fails_ends_the_run_after_its_retries",
    ),
    Handling(
        "Slurm may requeue jobs",
        (NO_REQUEUE,),
        f"{FAULTS}::test_a_requeued_job_is_waited_for",
    ),
    Handling(
        "jobs preempted for good are failures in the end",
        (without("PREEMPTED"),),
        f"{FAULTS}::test_a_job_preempted_for_good_is_tried_again",
    ),
    Handling(
        "jobs of a lost node are requeued by Slurm or failures in the end",
        (NO_REQUEUE, without("NODE_FAIL")),
        f"{FAULTS}::test_a_lost_node",
    ),
    Handling(
        "a controller that does not answer is asked again",
        (
            (
                STATES,
                "    if listing is None:\n        return None\n",
                "    listing = listing or ''\n",
            ),
            (STATES, "PATIENCE = 3", "PATIENCE = 1"),
        ),
        f"{FAULTS}::test_a_restarted_controller",
    ),
    Handling(
        "jobs that outlived their run are adopted",
        ((ADOPTION, "if wanted <= job.tokens:", "if False:"),),
        f"{FAULTS}::test_jobs_that_outlive_a_killed_snakemake_are_adopted",
    ),
    Handling(
        "jobs of other settings are cancelled first",
        (
            (
                EXECUTOR,
                "            self._forget(job_id)\n        if decision",
                "        if decision",
            ),
        ),
        f"{FAULTS}::test_jobs_of_other_settings_are_cancelled_not_adopted",
    ),
    Handling(
        "a broken video becomes a row",
        (
            (
                STEP,
                "            _write_failure(snakemake, record, error.stage, error.reason)\n"
                "        except Exception as error:",
                "            raise\n        except Exception as error:",
            ),
        ),
        "tests/slurm/test_chain.py::"
        "test_a_killed_study_with_a_broken_video_ends_like_an_undisturbed_one",
    ),
    Handling(
        "a full disk is told and makes no row",
        ((STEP, "        if not is_full_disk(error):\n            raise\n", "        raise\n"),),
        "tests/slurm/test_chain.py::"
        "test_a_full_disk_is_said_leaves_nothing_half_written_and_no_row",
    ),
    Handling(
        "a training that is told of its end asks to be requeued",
        (
            (
                JOB,
                "        return DelayedSubmission(self)",
                "        raise RuntimeError('taken out')",
            ),
        ),
        f"{TRAINING}::test_a_job_that_is_told_of_its_end_is_requeued_and_goes_on_exactly",
    ),
    Handling(
        "a training that is preempted keeps a checkpoint at once",
        ((KEPT, "bool(self.received) or ", ""),),
        f"{TRAINING}::test_a_preempted_job_goes_on_exactly",
    ),
    Handling(
        "a training that outlived its run is adopted",
        ((LAUNCH, "    if job_id and not _is_over", "    if False and not _is_over"),),
        f"{TRAINING}::test_a_job_that_outlived_its_run_is_adopted",
    ),
    Handling(
        "a run that stops cancels its training",
        ((LAUNCH, "        _cancel(where, job_id)\n        raise", "        raise"),),
        f"{TRAINING}::test_a_run_that_is_told_to_stop_takes_its_job_with_it",
    ),
    Handling(
        "a failed training fails the run",
        ((LAUNCH, "[trace for path in ended if (trace := _trace(path))]", "[]"),),
        f"{TRAINING}::test_a_failed_job_fails_the_run_with_its_own_traceback",
    ),
    Handling(
        "a lock says whose it is and what to do",
        ((OWNER, "    if not locks:", "    if True:"),),
        "tests/workflow/test_killed_run.py",
    ),
    Handling(
        "scripts end with their Snakemake",
        ((OWNER, "    if process:", "    if False:"),),
        "tests/files/test_run_owner.py",
    ),
)


def main() -> None:
    """Print one line per handling."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only what needs no Slurm")
    parser.add_argument("--only", default="", help="handlings with this word in their name")
    options = parser.parse_args()
    chosen = [
        each
        for each in HANDLINGS
        if options.only in each.name and not (options.quick and each.needs_slurm)
    ]
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        whole = copied(Path(folder) / "whole")
        status, told = tested(whole, *dict.fromkeys(each.tests for each in chosen))
        if status or "skipped" in told.splitlines()[-1]:
            sys.exit(f"with everything in place the tests do not pass:\n{told[-6000:]}")
        print(f"with everything in place: {told.splitlines()[-1].strip(' =')}")
        for number, each in enumerate(chosen):
            changes = (*each.changes, (*WAITED, f"WITHIN_S = {each.waits_s}"))
            status, told = tested(copied(Path(folder) / str(number), *changes), each.tests)
            if status != 1:  # pytest: some tests failed
                missed.append(each.name)
            print(f"{'fails' if status == 1 else 'DOES NOT FAIL'} without: {each.name}", flush=True)
    print(f"{len(chosen) - len(missed)} of {len(chosen)} tests fail without their handling")
    sys.exit(bool(missed))


def copied(folder: Path, *changes: tuple[str, str, str]) -> Path:
    """A copy of the workflow with changes."""
    shutil.copytree(ROOT, folder, ignore=NOT_COPIED)
    for name, there, instead in changes:
        text = (folder / name).read_text(encoding="utf-8")
        if text.count(there) != 1:
            sys.exit(f"{name} has {text.count(there)} times what is to be taken out:\n{there}")
        (folder / name).write_text(text.replace(there, instead), encoding="utf-8")
    return folder


def tested(folder: Path, *tests: str) -> tuple[int, str]:
    """pytest's exit status and what it said, with the package of a copy."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


if __name__ == "__main__":
    main()
