"""The texts of a new study's files, and where they are written."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from superanimal_core.commands.found_videos import FoundVideo
from superanimal_core.commands.presets import PRESETS, GivenModel
from superanimal_core.datasets.match_keypoints import Proposal, match_by_name, proposal_table
from superanimal_core.errors import ConfigError, SuperAnimalError
from superanimal_core.formats.documents import read_keypoint_space
from superanimal_core.pose.keypoints import KeypointSpace, did_you_mean
from superanimal_core.study.dataset_sheet import KEYPOINTS
from superanimal_core.study.shipped import WORKFLOW
from superanimal_core.tables.atomic import replacing

SPECIES = {
    "mouse": "superanimal_topviewmouse",
    "quadruped": "superanimal_quadruped",
    "bird": "superanimal_bird",
    "human": "superanimal_humanbody",
    "pupil": "pupil",
}
ANATOMY = {  # of spaces for which the program's settings have none
    "superanimal_bird": "{ front: bill, neck: nape, center: back, rear: tail_tip }",
    "superanimal_humanbody": (
        "{ front: nose, neck: left_shoulder, center: left_hip, rear: left_ankle }"
    ),
}
BROUGHT = "theirs"  # the model that stands for brought predictions
HEAD = """\
# What differs from the program's settings, which stand with their meanings in
# {settings}
# A key of that file can be written here, too. Paths begin at / or at this study's folder.
"""
FEW = 10  # videos
NO_LABELS = "# No labeled pictures yet: a row for each set of them (docs/reference.md, sheets).\n"
PARTS = (
    "# Which keypoints are parts of the body, for its speed, turns and other features:\n"
    "# features: {{ anatomy: {{ {space}: {{ front: …, neck: …, center: …, rear: … }} }} }}\n"
)
NO_MIRRORS = "augment: { flip: 0.0 } # no mirror images: the space has no mirror_pairs\n"
SEEDS = "    seeds: [0] # one network; [0, 1, 2] are three, which know better how sure they are\n"


def space_of_species(species: str) -> str:
    """The keypoint space that a species is given, or the space of that name. ConfigError: none."""
    spaces = sorted(path.stem for path in (WORKFLOW / KEYPOINTS).glob("*.yaml"))
    if species in spaces:
        return species
    if species not in SPECIES:
        hint = did_you_mean(species, [*dict.fromkeys([*SPECIES, *spaces])])  # pupil is both
        known = ", ".join(SPECIES)
        raise ConfigError([f"--species {species}: not one of {known}, nor a keypoint space{hint}"])
    return SPECIES[species]


def model_name(space: str) -> str:
    """What the study's model is called: by the species."""
    return next((name for name, each in SPECIES.items() if each == space), space)


def brought_text(title: str, space: str, format: str, videos: int) -> str:
    """config.yaml of a study of brought predictions."""
    return (
        f"{HEAD.format(settings=WORKFLOW / 'config/config.yaml')}models:\n"
        f"  {BROUGHT}: # files in the column 'predictions' of videos.tsv, in place of networks\n"
        f"    predictions: {{ format: {format}, space: {space} }}\n"
        f"{_end_of_config(title, space, videos)}"
    )


def _end_of_config(title: str, space: str, videos: int) -> str:
    """What people change first, beside the models. Of few videos all is shown."""
    anatomy, is_shown = "", videos <= FEW
    if space in ANATOMY:
        anatomy = f"features: {{ anatomy: {{ {space}: {ANATOMY[space]} }} }}\n"
    elif not (WORKFLOW / KEYPOINTS / f"{space}.yaml").is_file():
        anatomy = PARTS.format(space=space)
    return (
        f"{anatomy}report:\n  title: {_scalar(title)}\n"
        f"  labeled_videos: {'all' if is_shown else '[]'} # or names in config/videos.tsv, "
        "[a, b]: poses are drawn into them\n"
        f"exports: [{'csv' if is_shown else ''}] # poses for other programs, too\n"
    )


