"""The files of the keypoint spaces that a study names, and of those that they extend."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from superanimal_core.errors import DatasetError, SuperAnimalError
from superanimal_core.formats.documents import extended_space, read_keypoint_space
from superanimal_core.pose.keypoints import KeypointSpace, did_you_mean
from superanimal_core.settings import Settings
from superanimal_core.study.dataset_sheet import KEYPOINTS
from superanimal_core.study.sheet_schema import DATASETS
from superanimal_core.study.shipped import own_or_shipped

PER_SPACE = (  # settings by the name of a space
    ("features", "anatomy"),
    ("gait", "limbs"),
    ("gait", "body"),
    ("gait", "seen_from_above"),
    ("behavior", "definitions"),
    ("smoothing", "views", "mirrors"),
)


def find_spaces(
    wanted: Iterable[tuple[str, str]], workflow_folder: Path, mistakes: list[str]
) -> tuple[dict[str, str], dict[str, str], dict[str, KeypointSpace]]:
    """Files of the spaces, the name of the one that each extends, and those that can be read.

    `wanted` are names of spaces, and where each is named. Spaces that the study does not have are
    taken from the workflow.
    """
    files: dict[str, str] = {}
    extended: dict[str, str] = {}
    known: dict[str, KeypointSpace] = {}
    for space, where in _first_named(wanted).items():
        chain = _chain(space, where, workflow_folder, mistakes)
        files |= chain
        extended |= dict(zip(chain, [*chain][1:], strict=False))
        if chain:
            try:
                known[space] = read_keypoint_space(*chain.values())
            except SuperAnimalError as error:
                mistakes.append(str(error))
    return files, extended, known


def _first_named(wanted: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Where each space is named first: what is wrong with it is told once."""
    first: dict[str, str] = {}
    for where, space in wanted:
        first.setdefault(space, where)
    return first


def space_mistakes(settings: Settings, workflow_folder: Path) -> list[str]:
    """Settings of keypoint spaces that neither study nor workflow has: nothing would use them."""
    mistakes, names = [], _names(workflow_folder)
    for key in (*PER_SPACE, ("unlabeled", "pose_pca", "keypoints")):
        section: Any = settings
        for name in key:
            section = getattr(section, name, None)
        mistakes += [
            f"config/config.yaml: {'.'.join(key)}: {DATASETS['space'].mistake(space)}"
            f"{did_you_mean(space, names)}"
            for space in section or ()
            if space not in names
        ]
    return mistakes


def _names(workflow_folder: Path) -> list[str]:
    """The keypoint spaces that a study may name: its own, and those of the workflow."""
    folders = (KEYPOINTS, workflow_folder / KEYPOINTS)
    return sorted({path.stem for folder in folders for path in folder.glob("*.yaml")})


def with_settings_of_extended(settings: Settings, extended: Mapping[str, str]) -> Settings:
    """Settings in which a space has what is said of the one that it extends, unless of itself."""
    document = settings.model_dump()
    for *sections, last in PER_SPACE:
        place = document
        for section in sections:
            place = place[section]
        for space in extended:
            base = space
            while base in extended and space not in place[last]:
                base = extended[base]
                if base in place[last]:
                    place[last] = _with(place[last], space, base)
    return Settings(**document) if extended else settings


def _with(said: Any, space: str, base: str) -> Any:
    """What is said of spaces, by name or as a list of names, with one more that is as its base."""
    return [*said, space] if isinstance(said, list) else said | {space: said[base]}


def _chain(space: str, where: str, workflow_folder: Path, mistakes: list[str]) -> dict[str, str]:
    """Files of a space and of what it extends; none where one is missing or cannot be read."""
    chain: dict[str, str] = {}
    name: str | None = space
    while name is not None:
        file = own_or_shipped(KEYPOINTS / f"{name}.yaml", workflow_folder)
        if not Path(file).is_file():
            hint = did_you_mean(name, _names(workflow_folder))
            mistakes.append(f"{where}: {DATASETS['space'].mistake(name)}{hint}")
            return {}
        if name in chain:
            mistakes.append(f"{where}: keypoint space '{name}' extends itself")
            return {}
        chain[name] = file
        where = f"{file}: extends"
        try:
            name = extended_space(file)
        except DatasetError as error:
            mistakes.append(str(error))
            return {}
    return chain
