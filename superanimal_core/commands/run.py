"""Run a study: Snakemake with the program's Snakefile, from any folder.

    superanimal run ~/my-study
    superanimal run ~/my-study -- -n
    superanimal run ~/my-study --slurm -- --until predict_poses
    superanimal run ~/my-study --videos ~/videos --model superanimal_quadruped

What stands after -- goes to Snakemake as it is: -n tells what is wrong and what would run, and
--cores 4 takes four cores in place of all. The first line is the plain command, which does the
same. In a terminal one line for each stage tells how far it is, how fast it goes, and how long
still; all that Snakemake says lies in .snakemake/log. Ctrl-C ends a run; the same command goes on,
and after a closed terminal or a kill, too, on the same machine.
With --videos and --model the study is made first, as `init` makes it: poses by somebody's network,
or released ones, without labels.
"""

import argparse
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path

from superanimal_core.commands import init
from superanimal_core.commands.asked_results import refuse_unknown
from superanimal_core.commands.cache_home import find_cache_home
from superanimal_core.commands.live import is_watched, watch
from superanimal_core.commands.profile_requests import installed_profile
from superanimal_core.commands.progress import progress_of_video
from superanimal_core.commands.released_to_fetch import why_not_fetched
from superanimal_core.commands.room import refuse_full, refuse_unwritable
from superanimal_core.commands.snakemake_options import (
    asks_for_none,
    is_beside_study,
    is_run,
    is_whole,
    may_run,
    says_how_many,
    with_forced,
)
from superanimal_core.commands.stages import VIDEOS
from superanimal_core.commands.status import read_settings_and_videos
from superanimal_core.commands.study_folder import (
    checked_study,
    read_here,
    to_type,
    to_unlock,
)
from superanimal_core.commands.typed_path import typed_path
from superanimal_core.errors import ConfigError, SuperAnimalError
from superanimal_core.jobs.run_owner import (
    dead_owner,
    lock_notice,
    name_user,
    note_start,
    unlock,
)
from superanimal_core.jobs.thread_counts import threads_to_type
from superanimal_core.models.downloads import HASHES
from superanimal_core.report.rerun import forced_again
from superanimal_core.study.dates import doubt_of_dates
from superanimal_core.study.overlay import CONFIG
from superanimal_core.study.shipped import WORKFLOW

SNAKEFILE = "Snakefile"
NO_RULES = "workflow/no_rules.smk"
PROFILE = "SNAKEMAKE_PROFILE"  # Snakemake takes one from there, too
OTHER_SETTINGS = ("-C", "--config", "--configfile", "--configfiles")  # asked for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `run`."""
    parser.add_argument("study", nargs="?", default=".", help="its folder (default: this one)")
    slurm = "on a cluster: with the installed profile (make slurm-profile), else profiles/slurm"
    parser.add_argument("--slurm", action="store_true", help=slurm)
    failed = "try the videos that failed again, too"
    parser.add_argument("--failed", action="store_true", help=failed)
    videos = "make the study first, where there is none: folders of videos, or videos"
    parser.add_argument("--videos", nargs="+", type=Path, default=[], metavar="PATH", help=videos)
    init.add_model(parser)
    parser.usage = (
        "superanimal run [--slurm] [--failed] [STUDY] "
        "[--videos PATH … --model MODEL [--preset PRESET]] [-- ARGUMENTS OF SNAKEMAKE]"
    )


