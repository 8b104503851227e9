"""Somebody's networks, as `init --model` is given them: the lines of a model in config.yaml."""

import os
from pathlib import Path

from superanimal_core.commands.deeplabcut_snapshots import (
    is_trained_project,
    keypoints_of,
    snapshots_of,
)
from superanimal_core.commands.presets import GivenModel, chosen_released
from superanimal_core.commands.typed_path import typed_path
from superanimal_core.errors import ConfigError, DatasetError
from superanimal_core.formats.documents import read_json
from superanimal_core.pose.keypoints import KeypointSpace, did_you_mean
from superanimal_core.study.dataset_sheet import KEYPOINTS
from superanimal_core.study.shipped import WORKFLOW
from superanimal_core.study.study import RELEASED, read_released
from superanimal_core.tables.spaces import space_from_mapping

DESCRIPTION = "bundle.json"
SUFFIXES = (".pt", ".pth", ".npz", ".safetensors")  # what models.checkpoints reads


def find_model(written: str, preset: str) -> GivenModel:
    """The networks that a path, the name of released weights or that of their space stands for.

    Of a space the released networks that suit the preset.
    A path is a study, its `results`, `models`, a model in that or a member of it, a checkpoint, or
    a DeepLabCut project that was trained.
    Of several members the first counts. ConfigError when there is none, or several models.
    """
    path = typed_path(written)
    if path.is_dir():
        return _of_folder(path)
    if path.is_file():
        if path.suffix not in SUFFIXES:
            raise ConfigError(
                [f"--model {written}: no file of weights; they end in {', '.join(SUFFIXES)}"]
            )
        return GivenModel(os.path.abspath(path), "", "", keypoints=keypoints_of(path))
    released = read_released(WORKFLOW / RELEASED)
    of_space = chosen_released(written, released, preset)
    if of_space:
        return of_space
    row = released.get(written)
    if row is None or row.kind != "pose":
        names = [name for name, each in released.items() if each.kind == "pose"]
        names += [each.space for each in released.values()]
        raise ConfigError(
            [
                f"--model {written}: no folder, no file and no released network of poses"
                f"{did_you_mean(written, names)}"
            ]
        )
    detectors = [n for n, d in released.items() if (d.kind, d.space) == ("detector", row.space)]
    return GivenModel(written, next(iter(detectors), ""), row.space)


def _of_folder(folder: Path) -> GivenModel:
    if is_trained_project(folder):
        pose, found = snapshots_of(folder)
        finder = os.path.abspath(found) if found else ""
        return GivenModel(os.path.abspath(pose), finder, "", keypoints=keypoints_of(pose))
    members = _members(folder)
    models = {member.parent for member in members}
    if len(models) != 1:
        what = ", ".join(sorted(model.name for model in models)) or f"no {DESCRIPTION} of a network"
        told = f"several models ({what}); name one of them" if models else f"{what} in it"
        raise ConfigError(
            [f"--model {folder}: {told}; it is a folder such as results/models/mouse"]
        )
    detector = members[0].parent / "detector"
    found = os.path.abspath(detector) if (detector / DESCRIPTION).is_file() else ""
    space = _space_of(members[0])
    is_shipped = (WORKFLOW / KEYPOINTS / f"{space.name}.yaml").is_file()
    own = None if is_shipped else space
    return GivenModel(os.path.abspath(members[0]), found, space.name, own, len(members))


def _space_of(member: Path) -> KeypointSpace:
    """The keypoint space of a pose network. ConfigError: it is none."""
    described = read_json(member / DESCRIPTION)
    try:
        return space_from_mapping(described["space"])
    except (LookupError, TypeError, DatasetError):
        raise ConfigError(
            [f"--model {member}: no network of poses; name the model's folder"]
        ) from None


def _members(folder: Path) -> list[Path]:
    """The folders of pose networks in a model, a study, or what lies between; the folder itself."""
    if (folder / DESCRIPTION).is_file():
        return [folder]
    for above in ("", "*/", "models/*/", "results/models/*/"):
        found = sorted(folder.glob(f"{above}member-*/{DESCRIPTION}"), key=_by_number)
        if found:
            return [file.parent for file in found]
    return []


def _by_number(file: Path) -> tuple[str, int, str]:
    name = file.parent.name
    number = name.rpartition("-")[2]
    return str(file.parent.parent), int(number) if number.isdigit() else 0, name
