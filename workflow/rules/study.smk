"""The study: its settings and sheets, its graph, and what is asked once at a start."""

import gc
import os
import shlex
import sys
from pathlib import Path

# tens of thousands of jobs are millions of objects that stay; to look through all of them again
# and again takes a fifth of the time that planning takes
gc.set_threshold(5_000, 20, 1_000)

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from superanimal_core.errors import ConfigError
from superanimal_core.jobs.failed_jobs import forget_failed, note_failed
from superanimal_core.jobs.old_results import remove_old_backups
from superanimal_core.jobs.run_owner import (
    command_of_snakemake,
    forget_owner,
    lock_notice,
    name_runner,
    name_user,
    write_owner,
)
from superanimal_core.jobs.snakemake_mended import mend_snakemake
from superanimal_core.jobs.stopped import (
    failed_before_stop,
    is_stopped,
    note_stops,
    stopped_s,
)
from superanimal_core.study.adaptation_graph import AdaptationGraph
from superanimal_core.study.adaptation_settings import AdaptationRuleSettings
from superanimal_core.study.arenas import places_on_maps, untold_by
from superanimal_core.study.brought_graph import BroughtGraph
from superanimal_core.study.classifier_graph import ClassifierGraph
from superanimal_core.study.compared_groups import asked_of_groups
from superanimal_core.study.dates import keep_dates
from superanimal_core.study.effective_settings import write_settings
from superanimal_core.study.graph import Graph
from superanimal_core.study.identities import Identities
from superanimal_core.study.labeling import labeling_of
from superanimal_core.study.places import places_of
from superanimal_core.study.products import of_cohort
from superanimal_core.study.quantized_graph import QuantizedGraph, QuantizedSettings
from superanimal_core.study.rule_settings import AUDIT_LIMITS, RuleSettings
from superanimal_core.study.student_graph import StudentGraph
from superanimal_core.study.student_settings import StudentSettings
from superanimal_core.study.study import read_study
from superanimal_core.study.transfer_graph import TransferGraph

IS_MAIN = workflow.is_main_process
try:
    STUDY = read_study(config, WORKFLOW, is_begun=not IS_MAIN)
except ConfigError as error:
    raise WorkflowError(
        f"{len(error.mistakes)} to mend before anything runs:\n{error}"
    ) from None

IDENTITIES = Identities(is_settled=not IS_MAIN)
GRAPH = Graph(STUDY, IDENTITIES)
BROUGHT = BroughtGraph(GRAPH)
SETTINGS = RuleSettings(GRAPH)
STUDENTS = StudentGraph(GRAPH)
ADAPTATION = AdaptationGraph(GRAPH)
ADAPTATION_SETTINGS = AdaptationRuleSettings(SETTINGS)
CLASSIFIERS = ClassifierGraph(GRAPH)
STUDENT_SETTINGS = StudentSettings(SETTINGS)
QUANTIZED = QuantizedGraph(STUDENTS)
QUANTIZED_SETTINGS = QuantizedSettings(STUDENT_SETTINGS)
TRANSFER = TransferGraph(GRAPH)
PICTURES = GRAPH.picture_places()
UNTOLD = untold_by({video: SETTINGS.behaviors(video) for video in STUDY.videos})
# what was checked is what is used, by the rules and by the scripts
config.clear()
config.update(SETTINGS.all)

if IS_MAIN:
    remove_old_backups(Path.cwd())
    sys.stderr.write(keep_dates(Path.cwd()))
    IDENTITIES.look(
        [*GRAPH.local_videos(), *BROUGHT.all_files()], STUDY.datasets.values()
    )
    # Snakemake refuses a locked folder by itself, without saying whose lock it is
    here = ("-s", workflow.main_snakefile, "-d", os.getcwd())
    unlock = shlex.join(["snakemake", "--unlock", *map(str, here)])
    sys.stderr.write("" if "--unlock" in sys.argv else lock_notice(".", unlock))
mend_snakemake(logger)
name_user()
name_runner()