def run(options: argparse.Namespace) -> None:
    """Become Snakemake: its exit status and its signals are those of the command.

    In a terminal it is watched instead, which shows how far it is (live.py).

    ConfigError for mistakes in its settings and sheets, SuperAnimalError where there is no study,
    or no Snakefile beside the package.
    """
    elsewhere = options.slurm or PROFILE in os.environ  # a profile that says how many
    if not elsewhere and may_run(options.rest) and (none := asks_for_none(options.rest)):
        raise SuperAnimalError(
            f"with {none} no job ever begins; give at least 1, or leave it out for all cores"
        )
    if options.videos or options.model or options.preset:
        make_study(options)
    study = checked_study(options.study)
    if options.failed:
        _, *forced = failed_again(study)
        options.rest = with_forced(options.rest, forced)
    if not (WORKFLOW / SNAKEFILE).is_file():
        raise SuperAnimalError(
            f"{WORKFLOW} has no {SNAKEFILE}: the package is not whole; install it again"
        )
    others = any(argument.partition("=")[0] in OTHER_SETTINGS for argument in options.rest)
    if not (others or is_beside_study(options.rest)):
        with chdir(study):
            known = read_here()  # Snakemake would tell the same, between lines of its own
            refuse_unknown(known, options.rest)
            if is_whole(options.rest) and (why := why_not_fetched(known, study / HASHES)):
                raise SuperAnimalError(why)
    notice = lock_notice(study, to_unlock(study)) if is_run(options.rest) else ""
    if notice and not dead_owner(study):
        raise SuperAnimalError(notice.strip())  # Snakemake would say less, after its own lines
    if may_run(options.rest):
        refuse_unwritable(study)
        refuse_full(study)
        if why := doubt_of_dates(study):  # trainings would be repeated
            raise SuperAnimalError(f"{why}: {to_type('run', study, ' -- --touch --forceall')}")
    if is_run(options.rest):
        name_user()
        if notice := note_start(study):
            raise SuperAnimalError(notice.strip())
        if dead := dead_owner(study):
            unlock(study)
            print(f"goes on after the run of {dead}, which has died", file=sys.stderr)
    command = snakemake_command(study, options.rest, is_slurm=options.slurm)
    variables = find_cache_home(study) + threads_to_type()
    print(variables + shlex.join(command), file=sys.stderr, flush=True)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as scripts start what runs behind (&)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # `kill -INT` must end it
    if is_watched(options.rest):
        sys.exit(watch(command, study, sys.stderr.write))
    os.execv(command[0], command)


def failed_again(study: Path) -> list[str]:
    """What Snakemake is told to try failed videos again. SuperAnimalError where none has failed."""
    _, videos = read_settings_and_videos(study)
    progress = [progress_of_video(study, video) for video in videos]
    failed = [video.failure for video in progress if video.status == "failed"]
    if not failed:
        raise SuperAnimalError(f"no video of {study} has failed")
    return forced_again(failed)


def hint_of(options: argparse.Namespace, unknown: Sequence[str]) -> str:
    """What runs those unknown words alone that are videos of a study; '' where none is one.

    All else that was asked for is asked for there, too.
    """
    try:
        _, videos = read_settings_and_videos(checked_study(options.study))
    except (SuperAnimalError, OSError):
        return ""
    targets = [f"{VIDEOS}/{word}/quality.json" for word in unknown if word in videos]
    if not targets:
        return ""
    own = [f"--{name}" for name in ("slurm", "failed") if getattr(options, name)]
    others = [word for word in unknown if word not in videos]
    typed = shlex.join([*own, "--", *targets, *others, *options.rest])
    return f"; to run a video alone: {to_type('run', options.study, f' {typed}')}"


def make_study(options: argparse.Namespace) -> None:
    """The study, as `init` makes it; one that is there already goes on as it is."""
    if not (options.videos and options.model):
        raise ConfigError(["--videos and --model belong together: both make a study, or neither"])
    study = typed_path(options.study)
    if (study / CONFIG).is_file():
        print(f"{study} is a study and goes on as its config says", file=sys.stderr)
        return
    others = dict.fromkeys(("species", "project", "predictions"))
    init.run(argparse.Namespace(**{**vars(options), **others, "study": study}))


def snakemake_command(study: Path, rest: Sequence[str], *, is_slurm: bool) -> list[str]:
    """The plain command that runs a study; all cores, unless `rest` or a profile says how many.

    Without the rules where nothing is asked of the study: a mistake in a sheet keeps no lock.
    """
    snakemake = Path(sys.executable).with_name("snakemake")
    program = [str(snakemake)] if snakemake.is_file() else [sys.executable, "-P", "-m", "snakemake"]
    rules = WORKFLOW / (NO_RULES if is_beside_study(rest) else SNAKEFILE)
    command = [*program, "--snakefile", str(rules), "--directory", str(study)]
    if is_slurm:
        command += ["--profile", str(installed_profile())]
    elif not any(says_how_many(argument) for argument in rest):
        command += ["--cores", "all"]
    return [*command, *rest]
