"""What projects of SLEAP and Lightning Pose say of themselves, for a study that begins with one."""

from pathlib import Path

import numpy as np

from superanimal_core.commands.deeplabcut_project import Project, file_name, read_project
from superanimal_core.commands.found_videos import SUFFIXES
from superanimal_core.datasets.deeplabcut import LABELED
from superanimal_core.datasets.sleap import USER, SlpFile
from superanimal_core.errors import DatasetError
from superanimal_core.formats.dataset_folder import DiskFolder
from superanimal_core.formats.prediction_files import csv_header
from superanimal_core.formats.project_conversion import CONFIG
from superanimal_core.formats.sleap_predictions import keypoints_of

LABELS = "CollectedData*.csv"  # of Lightning Pose, beside labeled-data
SLEAP = ".slp"


def read_any_project(path: Path) -> Project:
    """The project of DeepLabCut, SLEAP (.slp) or Lightning Pose at a path. DatasetError: none."""
    if path.suffix.lower() == SLEAP:
        return read_sleap_labels(path)
    is_part = path.absolute().parent.name == LABELED  # of a project: its labels of one video
    tables = sorted(path.glob(LABELS)) if path.is_dir() and not is_part else []
    if tables and not (path / CONFIG).is_file():
        return read_lightning_pose_folder(path, tables)
    return read_project(path)


def read_sleap_labels(path: Path) -> Project:
    """A .slp with labels, and its videos: where they were, else beside it.

    DatasetError when it cannot be read, or nobody has labeled anything in it.
    """
    if not path.is_file():
        raise DatasetError(f"--from {path}: no such file")
    file = SlpFile(path.name, DiskFolder(path))
    users = file.rows_of(USER)
    if not len(users):
        raise DatasetError(
            f"--from {path}: holds predictions and no labels; a study takes them in the column "
            "'predictions' of its videos (docs/how-to/bring-your-own-predictions.md)"
        )
    found, lost = dict[Path, None](), list[str]()
    for written in (video.file for video in file.videos if video.file):
        beside = path.parent / file_name(written)
        there = next((each for each in (Path(written), beside) if each.is_file()), None)
        if there is None:
            lost.append(written)
        else:
            found[there] = None
    _, animals = np.unique(users["frame_id"], return_counts=True)
    return Project(
        path, path.name.partition(".")[0], keypoints_of(file), int(animals.max()), tuple(found),
        tuple(lost), (), has_labels=True, format="sleap", skeleton=file.edges,
    )  # fmt: skip


def read_lightning_pose_folder(folder: Path, tables: list[Path]) -> Project:
    """A data folder of Lightning Pose: CollectedData.csv (or one for each view), `videos`."""
    parts = dict.fromkeys(name for table in tables for name in csv_header(table).all_keypoints)
    below = (folder / "videos").rglob("*")
    videos = sorted(file for file in below if file.suffix.lower() in SUFFIXES and file.is_file())
    return Project(
        folder, folder.resolve().name, tuple(parts), 1, tuple(videos), (), (), has_labels=True,
        format="lightning_pose",
    )  # fmt: skip
