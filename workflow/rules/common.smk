"""What the rules share: storage, groups, attempts, code, and questions to the study."""

from functools import cache

from superanimal_core.jobs.snakemake_mended import input_with_identity
from superanimal_core.provenance import script_digest
from superanimal_core.study.graph import Original
from superanimal_core.study.places import without_braces

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
    classifier=CLASSIFIERS.names(),


# Snakemake starts its jobs with --retries 0, so the main process tells them the number this way
os.environ.setdefault("SUPERANIMAL_RETRIES", "0")


envvars:
    "SUPERANIMAL_RETRIES",


def last_attempt(wildcards, attempt):
    """1 when a failure is final and must become a row of the quality table.

    Where nothing will run (snakemake --report), there are no settings of runs.
    """
    if IS_MAIN and workflow.execution_settings:
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
def digest_of_code(rule_name, chosen):
    script = WORKFLOW / "workflow" / "scripts" / f"{rule_name}.py"
    return script_digest(script, dict(chosen))


def code(rule_name, choices=lambda wildcards: {}):
    """Params function: digest of all package code that a rule's script uses.

    `choices`: of which tables only one entry is used, and which (see superanimal_core.provenance).
    """
    return lambda wildcards: digest_of_code(
        rule_name, tuple(sorted(choices(wildcards).items()))
    )


def by(wildcard, ask, *more):
    """Input or params function: what the graph or the settings answer for a wildcard's value."""

    def answer(wildcards):
        refuse_gone(wildcards)
        return as_input(ask(getattr(wildcards, wildcard), *more))

    return answer


def refuse_gone(wildcards):
    """Of what is not in the study: asked for by a wrong name, or gone since a run began.

    Jobs on other machines read the sheets anew.
    """
    known = {
        "video": (STUDY.videos, config["videos"], "video"),
        "dataset": (STUDY.datasets, config["datasets"], "data set"),
    }
    for wildcard, (there, where, what) in known.items():
        name = wildcards.get(wildcard)
        if name is not None and name not in there:
            raise WorkflowError(
                f"{where}: no {what} '{name}'; if its row was removed or changed while a run goes "
                "on, its jobs end here, and the next run does without them"
            )


def as_input(answer):
    """An original as Snakemake knows it: by what it is, not by its path and date."""
    if isinstance(answer, list):
        return [as_input(one) for one in answer]
    if isinstance(answer, Original):
        return input_with_identity(without_braces(answer.path), answer.identity)
    return answer


def video_file(wildcards):
    """Input function: the video; Snakemake's storage plugins fetch one that a URL names."""
    refuse_gone(wildcards)
    file = GRAPH.video(wildcards.video)
    return storage(file) if isinstance(file, str) else as_input(file)
