"""What the rules share: the study, and which files belong to a model, a data set or a video."""

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
from snakemake.io import sourcecache_entry
from snakemake.jobs import Job
from snakemake.logging import logger
from snakemake.persistence import PersistenceBase
from snakemake.scheduling.job_scheduler import JobScheduler

from superanimal_core.cluster.quiet_scheduler import wake_scheduler_once
from superanimal_core.cluster.warm_scripts import start_warm_scripts
from superanimal_core.errors import ConfigError
from superanimal_core.formats.listing import root_of
from superanimal_core.formats.project_conversion import conversion_digest
from superanimal_core.jobs.old_results import (
    keep_old_records,
    keep_to_the_point,
    remove_old_backups,
)
from superanimal_core.jobs.run_owner import (
    forget_owner,
    lock_notice,
    name_runner,
    write_owner,
)
from superanimal_core.provenance import script_digest
from superanimal_core.study.dates import keep_dates
from superanimal_core.study.identities import Identities
from superanimal_core.study.places import places_of, without_braces
from superanimal_core.study.products import lost_products, of_cohort
from superanimal_core.study.dataset_sheet import ROLES
from superanimal_core.study.study import read_study
from superanimal_core.study.video_sheet import is_stored, users_columns
from superanimal_core.tables.contents import content_digest
from superanimal_core.study.study_settings import WHOLE_FRAME

try:
    STUDY = read_study(config, WORKFLOW)
except ConfigError as error:
    raise WorkflowError(
        f"{len(error.mistakes)} to mend before anything runs:\n{error}"
    ) from None

# what was checked is what is used, by the rules here and by the scripts
config.clear()
config.update(STUDY.settings.model_dump())

IDENTITIES = Identities(is_settled=not workflow.is_main_process)
if workflow.is_main_process:
    remove_old_backups(Path.cwd())
    sys.stderr.write(keep_dates(Path.cwd()))
    local = [video.path for video in STUDY.videos.values() if not is_stored(video.path)]
    IDENTITIES.look(local, STUDY.datasets.values())


def known_by(identity, path):
    """An input that counts by what it is, not by its path and date."""
    return ancient(sourcecache_entry(without_braces(str(path)), identity))


def known(path):
    """`known_by` the content of a file or folder that is no result of this study."""
    return known_by(IDENTITIES.of_file(str(path)), path)


def command_of_snakemake():
    """How to call this Snakemake with this workflow in the study's folder."""
    program, file = map(os.path.relpath, (sys.executable, workflow.main_snakefile))
    return f"{shlex.quote(program)} -m snakemake --snakefile {shlex.quote(file)}"


# where the pictures of the labels lie, as superanimal_core.media.picture_names.picture_path asks
PICTURES = places_of(
    {f"{name}/": root_of(row.path) for name, row in STUDY.datasets.items()}
    | {f"{name}#": f"results/datasets/{name}/frames" for name in STUDY.datasets}
)

for stored in STUDY.one_of_each_store():
    try:
        _ = storage(stored)
    except WorkflowError as error:
        raise WorkflowError(
            f"{config['videos']}: no storage plugin of Snakemake reads {stored}; install one into "
            f"this environment (docs/how-to/other-clusters.md) or give a path. It says: {error}"
        ) from None

# Snakemake refuses a locked folder by itself, without saying whose lock it is
if workflow.is_main_process:
    here = ("-s", workflow.main_snakefile, "-d", os.getcwd())
    UNLOCK = shlex.join(("snakemake", "--unlock", *map(str, here)))
    sys.stderr.write(lock_notice(".", UNLOCK))

wake_scheduler_once(JobScheduler)
keep_to_the_point(logger)
keep_old_records(Job, PersistenceBase)
name_runner()
if not workflow.is_main_process:
    start_warm_scripts()


wildcard_constraints:
    dataset="[A-Za-z0-9_-]+",
    model="[A-Za-z0-9_-]+",
    video="[A-Za-z0-9_-]+",
    seed="[0-9]+",


# digests of code by rule, as the main process tells them to its cluster jobs: each of those would
# have to read the whole package
DIGESTS = "SUPERANIMAL_DIGESTS"
if workflow.is_main_process or DIGESTS not in os.environ:
    os.environ[DIGESTS] = ":"


