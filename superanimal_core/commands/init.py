"""Make a study's folder: a short config.yaml, the sheet of videos, and what a project brings.

    superanimal init ~/my-study --videos ~/videos --species mouse --model ~/somebodys-model
    superanimal init ~/my-study --from ~/dlc-project --model superanimal_topviewmouse_hrnet_w32
    superanimal init ~/my-study --from ~/flies/labels.v002.slp --species own
    superanimal init ~/my-study --videos ~/videos --predictions ~/dlc-results --species mouse

--model takes a model folder of ours (results/models/mouse of another study), a checkpoint, a
DeepLabCut project that was trained (its own network goes on), or the name of released weights.
Without it the study trains on labels: those of --from, or rows that you add to config/datasets.tsv.
--predictions takes poses that you have, of DeepLabCut, Lightning Pose, EKS or SLEAP, and needs no
network. --species own keeps the body parts of --from or --predictions as they are, in a keypoint
space of your own. Nothing that is there is ever overwritten.
"""

import argparse
import shutil
from pathlib import Path

from superanimal_core.commands.deeplabcut_project import Project, file_name
from superanimal_core.commands.deeplabcut_snapshots import is_trained_project
from superanimal_core.commands.found_predictions import (
    FoundPredictions,
    find_predictions,
    other_counts,
)
from superanimal_core.commands.found_videos import (
    FoundVideo,
    LeftOut,
    find_videos,
)
from superanimal_core.commands.given_model import find_model
from superanimal_core.commands.new_study import (
    BROUGHT,
    SPECIES,
    brought_text,
    check_place,
    config_text,
    datasets_text,
    proposed_table,
    shipped_space,
    space_of_species,
    videos_text,
    write_study,
)
from superanimal_core.commands.other_projects import read_any_project
from superanimal_core.commands.own_space import OWN, own_space, space_text
from superanimal_core.commands.presets import PRESETS, GivenModel, checked_preset
from superanimal_core.commands.project_labels import (
    Labels,
    labels_of,
    own_labels,
    own_name,
    project_space,
    review_of,
    review_of_space,
)
from superanimal_core.commands.study_folder import to_type
from superanimal_core.commands.typed_path import refuse_no_text, typed_path
from superanimal_core.errors import ConfigError, DatasetError
from superanimal_core.report.cells import counted
from superanimal_core.study.dataset_sheet import KEYPOINTS
from superanimal_core.study.shipped import WORKFLOW


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `init`."""
    parser.add_argument("study", type=Path, metavar="FOLDER", help="the study, to be made")
    videos = "folders of videos, searched with all below them, or videos"
    parser.add_argument("--videos", nargs="+", type=Path, default=[], metavar="PATH", help=videos)
    species = f"{', '.join(SPECIES)}, a keypoint space, or own: the body parts of --from or "
    species += "--predictions as they are; needed unless --model or --from says it"
    parser.add_argument("--species", metavar="SPECIES", help=species)
    add_model(parser)
    brought = "a folder of another program's predictions, named after their videos, or a .slp"
    parser.add_argument("--predictions", type=Path, metavar="FOLDER", help=brought)
    project = (
        "a DeepLabCut project, a .slp of SLEAP or a data folder of Lightning Pose: its labels, "
    )
    project += "names of keypoints and videos"
    parser.add_argument("--from", dest="project", type=Path, metavar="PROJECT", help=project)


def add_model(parser: argparse.ArgumentParser) -> None:
    """The options that say which networks a study begins with."""
    model = "somebody's network: a model folder, a checkpoint, a trained DeepLabCut project, the "
    model += "name of released weights, or a space such as superanimal_quadruped: those of its "
    model += "released weights that suit"
    parser.add_argument("--model", "--weights", metavar="MODEL", help=model)
    preset = f"{', '.join(PRESETS)}: networks and settings that suit a computer without a GPU, one "
    preset += "with, or Slurm (default: gpu where nvidia-smi is)"
    parser.add_argument("--preset", metavar="PRESET", help=preset)


def run(options: argparse.Namespace) -> None:
    """Write the study and say what to do next. ConfigError or DatasetError: one sentence."""
    study = typed_path(options.study)
    refuse_no_text(study)
    check_place(study)
    project = read_any_project(typed_path(options.project)) if options.project else None
    preset = checked_preset(options.preset) if options.preset else preset_of_computer()
    given = find_model(options.model, preset) if options.model else None
    is_own = options.species == OWN and not is_of_model(given, project)
    if options.predictions and is_own:
        space = own_name(study.resolve().name)
    elif is_own:
        space = project_space(project)
        space += "_own" if given and space == given.space else ""
    else:
        space = chosen_space(options.species, given, project)
        refuse_other_keypoints(given, space, options)
    left_out = LeftOut()
    places = [typed_path(path) for path in options.videos]
    videos = find_videos([*places, *_videos_of(project, bool(places))], left_out)
    title, individuals = study.resolve().name, project.individuals if project else 1
    if options.predictions:
        if project or given:
            raise ConfigError(["--predictions: stands in place of networks; leave out the others"])
        found = find_predictions(typed_path(options.predictions), videos, left_out)
        videos = [video for video in videos if video.video in found.files]
        told = write_brought(study, title, space, videos, found, is_own=is_own)
        print(*left_out.lines(), *told, sep="\n")
        return
    labels = Labels()
    if project and is_own:
        labels = own_labels(project, study, space, has_parent=given is not None)
    elif project:
        unified = given.own if given and given.own else shipped_space(space)
        labels = labels_of(project, study, unified, has_parent=given is not None)
    texts = {
        "config.yaml": config_text(
            title, space, given, bool(labels.rows), preset, len(videos), has_sides=labels.has_sides
        ),
        "datasets.tsv": datasets_text(labels.rows),
        "videos.tsv": videos_text(videos, study, individuals),
        **dict(labels.tables),
    }
    if given and given.own:
        texts[f"keypoints/{given.space}.yaml"] = space_text(given.own)
    write_study(study, texts)
    there = {video.file.name for video in videos}
    gone = [path for path in (project.lost if project else ()) if file_name(path) not in there]
    lost = [f"left out, not there: {path}" for path in gone]
    told = [f"networks and settings for a computer {PRESETS[preset].computer} (--preset {preset})"]
    if options.model and is_trained_project(typed_path(options.model)) and given:
        told.append(f"of this project the network {Path(*Path(given.pose).parts[-4:])} is used")
    if given and given.members > 1:
        first = Path(given.pose).name
        told.append(f"of the {given.members} networks of this model the first is used: {first}")
    told += [f"videos in {study}/config/videos.tsv: {len(videos)}", *left_out.lines(), *lost]
    print(*told, *labels.told, *next_steps(study, given, labels, preset), sep="\n")


def preset_of_computer() -> str:
    """What suits this computer."""
    return "gpu" if shutil.which("nvidia-smi") else "cpu"


def write_brought(
    study: Path,
    title: str,
    space: str,
    videos: list[FoundVideo],
    found: FoundPredictions,
    *,
    is_own: bool,
) -> list[str]:
    """Write a study of brought predictions; gives what to say. ConfigError: no name is known.

    With `is_own` the space is made of the files' keypoints.
    """
    texts = {
        "config.yaml": brought_text(title, space, found.format, len(videos)),
        "videos.tsv": videos_text(videos, study, 1, found.files),
    }
    steps = []
    if is_own:
        file, own = f"keypoints/{space}.yaml", own_space(space, found.keypoints, found.skeleton)
        texts[file] = space_text(own)
        steps.append(review_of_space(study, file, own))
    else:
        table, proposals = proposed_table(found.keypoints, shipped_space(space))
        file = f"keypoints/{space}/{BROUGHT}.tsv"
        if all(each.unified is None for each in proposals):
            raise ConfigError(
                [
                    f"--predictions: no keypoint is called like one of '{space}'; --species {OWN} "
                    "takes them as they are"
                ]
            )
        if any(each.source != each.unified for each in proposals):
            texts[file] = table
            steps.append(review_of(study, file, proposals))
    write_study(study, texts)
    count = sum(map(len, found.files.values()))
    files = counted(count, "file")
    lines = [f"videos in {study}/config/videos.tsv: {len(videos)}, with {files} of predictions"]
    lines += filter(None, [other_counts(found.files)])
    return [*lines, *numbered([*steps, *last_steps(study)])]


def is_of_model(given: GivenModel | None, project: Project | None) -> bool:
    """Whether one's own body parts are those of the given network, whose space is its own."""
    if given is None or given.own is None:
        return False
    return project is None or {*project.body_parts} <= {*given.own.keypoints}


