"""Look at everything that a study names, before any job: what `-n` cannot see.

    superanimal check ~/my-study

Every video is opened and its first frame decoded; every file of labels and predictions is read, the
names in conversion tables are looked for there; the pictures of each data set are decoded, for 20
seconds; weights are loaded. The worst comes first. Nothing is written. The exit status is 1 where
something would fail, 0 where there are doubts at most.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import chdir
from functools import partial
from typing import Any

from superanimal_core.commands.camera_checks import (
    alone_findings,
    calibrated_sessions,
    session_findings,
)
from superanimal_core.commands.dataset_checks import look_at_set
from superanimal_core.commands.held_out_labels import videos_with_labels
from superanimal_core.commands.repeated_labels import repeated_labels
from superanimal_core.commands.repeated_videos import repeated_videos
from superanimal_core.commands.short_videos import (
    unlabeled_files,
    why_no_window,
    window_findings,
)
from superanimal_core.commands.study_checks import (
    DOUBT,
    FAILS,
    STOPS,
    Finding,
    date_findings,
    group_findings,
    label_findings,
    model_findings,
    name_findings,
    student_findings,
    video_findings,
)
from superanimal_core.commands.study_folder import checked_study, read_here
from superanimal_core.errors import SuperAnimalError
from superanimal_core.models.downloads import HASHES
from superanimal_core.report.cells import counted
from superanimal_core.study.study import Study

READERS = max(4, os.cpu_count() or 1)
SHOWN = 50
WORDS = {STOPS: "stops the run", FAILS: "fails", DOUBT: "doubtful"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `check`."""
    parser.add_argument("study", nargs="?", default=".", help="its folder (default: this one)")
    everything = f"print all that is found, and not the worst {SHOWN} alone"
    parser.add_argument("--all", action="store_true", help=everything)


def run(options: argparse.Namespace) -> None:
    """Print what is wrong, worst first. SuperAnimalError where something would fail."""
    start = time.monotonic()
    folder = checked_study(options.study)
    with chdir(folder):
        study = read_here()
        findings = [*check_study(study), *model_findings(study, folder / HASHES)]
    print(*table_lines(findings, None if options.all else SHOWN), sep="\n")
    print(f"looked at {looked_at(study)} in {time.monotonic() - start:.0f} s")
    worst = sum(finding.weight > DOUBT for finding in findings)
    if worst:
        raise SuperAnimalError(f"{worst} to mend; other videos than those that fail would go on")


def check_study(study: Study) -> Iterator[Finding]:
    """What is wrong with videos, labels and cameras that a study names, in no order.

    In processes, not threads: what opens HDF5 bounds the memory of its process meanwhile.
    """
    look = partial(look_at_set, folders=videos_with_labels(study))
    sets = [(look, name) for name in study.datasets]
    files = unlabeled_files(study)
    windows = [(why_no_window, file) for file in files]
    names = [*((video_findings, name) for name in study.videos),
             *((label_findings, (name, number)) for name, rows in study.behavior_labels.items()
               for number in range(len(rows))),
             *((session_findings, each) for each in calibrated_sessions(study))]  # fmt: skip
    with ProcessPoolExecutor(READERS, initializer=_know, initargs=(study,)) as pool:
        looked = pool.map(_look, sets)
        for found in pool.map(_look, names, chunksize=max(1, min(16, len(names) // READERS))):
            yield from found
        reasons = dict(zip(files, pool.map(_look, windows), strict=True))
        of_sets = dict(zip(study.datasets, looked, strict=True))
    for found, _ in of_sets.values():
        yield from found
    yield from repeated_labels(
        study.datasets, {name: animals for name, (_, animals) in of_sets.items()}
    )
    yield from repeated_videos(study.videos)
    yield from alone_findings(study)
    yield from name_findings(study)
    yield from date_findings(study)
    yield from group_findings(study)
    yield from student_findings(study)
    yield from window_findings(study, reasons)


_KNOWN: list[Study] = []  # of a process that looks at files: the study that it was given


def _know(study: Study) -> None:
    _KNOWN[:] = [study]


def _look(task: tuple[Callable[[Study, Any], Any], Any]) -> Any:
    find, which = task
    return find(_KNOWN[0], which)


def table_lines(findings: Iterable[Finding], most: int | None) -> list[str]:
    """The findings as rows, worst first; one line where there are none."""
    rows = sorted(findings, key=lambda each: (-each.weight, each.what))
    if not rows:
        return ["nothing is wrong"]
    shown = rows[:most]
    width = max(len(row.what) for row in shown)
    lines = [f"{WORDS[row.weight]:13}  {row.what:{width}}  {row.told}" for row in shown]
    more = len(rows) - len(shown)
    return [*lines, *([f"and {more} more; --all prints them"] if more else [])]


def looked_at(study: Study) -> str:
    """How much was looked at, in words."""
    sizes = {"video": study.videos, "data set": study.datasets, "model": study.settings.models}
    return ", ".join(counted(len(there), one) for one, there in sizes.items())