@cache
def digest_of_code(rule_name):
    _, is_told, digest = os.environ[DIGESTS].partition(f":{rule_name}=")
    if is_told:
        return digest.split(":")[0]
    digest = script_digest(WORKFLOW / "workflow" / "scripts" / f"{rule_name}.py")
    os.environ[DIGESTS] += f"{rule_name}={digest}:"
    return digest


def code(rule_name):
    """Params function: digest of all package code that a rule's script uses.

    A changed function re-runs its rules.
    """
    return lambda wildcards: digest_of_code(rule_name)


# Snakemake starts its jobs with --retries 0, so the main process tells them the number this way
os.environ.setdefault("SUPERANIMAL_RETRIES", "0")


envvars:
    "SUPERANIMAL_RETRIES",
    DIGESTS,


def last_attempt(wildcards, attempt):
    """1 when a failure is final and must become a row of the quality table."""
    if workflow.is_main_process:
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


def setting(section, *keys):
    """Plain values of a section of the configuration, or of some of its keys."""
    return {key: config[section][key] for key in keys} if keys else config[section]


def of_video(column):
    """Input or params function: a column of the video's row in the sheet."""
    return lambda wildcards: getattr(STUDY.videos[wildcards.video], column)


def video_file(wildcards):
    """Input function: the video; Snakemake's storage plugins fetch one that a URL names."""
    path = of_video("path")(wildcards)
    return storage(path) if is_stored(path) else known(path)


def model_settings(wildcards):
    """The settings of the wildcard's model, as plain values."""
    return config["models"][wildcards.model]


def network_settings(wildcards):
    """What defines the network of the wildcard's model, and its crops."""
    model, shared = model_settings(wildcards), config["network"]
    size_px = [model["input_size_px"], model["input_size_px"]]
    parameters = {
        "backbone": model["backbone"],
        "sigma_px": shared["sigma_px"],
        "is_subpixel": shared["subpixel"],
    }
    own = {
        "pyramid": setting("network", "stride_px", "decoder_channels"),
        "hrnet": {},
        "tokenpose": {"size_px": size_px},
    }
    crop = {
        "size_px": size_px,
        "margin": shared["crop_margin"],
        "mean": model["mean"],
        "std": model["std"],
        "in_whole_pixels": False,
    }
    return {
        "architecture": model["architecture"],
        "parameters": parameters | own[model["architecture"]],
        "crop": crop,
    }


def models_whose(**is_given):
    """Wildcard constraint: the models that have these keys, or have null in their place."""
    names = [
        name
        for name, model in config["models"].items()
        if all((model[key] is not None) == given for key, given in is_given.items())
    ]
    return "|".join(names) or "(?!)"


def weights_of(key):
    """Input function: the file or folder from which a model takes its weights, if from any."""

    def of_model(wildcards):
        weights = model_settings(wildcards)[key]
        if weights in STUDY.released:
            return STUDY.weights_file(weights)
        return known(weights) if weights else []

    return of_model


def start_of_detector(wildcards):
    """Input function: what a detector's backbone starts from, the first member where it can."""
    model = model_settings(wildcards)
    if model["pose_weights"] is None and model["architecture"] == "pyramid":
        return f"results/models/{wildcards.model}/member-{model['seeds'][0]}"
    return weights_of("initial_weights")(wildcards)


def evaluated_models():
    """The models in whose space there are labels."""
    return [
        name
        for name, model in config["models"].items()
        if STUDY.datasets_of(model["space"], *ROLES)
    ]


def space_of_video(wildcards):
    return config["models"][STUDY.videos[wildcards.video].model]["space"]


def space_of_model(wildcards):
    """Input function: the keypoint space that a model speaks."""
    return known(STUDY.spaces[model_settings(wildcards)["space"]])


def dataset_files(wildcards):
    """Input function: a data set as it lies there, known by what its reader reads."""
    row = STUDY.datasets[wildcards.dataset]
    return known_by(IDENTITIES.of_dataset(row), row.path)


def conversion_of_dataset(wildcards):
    """Input function: the conversion table of a data set, known by what it says."""
    row = STUDY.datasets[wildcards.dataset]
    return known_by(conversion_digest(row.conversion, row.space), row.conversion)


