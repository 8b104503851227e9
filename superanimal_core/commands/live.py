"""A run in a terminal: what Snakemake says, and below it one line for each stage that goes on.

Snakemake writes into a file without a name, which is read here: a terminal or a viewer that dies
takes nothing away from the run. On Ctrl-C the terminal tells both; Snakemake ends as it likes, and
its exit status is that of the command.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from superanimal_core.commands.progress import count_stages, progress_of_video
from superanimal_core.commands.running import now_s_of, running_jobs
from superanimal_core.commands.snakemake_options import is_run
from superanimal_core.commands.status import (
    heading,
    read_settings_and_videos,
    row_of,
    silent_lines,
    summary,
    training_lines,
)
from superanimal_core.errors import SuperAnimalError
from superanimal_core.jobs.run_owner import runs_since
from superanimal_core.settings import Settings
from superanimal_core.study.video_stages import STAGES

QUIET = ("--quiet", "rules", "progress", "reason", "host")  # the lines below say it shorter
LOOK_EVERY_S = 0.5
SHARE = 20  # the lines are made anew after so many times as long as that takes, or later
AT_LEAST_S = 2.0
OF_EVERY_JOB = re.compile(r"(?m)^(Select jobs to execute\.\.\.|Execute \d+ jobs\.\.\.)\n")
UP_AND_CLEAR = "\x1b[{}A\x1b[J"
PASSED_ON = (signal.SIGTERM, signal.SIGHUP)  # SIGINT comes from the terminal to both


def is_watched(rest: Sequence[str]) -> bool:
    """Whether a run with these arguments is shown live: a terminal, and nothing but running.

    Whoever asks Snakemake for a plan, a list or its own words gets them as they are.
    """
    return is_run(rest) and sys.stdout.isatty() and sys.stderr.isatty()


def watch(command: Sequence[str], study: Path, write: Callable[[str], object]) -> int:
    """Run Snakemake and show how far it is, until it ends. Its exit status."""
    with TemporaryFile() as said:
        at = command.index("--snakefile")  # before it: what stands after may be targets
        quiet = [*command[:at], *QUIET, *command[at:]]
        signal.signal(signal.SIGINT, lambda *_: None)  # ignored here, and not by what starts here
        process = subprocess.Popen(quiet, stdout=said, stderr=said)
        for number in PASSED_ON:
            signal.signal(number, lambda received, _: process.send_signal(received))
        view = View(write, lines_of(study))
        read = 0
        is_over = False
        while not is_over:
            is_over = process.poll() is not None
            text = os.pread(said.fileno(), os.fstat(said.fileno()).st_size - read, read)
            if not is_over:
                text = text[: text.rfind(b"\n") + 1]  # whole lines
            read += len(text)
            view.show(OF_EVERY_JOB.sub("", text.decode("utf-8", "replace")), is_last=is_over)
            if not is_over:
                time.sleep(LOOK_EVERY_S)
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


class View:
    """A terminal whose last lines are drawn again and again, below what is said."""

    def __init__(self, write: Callable[[str], object], lines: Callable[[], Sequence[str]]):
        self._write, self._lines = write, lines
        self._drawn: list[str] = []
        self._next_s = 0.0

    def show(self, text: str, *, is_last: bool = False) -> None:
        """Write what was said above the lines, and draw the lines where they are due."""
        is_due = is_last or time.monotonic() >= self._next_s
        if not (text or is_due):
            return
        drawn = self._made() if is_due else self._drawn
        if not text and drawn == self._drawn:
            return
        back = UP_AND_CLEAR.format(len(self._drawn)) if self._drawn else ""
        end = "\n" if text and not text.endswith("\n") else ""
        self._write(f"{back}{text}{end}" + "".join(f"{line}\n" for line in drawn))
        self._drawn = drawn

    def _made(self) -> list[str]:
        """The lines, none wider than the terminal, which would be two, and no more than fit."""
        begin = time.monotonic()
        size = shutil.get_terminal_size()
        lines = [line[: size.columns - 1] for line in self._lines()][: max(size.lines - 2, 0)]
        now = time.monotonic()
        self._next_s = now + max(AT_LEAST_S, SHARE * (now - begin))
        return lines


def lines_of(study: Path) -> Callable[[], list[str]]:
    """What makes the lines of a run; its settings and sheet are read once, as Snakemake does."""
    try:
        settings, videos = read_settings_and_videos(study)
    except SuperAnimalError as error:  # the run has other ones, from its command line
        told = [str(error).splitlines()[0]]
        return lambda: told if runs_since(study) is not None else []
    return lambda: stage_lines(study, settings, videos)


def stage_lines(study: Path, settings: Settings, videos: Sequence[str]) -> list[str]:
    """The trainings and stages that go on, and jobs that have been silent for long.

    The same words as `status`; none before the run has begun, and what cannot be read now is said.
    """
    since_s = runs_since(study)
    if since_s is None:
        return []
    try:
        progress = [progress_of_video(study, video) for video in videos]
    except SuperAnimalError as error:
        return [str(error).splitlines()[0]]
    running, now_s = running_jobs(study), now_s_of(study)
    counts = count_stages(progress, STAGES, running, since_s, now_s)
    rows = [row_of(count) for count in counts if count.running or count.waiting]
    head = [heading()] if rows else []
    trained = training_lines(study, settings, now_s)
    return [*head, *rows, *trained, *silent_lines(running, now_s), summary(progress)]