def refuse_other_keypoints(
    given: GivenModel | None, space: str, options: argparse.Namespace
) -> None:
    """ConfigError for another program's network that does not have as many keypoints as a space."""
    if given is None or not given.keypoints:
        return
    known, needed = given.keypoints, len(shipped_space(space))
    if len(known) != needed:
        named = ", ".join(known[:4]) + (", …" if len(known) > 4 else "")
        raise ConfigError(
            [
                f"--model {options.model}: its network knows {counted(len(known), 'keypoint')} "
                f"({named}), and {space} has {needed}; write --species own --from ITS_PROJECT, "
                "which goes on with its own, or leave out --model"
            ]
        )


def chosen_space(species: str | None, given: GivenModel | None, project: Project | None) -> str:
    """The keypoint space of a study. ConfigError when nothing says it, or two say different."""
    if given and given.own and species in (OWN, given.space):
        return given.space
    space = space_of_species(species) if species else ""
    if given and given.space:
        if space and space != given.space:
            raise ConfigError([f"--species {species}: the model speaks '{given.space}'"])
        return given.space
    own = [name for name in (project.spaces if project else ()) if _is_known(name)]
    if space or len(own) == 1:
        return space or own[0]
    raise ConfigError([f"--species is missing: {', '.join(SPECIES)}, {OWN}, or a keypoint space"])


