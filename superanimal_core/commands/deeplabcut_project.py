"""What a DeepLabCut project says of itself in its config.yaml, for a study that begins with it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from superanimal_core.datasets.deeplabcut import LABELED
from superanimal_core.errors import DatasetError
from superanimal_core.formats.documents import read_yaml
from superanimal_core.formats.project_conversion import CONFIG, KEY


@dataclass(frozen=True)
class Project:
    """Somebody's project: where its labels are, its body parts, its videos that are there.

    `lost` are videos that it names and that are neither there nor in `videos/` of the project.
    `spaces` are those for which it has a conversion table itself.
    """

    folder: Path
    name: str
    body_parts: tuple[str, ...]
    individuals: int
    videos: tuple[Path, ...]
    lost: tuple[str, ...]
    spaces: tuple[str, ...]
    has_labels: bool
    format: str = "deeplabcut"
    skeleton: tuple[tuple[str, str], ...] = ()


def read_project(path: Path) -> Project:
    """The project in a folder, or whose config.yaml is given. DatasetError when it is none."""
    folder = path.parent if path.name == CONFIG else path
    if not (folder / CONFIG).is_file():
        raise DatasetError(f"--from {path}: {_why_no_project(path)}")
    document = read_yaml(folder / CONFIG)
    parts = _body_parts(document) if isinstance(document, dict) else ()
    if not parts:
        raise DatasetError(
            f"--from {folder / CONFIG}: names no bodyparts; is it that of a DeepLabCut project?"
        )
    videos, lost = _videos(folder, document.get("video_sets"))
    individuals = document.get("individuals") if document.get("multianimalproject") else None
    tables = document.get(KEY)
    return Project(
        folder,
        str(document.get("Task") or folder.name),
        parts,
        max(1, len(_texts(individuals))),
        videos,
        lost,
        tuple(tables) if isinstance(tables, dict) else (),
        any(folder.glob(f"{LABELED}/*/CollectedData*.*")),
        skeleton=_skeleton(document.get("skeleton")),
    )


def _why_no_project(path: Path) -> str:
    """Why a path is no project, and which one may be meant: above it, or a .slp within it."""
    if not path.exists():
        return "does not exist"
    above = next((each for each in path.absolute().parents if (each / CONFIG).is_file()), None)
    if above:
        return f"is a part of the project {above}; name that folder"
    files = sorted(path.glob("*.slp"))
    if files:
        return f"is a folder; name the file of SLEAP in it: {files[0]}"
    what = f"has no {CONFIG}" if path.is_dir() else "is no project"
    return (
        f"{what}; give the folder of a DeepLabCut project, a .slp or a data folder of Lightning "
        "Pose (labels of other tools are a row of config/datasets.tsv, see docs/reference.md)"
    )


def _body_parts(document: dict[str, Any]) -> tuple[str, ...]:
    """The keypoints of a project: of several animals too, and those that belong to none."""
    is_multi = bool(document.get("multianimalproject"))
    keys = ("multianimalbodyparts", "uniquebodyparts") if is_multi else ("bodyparts",)
    return tuple(dict.fromkeys(name for key in keys for name in _texts(document.get(key))))


def _skeleton(value: Any) -> tuple[tuple[str, str], ...]:
    """The lines between body parts; what is no pair of names is left out."""
    pairs = [_texts(each) for each in value] if isinstance(value, list) else []
    return tuple((pair[0], pair[1]) for pair in pairs if len(pair) == 2)


def _texts(value: Any) -> Sequence[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _videos(folder: Path, sets: Any) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The videos that are there: where they were, else in the project by their names; the others.

    A project keeps paths of the computer that made it, with either slash.
    """
    found, lost = {}, []
    for written in map(str, sets if isinstance(sets, dict) else ()):
        own = folder / "videos" / file_name(written)
        there = next((path for path in (Path(written), own) if _is_file(path)), None)
        if there is None:
            lost.append(written)
        else:
            found[there] = None
    return tuple(found), tuple(lost)


def file_name(written: str) -> str:
    """The name of a file in a path of whatever computer."""
    return re.split(r"[\\/]", written)[-1]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long
        return False
