"""What the rules share: the study, its graph and its settings, and their way into Snakemake."""

import gc
import os
import shlex
import sys
from functools import cache
from pathlib import Path

# tens of thousands of jobs are millions of objects that stay; to look through all of them again
# and again takes a fifth of the time that planning takes
gc.set_threshold(5_000, 20, 1_000)

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from superanimal_core.errors import ConfigError
from superanimal_core.jobs.old_results import remove_old_backups
from superanimal_core.jobs.run_owner import (
    command_of_snakemake,
    forget_owner,
    lock_notice,
    name_runner,
    write_owner,
)
from superanimal_core.jobs.snakemake_mended import input_with_identity, mend_snakemake
from superanimal_core.provenance import script_digest
from superanimal_core.study.dates import keep_dates
from superanimal_core.study.graph import Graph, Original
from superanimal_core.study.identities import Identities
from superanimal_core.study.places import places_of, without_braces
from superanimal_core.study.products import of_cohort
from superanimal_core.study.rule_settings import AUDIT_LIMITS, RuleSettings
from superanimal_core.study.study import read_study

IS_MAIN = workflow.is_main_process
try:
    STUDY = read_study(config, WORKFLOW)
except ConfigError as error:
    raise WorkflowError(
        f"{len(error.mistakes)} to mend before anything runs:\n{error}"
    ) from None

GRAPH = Graph(STUDY, Identities(is_settled=not IS_MAIN))
SETTINGS = RuleSettings(GRAPH)
PICTURES = GRAPH.picture_places()
# what was checked is what is used, by the rules and by the scripts
config.clear()
config.update(SETTINGS.all)

if IS_MAIN:
    remove_old_backups(Path.cwd())
    sys.stderr.write(keep_dates(Path.cwd()))
    GRAPH.contents.look(GRAPH.local_videos(), STUDY.datasets.values())
    # Snakemake refuses a locked folder by itself, without saying whose lock it is
    here = ("-s", workflow.main_snakefile, "-d", os.getcwd())
    sys.stderr.write(
        lock_notice(".", shlex.join(["snakemake", "--unlock", *map(str, here)]))
    )
mend_snakemake(logger)
name_runner()

for stored in STUDY.one_of_each_store():
    try:
        _ = storage(stored)
    except WorkflowError as error:
        raise WorkflowError(
            f"{config['videos']}: no storage plugin of Snakemake reads {stored}; install one into "
            f"this environment (docs/how-to/other-clusters.md) or give a path. It says: {error}"
        ) from None


wildcard_constraints:
    dataset="[A-Za-z0-9_-]+",
    model="[A-Za-z0-9_-]+",
    video="[A-Za-z0-9_-]+",
    seed="[0-9]+",


# Snakemake starts its jobs with --retries 0, so the main process tells them the number this way
os.environ.setdefault("SUPERANIMAL_RETRIES", "0")


envvars:
    "SUPERANIMAL_RETRIES",


def last_attempt(wildcards, attempt):
    """1 when a failure is final and must become a row of the quality table."""
    if IS_MAIN:
        os.environ["SUPERANIMAL_RETRIES"] = str(workflow.execution_settings.retries)
    return int(attempt > int(os.environ["SUPERANIMAL_RETRIES"]))


def batch(group):
    """Group function: videos whose jobs of this kind share one cluster job.

    As many videos as the profile's group-components say, in the order of the sheet; one whose file
    is long has a job of its own.
    """

    def of_video(wildcards):
        size = workflow.group_settings.group_components.get(group, 1)
        name = f"{group}_{STUDY.batch_of(wildcards.video, size)}"
        workflow.parent_groupids[name] = group
        return name

    return of_video


@cache
def digest_of_code(rule_name):
    return script_digest(WORKFLOW / "workflow" / "scripts" / f"{rule_name}.py")


def code(rule_name):
    """Params function: digest of all package code that a rule's script uses."""
    return lambda wildcards: digest_of_code(rule_name)


def by(wildcard, ask, *more):
    """Input or params function: what the graph or the settings answer for a wildcard's value."""
    return lambda wildcards: as_input(ask(getattr(wildcards, wildcard), *more))


def as_input(answer):
    """An original as Snakemake knows it: by what it is, not by its path and date."""
    if isinstance(answer, Original):
        return input_with_identity(without_braces(answer.path), answer.identity)
    return answer


def video_file(wildcards):
    """Input function: the video; Snakemake's storage plugins fetch one that a URL names."""
    file = GRAPH.video(wildcards.video)
    return storage(file) if isinstance(file, str) else as_input(file)