def next_steps(study: Path, given: GivenModel | None, labels: Labels, preset: str) -> list[str]:
    """What is left to do, in order."""
    steps = list(labels.steps)
    if given is None and not labels.rows:
        steps.append(
            f"MISSING, something to know the animal by: write your labels into "
            f"{study}/config/datasets.tsv, or pose_weights into {study}/config/config.yaml"
        )
    if given and not given.detector:
        steps.append(
            f"MISSING, a detector: write detector_weights into {study}/config/config.yaml; "
            "without it every frame is the box of one animal"
        )
    return numbered([*steps, *last_steps(study, PRESETS[preset].of_commands)])


def last_steps(study: Path, rest: str = "") -> list[str]:
    """What is left to do with every study."""
    return [
        f"look at every file that it names: {to_type('check', study)}",
        f"look what it costs: {to_type('plan', study, rest)}",
        f"run it: {to_type('run', study, rest)}",
    ]


def numbered(steps: list[str]) -> list[str]:
    """Steps under their heading."""
    return ["Next:", *(f"  {number}. {step}" for number, step in enumerate(steps, start=1))]


def _videos_of(project: Project | None, has_others: bool) -> list[Path]:
    """The videos that a project names. DatasetError when there is none at all."""
    videos = list(project.videos) if project else []
    if not videos and not has_others:
        lost = len(project.lost) if project else 0
        what = f"none of the {lost} videos of the project is there" if lost else "no videos"
        raise DatasetError(f"{what}; name their folder with --videos")
    return videos


def _is_known(space: str) -> bool:
    return (WORKFLOW / KEYPOINTS / f"{space}.yaml").is_file()