def config_text(
    title: str,
    space: str,
    given: GivenModel | None,
    has_labels: bool,
    preset: str,
    videos: int,
    *,
    has_sides: bool = True,
) -> str:
    """config.yaml: the models, and what people change first.

    Without `has_sides` the space says nothing of left and right. Into another space than that of
    the given network only its encoder goes.
    """
    choice = PRESETS[preset]
    name = model_name(space)
    lines = [HEAD.format(settings=WORKFLOW / "config/config.yaml"), "models:\n"]
    if given and has_labels:
        of_parent = given.space or space
        mode = "memory_replay" if of_parent == space else "new_head"
        lines += [
            f"  {name}: # learns your labels, from the network below\n    space: {space}\n",
            f"    fine_tune: {{ parent: given, mode: {mode} }}\n",
            SEEDS,
            *_given_lines("given", of_parent, given),
        ]
    elif given:
        lines += _given_lines(name, space, given)
    else:
        missing = (
            "" if has_labels else " # MISSING: labels in config/datasets.tsv, or weights here:"
        )
        lines += [
            f"  {name}:{missing}\n    space: {space} # the keypoints that it predicts\n",
            "    # pose_weights: /path/of/member-0 # somebody's network; then nothing is trained\n",
            "    # detector_weights: /path/of/detector # and what finds the animals for it\n",
            *choice.of_model,
        ]
    end = [_end_of_config(title, space, videos), *choice.of_study]
    return "".join([*lines, *end, *([] if has_sides else [NO_MIRRORS])])


def _given_lines(name: str, space: str, given: GivenModel) -> list[str]:
    detector = _scalar(given.detector) if given.detector else "whole_frame"
    remark = "" if given.detector else " # MISSING: a detector; so every frame is one animal's box"
    return [
        f"  {name}: # somebody's network, as it is\n    space: {space}\n",
        f"    pose_weights: {_scalar(given.pose)}\n    detector_weights: {detector}{remark}\n",
        "    seeds: [0] # it is one network\n",
    ]


def videos_text(
    videos: Sequence[FoundVideo],
    study: Path,
    individuals: int,
    predictions: Mapping[str, Sequence[Path]] | None = None,
) -> str:
    """videos.tsv: path, name, the subfolder where there is one, how many animals where more.

    And files of predictions, by the videos' names, where they are brought.
    """
    header, rows = ["path", "video"], [[path_in(study, v.file), v.video] for v in videos]
    if any(v.folder for v in videos):
        header.append("folder")
        rows = [[*row, v.folder] for row, v in zip(rows, videos, strict=True)]
    if individuals > 1:
        header.append("max_individuals")
        rows = [[*row, str(individuals)] for row in rows]
    if predictions is not None:
        header.append("predictions")
        cells = ("; ".join(path_in(study, f) for f in predictions[v.video]) for v in videos)
        rows = [[*row, cell] for row, cell in zip(rows, cells, strict=True)]
    return _sheet([header, *rows])


def shipped_space(name: str) -> KeypointSpace:
    """A keypoint space of the program."""
    return read_keypoint_space(WORKFLOW / KEYPOINTS / f"{name}.yaml")


def datasets_text(rows: Sequence[Sequence[str]]) -> str:
    """datasets.tsv; its header alone where there are no labels."""
    text = _sheet([["dataset", "path", "format", "space", "role"], *rows])
    return text if rows else NO_LABELS + text


def proposed_table(
    body_parts: Sequence[str], unified: KeypointSpace
) -> tuple[str, tuple[Proposal, ...]]:
    """A conversion table by the names alone, marked as a proposal, and its rows."""
    proposals = match_by_name(KeypointSpace("project", tuple(body_parts)), unified)
    return proposal_table(proposals), proposals


def path_in(study: Path, file: Path) -> str:
    """A path as a sheet has it: from the study's folder when it lies below it, else from /."""
    whole = Path(os.path.abspath(file))
    try:
        below = whole.relative_to(os.path.abspath(study)).as_posix()
    except ValueError:
        return str(whole)
    return f"./{below}" if below[:1] in ("#", " ", '"') else below  # which would not be read so


def check_place(study: Path) -> None:
    """ConfigError where no study can be made: it is one, it is a file, its name has braces."""
    if os.path.lexists(study / "config"):
        raise ConfigError(
            [f"{study}: has a folder config already; nothing is overwritten: name another folder"]
        )
    if study.exists() and not study.is_dir():
        raise ConfigError([f"{study}: is a file; name a folder"])
    if re.search(r"[{}]", os.path.abspath(study)):
        raise ConfigError([f"{study}: Snakemake takes braces in a folder's name for wildcards"])


def write_study(study: Path, texts: Mapping[str, str]) -> None:
    """Write all files below `config/`, which comes into being whole. SuperAnimalError: cannot."""
    try:
        with replacing(study / "config") as temporary:
            for name, text in texts.items():
                (temporary / name).parent.mkdir(parents=True, exist_ok=True)
                (temporary / name).write_text(text, encoding="utf-8")
    except OSError as mistake:
        raise SuperAnimalError(f"{study}: cannot be written ({mistake.strerror})") from None


def _sheet(rows: Sequence[Sequence[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)


def _scalar(text: str) -> str:
    """A text as YAML has it in one line, quoted where it must be."""
    dumped = yaml.safe_dump(text, allow_unicode=True, width=10**6)
    return dumped.removesuffix("...\n").rstrip("\n")