def space_of_dataset(wildcards):
    """Input function: the keypoint space that a data set is converted to."""
    return known(STUDY.spaces[STUDY.datasets[wildcards.dataset].space])


def member_like(model, seed):
    """The member of a model that has a seed; its first one where none has."""
    seeds = config["models"][model]["seeds"]
    return f"results/models/{model}/member-{seed if seed in seeds else seeds[0]}"


def parent_member(wildcards):
    """The network that a fine-tuned member starts from."""
    parent = model_settings(wildcards)["fine_tune"]["parent"]
    return member_like(parent, int(wildcards.seed))


def fine_tuning(mode):
    """Settings of a training in this mode; a new head learns as in pretraining."""
    kept = (
        ()
        if mode in ("new_head", "scratch")
        else ("learning_rate", "frozen_batch_norm")
    )
    return config["training"] | setting("fine_tuning", "steps", "batch", *kept)


def transfer_parent(wildcards):
    """What a cell of the transfer table starts from."""
    if wildcards.mode == "single_dataset":
        return f"results/transfer/{wildcards.model}/single/member-{wildcards.seed}"
    return member_like(wildcards.model, int(wildcards.seed))


def transfer_modes(model):
    """The starts that are compared for a model; a single data set's where one is named."""
    single = config["transfer"]["single_dataset"]
    is_other = model["pose_weights"] is not None or single is None
    has_single = not is_other and STUDY.datasets[single].space == model["space"]
    return config["transfer"]["modes"] + ["single_dataset"] * has_single


def transfer_rows():
    """Every cell: model, data set to be evaluated, mode, fraction (0 for zero-shot), seed."""
    table = config["transfer"]
    return [
        f"results/transfer/{name}/{dataset}/{mode}-{fraction}/seed-{seed}.parquet"
        for name, model in config["models"].items()
        if model["fine_tune"] is None
        for dataset in STUDY.datasets_of(model["space"], "evaluate")
        for mode in transfer_modes(model)
        for fraction in ([0.0] if mode == "zero_shot" else table["fractions"])
        for seed in table["seeds"]
    ]


def unified(*roles):
    """Input function: unified labels of the data sets of a model's space that have these roles."""

    def of_model(wildcards):
        space = config["models"][wildcards.model]["space"]
        names = STUDY.datasets_of(space, *roles)
        return [f"results/datasets/{name}/unified.parquet" for name in names]

    return of_model


def detector_of_video(wildcards):
    """The detector of a video's model (a fine-tuned one uses its parent's); none is also one."""
    model = STUDY.videos[wildcards.video].model
    if tuned := config["models"][model]["fine_tune"]:
        model = tuned["parent"]
    if config["models"][model]["detector_weights"] == WHOLE_FRAME:
        return []
    return f"results/models/{model}/detector"


# where every frame has been looked at, a second look says the same
REDETECTS = config["detector"]["redetect"] and config["detector"]["every_frames"] > 1


def detector_for_second_looks(wildcards):
    return detector_of_video(wildcards) if REDETECTS else []


AUDIT_LIMITS = ("box_margin", "bone_ratio", "bone_deviations", "min_side_evidence")


def unified_of_space(wildcards):
    """Unified labels of all data sets in the space of the wildcard's data set."""
    names = STUDY.datasets_of(STUDY.datasets[wildcards.dataset].space, *ROLES)
    return [f"results/datasets/{name}/unified.parquet" for name in names]


def members(wildcards):
    """Model folders of the ensemble that a video is given."""
    model = STUDY.videos[wildcards.video].model
    seeds = config["models"][model]["seeds"]
    return [f"results/models/{model}/member-{seed}" for seed in seeds]


def adapted_members(wildcards):
    """Model folders of the ensemble after adaptation to a video."""
    seeds = config["models"][STUDY.videos[wildcards.video].model]["seeds"]
    folder = f"results/videos/{wildcards.video}/adapted-models"
    return [f"{folder}/member-{seed}" for seed in seeds]


def anatomy(wildcards):
    return config["features"]["anatomy"][space_of_video(wildcards)]


