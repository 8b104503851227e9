"""How far a study is: for each stage the videos that are done, failed or left.

    superanimal status ~/my-study

It reads the study's files and starts nothing, on a cluster too and while a run goes on. What a
change of a setting or a label will make again, it does not know: superanimal run ~/my-study -- -n
"""

import argparse
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import chdir
from pathlib import Path

from superanimal_core.commands.permissions import closed_sentence, first_closed
from superanimal_core.commands.progress import (
    DAMAGED,
    REFUSED,
    StageCount,
    VideoProgress,
    count_stages,
    progress_of_video,
)
from superanimal_core.commands.running import SILENT_S, RunningJob, now_s_of, running_jobs
from superanimal_core.commands.stages import DETECTOR, MEMBER, VIDEOS, training_log
from superanimal_core.commands.study_folder import (
    checked_study,
    to_do_again,
    to_type,
    to_unlock,
)
from superanimal_core.errors import ConfigError, first_lines
from superanimal_core.jobs.failed_jobs import failed_lines
from superanimal_core.jobs.log import last_line
from superanimal_core.jobs.run_owner import LOCKS, dead_owner, lock_notice, runs_since
from superanimal_core.report.cells import told_time
from superanimal_core.settings import Settings
from superanimal_core.study.overlay import CONFIG, read_complete
from superanimal_core.study.settings_document import settings_from_mapping
from superanimal_core.study.study_rows import VideoRow
from superanimal_core.study.video_sheet import read_videos
from superanimal_core.study.video_stages import STAGES

SHOWN = 10
BUNDLE = "bundle.json"
REPORT = Path("results/report/index.html")
CLASSIFIER = "classifier.json"
GROUPS = Path("results/groups/comparison.parquet")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `status`."""
    parser.add_argument("study", nargs="?", default=".", help="its folder (default: this one)")


def run(options: argparse.Namespace) -> None:
    """Print the tables. ConfigError when the study's own files cannot be read."""
    study, mistakes = checked_study(options.study), list[str]()
    settings, rows = read_settings_and_rows(study, mistakes)
    print(*status_lines(study, settings, [*rows], mistakes), sep="\n")


def read_settings_and_videos(study: Path) -> tuple[Settings, list[str]]:
    """The settings of a study and the names of its videos, as `read_settings_and_rows`."""
    settings, rows = read_settings_and_rows(study)
    return settings, list(rows)


def read_settings_and_rows(
    study: Path, mistakes: list[str] | None = None
) -> tuple[Settings, dict[str, VideoRow]]:
    """The settings of a study and the rows of its videos; files that are missing are no matter.

    What is wrong in their sheet is added to `mistakes`. ConfigError when config.yaml is wrong, or
    no video can be read from the sheet.
    """
    mistakes = [] if mistakes is None else mistakes
    with chdir(study):
        settings = settings_from_mapping(read_complete(CONFIG), str(CONFIG))
        videos = read_videos(settings, mistakes)
    if not videos:
        raise ConfigError(mistakes)
    return settings, videos


def status_lines(
    study: Path, settings: Settings, videos: list[str], mistakes: Sequence[str]
) -> list[str]:
    """Who runs it, networks, videos by stage, classifiers and groups, the failed, the report.

    `mistakes` are those of the sheet of videos.
    """
    progress = [progress_of_video(study, video) for video in videos]
    learns = settings.adaptation.enabled and any(
        model.predictions is None for model in settings.models.values()
    )
    stages = [s for s in STAGES if s != "adapt_to_video" or learns]
    closed, now_s = first_closed(study / LOCKS), now_s_of(study)
    running = [] if closed else running_jobs(study)
    since_s = None if closed else runs_since(study)
    known = [f"{name:20} {done:5} {left:5}" for name, done, left in networks(study, settings)]
    lines = [
        *_runner(study, closed),
        *(["", "networks              done  left", *known] if known else []),
    ]
    lines += training_lines(study, settings, now_s)
    lines += ["", heading("videos")]
    counts = count_stages(progress, stages, running, since_s or float("inf"), now_s)
    lines += [row_of(count) for count in counts]
    lines += behavior_lines(study, settings, videos)
    lines += ["", summary(progress), *_reasons(study, progress), *silent_lines(running, now_s)]
    lines += sheet_lines(study, mistakes)
    report = study / REPORT
    return [*lines, f"report: {report}" if os.path.isfile(report) else "no report yet"]


def sheet_lines(study: Path, mistakes: Sequence[str]) -> list[str]:
    """What keeps the next run from beginning, of which the rows that are counted say nothing."""
    if not mistakes:
        return []
    command = to_type("check", study)
    return [f"{len(mistakes)} to mend before the next run ({command}):", mistakes[0]]


def networks(study: Path, settings: Settings) -> Iterator[tuple[str, int, int]]:
    """What is trained or brought in: its name, how many networks are there, how many are left."""
    for name, model in settings.models.items():
        if model.predictions is not None:
            continue
        folder = study / "results/models" / name
        members = [os.path.isfile(folder / f"member-{seed}" / BUNDLE) for seed in model.seeds]
        yield name, sum(members), len(members) - sum(members)
        if not (model.fine_tune or model.student_of) and model.detector_weights != "whole_frame":
            is_there = os.path.isfile(folder / "detector" / BUNDLE)
            yield f"{name}, detector", int(is_there), int(not is_there)


def training_lines(study: Path, settings: Settings, now_s: float) -> Iterator[str]:
    """Of networks that are not there: the last line of their training's log, and how old it is."""
    for name, model in settings.models.items():
        rule = "fine_tune" if model.fine_tune else "distill" if model.student_of else "pretrain"
        rules = {f"{MEMBER}{seed}": rule for seed in model.seeds} | {DETECTOR: "train_detector"}
        for network, rule in rules.items():
            path = study / training_log(rule, name, network)
            is_there = os.path.isfile(study / "results/models" / name / network / BUNDLE)
            if not is_there and os.path.isfile(path) and (line := last_line(path)):
                minutes = max(now_s - path.stat().st_mtime, 0.0) / 60
                yield f"  {name}, {network}: {line} ({minutes:.0f} minutes ago)"


def behavior_lines(study: Path, settings: Settings, videos: list[str]) -> Iterator[str]:
    """Classifiers that have learned, with the videos they were asked about, and groups."""
    named = settings.classifiers.named
    if named:
        yield from ("", "classifiers       learned  videos")
    for name in named:
        has_learned = os.path.isfile(study / "results/classifiers" / name / CLASSIFIER)
        asked = (study / VIDEOS / v / "classified" / name / "bouts.parquet" for v in videos)
        yield f"{name:20} {'yes' if has_learned else 'no':>4}  {sum(map(os.path.isfile, asked)):6}"
    if settings.groups.column is not None:
        is_there = os.path.isfile(study / GROUPS)
        yield from ("", f"groups: {'compared' if is_there else 'not compared yet'}")


def _runner(study: Path, closed: Path | None) -> list[str]:
    """Whose run is going on, or has died; else with what jobs the last one failed."""
    if closed:
        return [f"whether a run goes on is not known: {closed_sentence(closed, study / LOCKS)}"]
    if dead := dead_owner(study):
        return [f"the run of {dead} has died; this goes on: {to_type('run', study)}"]
    notice = lock_notice(study, to_unlock(study)).strip()
    return [notice] if notice else ["no run of this study is going on", *failed_lines(study)]


def heading(name: str = "") -> str:
    """What stands above the rows of stages."""
    return f"{name:20}  done failed  left"


def row_of(count: StageCount) -> str:
    """A stage as a line: its figures, and, while it goes on, how fast and how long still."""
    told = [f"{count.running} running" * bool(count.running)]
    told += [f"{count.waiting} waiting" * bool(count.waiting)]
    if (count.running or count.waiting) and not count.left:  # videos that were done before
        told += [f"{count.made} made again"]
    if count.per_s and (count.left or count.running):
        told += [f"{count.per_s * 3600:.3g} an hour"]
    if count.per_s and count.left:
        told += [f"{told_time(count.left_s)} left"]
    line = f"{count.stage:20} {count.done:5} {count.failed:6} {count.left:5}"
    return f"{line}   {', '.join(filter(None, told))}".rstrip()


def silent_lines(running: Iterable[RunningJob], now_s: float) -> Iterator[str]:
    """Of jobs that run and have said nothing for long: since when, and where they last did."""
    for job in running:
        if (silent_s := job.silent_s(now_s)) >= SILENT_S:
            yield (
                f"  {job.of}: {job.rule} has said nothing for {told_time(silent_s)}; "
                f"its last words: {job.said or 'none'} ({job.log})"
            )


def summary(progress: list[VideoProgress]) -> str:
    """The videos by their status, as a line."""
    kinds = ("ok", "flagged", "failed", DAMAGED, REFUSED)
    counts = {kind: sum(video.status == kind for video in progress) for kind in kinds}
    open_ones = len(progress) - sum(counts.values())
    told = {k: count for k, count in counts.items() if count or k not in (DAMAGED, REFUSED)}
    of_each = ", ".join(f"{status} {count}" for status, count in told.items())
    return f"videos {len(progress)}: {of_each}, not finished {open_ones}"


def _reasons(study: Path, progress: list[VideoProgress]) -> list[str]:
    """Why videos failed, and what does them again; of others why they cannot be counted."""
    failed = [video for video in progress if video.status == "failed"]
    lines = [f"  {video.video}: {video.stage}: {video.reason}" for video in failed]
    told = first_lines(lines, SHOWN, "  ")
    if failed:
        again = to_do_again(study, failed[0].failure)
        told += [f"once a cause is removed, that video: {again}"]
    if len(failed) > 1:
        told += [f"with all {len(failed)} that failed: {to_type('run', study, ' --failed')}"]
    for kind in (DAMAGED, REFUSED):
        of_kind = [f"  {v.video}: {v.reason}" for v in progress if v.status == kind]
        told += first_lines(of_kind, SHOWN, "  ")
    return told