def gait_settings(wildcards):
    """How strides are measured on the video's animal; no limbs for a space without feet."""
    space = space_of_video(wildcards)
    feet = {key: config["gait"][key].get(space, []) for key in ("limbs", "body")}
    others = {k: v for k, v in config["gait"].items() if k not in (*feet, "draws")}
    return feet | others | {"cm_per_px": of_video("cm_per_px")(wildcards)}


def trajectory_draws(wildcards):
    """Which trajectories are drawn; none but from the posterior of a single view."""
    own = gait_settings(wildcards)
    is_possible = config["smoothing"]["method"] == "eks" and has_one_view(wildcards)
    names = ("min_variance_px2", "single_network_variance_px2", "max_gap_s")
    return {key: config["smoothing"]["eks"][key] for key in names} | {
        "keypoints": [*own["limbs"], *own["body"]],
        "draws": config["gait"]["draws"] if is_possible else 0,
        "seed": 0,
    }


def per_video_results():
    """Everything that is known about one video, by name."""
    tables = ("frames", "boxes", "poses", "strides", "gait", "features", "bouts")
    folder = "results/videos/{video}/"
    results = {table: f"{folder}{table}.parquet" for table in tables}
    adapted = (
        {"adapted_models": adapted_members} if config["adaptation"]["enabled"] else {}
    )
    return results | adapted


def final_products():
    """All that a run is for. Of the videos' tables only those that were deleted: the others are
    inputs of the tables of all videos, and thousands of names would stand in every log.
    """
    is_asked = workflow.is_main_process
    return [
        "results/report/verdict.txt",
        "results/report/index.html",
        *of_cohort().values(),
        *labeled_videos(),
        *(lost_products(Path.cwd(), STUDY.videos) if is_asked else []),
    ]


def videos_with_truth():
    return [name for name, video in STUDY.videos.items() if video.columns.get("truth")]


def per_video(name):
    return [f"results/videos/{video}/{name}" for video in STUDY.videos]


def per_dataset(name):
    return [f"results/datasets/{dataset}/{name}" for dataset in STUDY.datasets]


def labeled_videos():
    """The labeled videos that the configuration asks for."""
    return [
        f"results/videos/{v}/labeled.mp4" for v in config["report"]["labeled_videos"]
    ]


LAST_PREDICTIONS = "adapted" if config["adaptation"]["enabled"] else "predicted"


def other_views(wildcards):
    """Predictions of the other cameras of a video's session; none for most videos."""
    _, *others = STUDY.views_of(wildcards.video).values()
    return [f"results/videos/{video}/{LAST_PREDICTIONS}" for video in others]


def camera_file(wildcards):
    """The calibration of the cameras of a video's session; none for most videos."""
    file = STUDY.videos[wildcards.video].columns.get("camera_file")
    return known(file) if file else []


def calibration_of_video(wildcards):
    """What labels said of the model's errors; nothing where there are no labels."""
    model = STUDY.videos[wildcards.video].model
    is_known = model in evaluated_models()
    return f"results/models/{model}/calibration.parquet" if is_known else []


def view_settings(wildcards):
    """How views are smoothed together, and the mirrors that the video's space knows."""
    views = config["smoothing"]["views"]
    return views | {"mirrors": views["mirrors"].get(space_of_video(wildcards), [])}


def has_one_view(wildcards):
    return not other_views(wildcards) and not view_settings(wildcards)["mirrors"]


def lone_network():
    """What a network that alone saw a keypoint is trusted: no spread tells it."""
    return {
        "single_network_variance_px2": config["smoothing"]["eks"][
            "single_network_variance_px2"
        ]
    }


def chosen_smoother():
    """What every method needs and the settings of the chosen one: the others re-run nothing."""
    own = config["smoothing"].get(config["smoothing"]["method"], {})
    return setting("smoothing", "center", "min_score") | own


def detector_of_model(wildcards):
    """The detector that a model's videos get (a fine-tuned one's is its parent's); or none."""
    tuned = model_settings(wildcards)["fine_tune"]
    model = tuned["parent"] if tuned else wildcards.model
    has_none = config["models"][model]["detector_weights"] == WHOLE_FRAME
    return [] if has_none else f"results/models/{model}/detector"
