"""A study: config.yaml and the sheets, read and checked as one. Every mistake is told at once.

The Snakefile imports this module in every job, so it reads nothing but small text files and imports
neither torch nor pandas.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from superanimal_core.datasets.unify import conversion_mistakes
from superanimal_core.errors import ConfigError, SuperAnimalError
from superanimal_core.formats.project_conversion import read_conversion
from superanimal_core.formats.sheets import read_sheet
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.settings import Settings
from superanimal_core.study.brought_predictions import prediction_mistakes
from superanimal_core.study.dataset_sheet import read_datasets
from superanimal_core.study.group_mistakes import group_mistakes
from superanimal_core.study.label_sheet import (
    LabelSheets,
    classifier_mistakes,
    individual_mistakes,
    read_label_sheets,
)
from superanimal_core.study.overlay import CONFIG, overlaid, read_config
from superanimal_core.study.settings_document import settings_from_mapping
from superanimal_core.study.shared_adaptations import sharing_mistakes
from superanimal_core.study.shipped import own_or_shipped
from superanimal_core.study.spaces import (
    find_spaces,
    space_mistakes,
    with_settings_of_extended,
)
from superanimal_core.study.students import student_mistakes
from superanimal_core.study.study_rows import DatasetRow, ReleasedRow, VideoRow
from superanimal_core.study.study_sessions import (
    session_mistakes,
    videos_by_session,
    views_of,
)
from superanimal_core.study.study_settings import (
    parent_mistakes,
    settings_mistakes,
    weights_mistakes,
)
from superanimal_core.study.unlabeled_videos import (
    Unlabeled,
    read_unlabeled,
    unlabeled_mistakes,
    unlabeled_of,
)
from superanimal_core.study.video_sheet import is_stored, read_videos
from superanimal_core.study.written_alike import written_alike_mistakes

LONG_VIDEO_BYTES = 500_000_000  # about an hour: far more work than a job's start
RELEASED = Path("config/released_weights.tsv")


@dataclass(frozen=True)
class Study:
    """Settings, videos, data sets, the files of the keypoint spaces, and released checkpoints.

    `extended` names the space that another one extends, by the name of the other.
    `unlabeled` are the videos that each data set has to learn from without labels.
    `behavior_labels` are the files of labels of behavior, by the classifier that learns from them.
    """

    settings: Settings
    videos: Mapping[str, VideoRow]
    datasets: Mapping[str, DatasetRow]
    spaces: Mapping[str, str]
    released: Mapping[str, ReleasedRow]
    unlabeled: Unlabeled = field(default_factory=dict)
    extended: Mapping[str, str] = field(default_factory=dict)
    behavior_labels: LabelSheets = field(default_factory=dict)

    def with_extended(self, space: str) -> list[str]:
        """A space, the one that it extends, the one that that extends, and so on."""
        names = [space]
        while (extended := self.extended.get(names[-1])) is not None:
            names.append(extended)
        return names

    def datasets_of(self, space: str, *roles: str) -> list[str]:
        """Names of the data sets of a space that have one of the roles."""
        return [d.dataset for d in self.datasets.values() if d.space == space and d.role in roles]

    def unlabeled_of(self, model: str) -> list[str]:
        """Files of the videos that a model learns from without labels."""
        return unlabeled_of(self.settings, model, self.datasets, self.unlabeled)

    def batch_of(self, video: str, size: int) -> str:
        """Name of the batch of a video: `size` rows of the sheet, a long video alone.

        The name of a lone video has a dot, which no identifier has: '1' may be a video's name.
        """
        if size == 1 or _is_long(self.videos[video].path):
            return f"alone.{video}"
        return str(self._places[video] // size)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {video: place for place, video in enumerate(self.videos)}

    def views_of(self, video: str) -> dict[str, str]:
        """Camera and video of every view of a video's session, itself first."""
        return views_of(self.videos[video], self._sessions)

    def one_of_each_store(self) -> list[str]:
        """A video's URL for each kind of store that the sheet names."""
        stored = [video.path for video in self.videos.values() if is_stored(video.path)]
        return list({path.split("://")[0]: path for path in stored}.values())

    @cached_property
    def _sessions(self) -> dict[str, list[VideoRow]]:
        return videos_by_session(self.videos)

    def weights_file(self, weights: str) -> str:
        """The path of weights that a model names: a released checkpoint's is that of its copy."""
        return f"results/weights/{weights}.pt" if weights in self.released else weights


@cache
def _is_long(path: str) -> bool:
    """Asked once per video, not once per rule: a question to a network file system takes long."""
    return Path(path).is_file() and Path(path).stat().st_size > LONG_VIDEO_BYTES


def read_study(config: Any, workflow_folder: Path, *, is_begun: bool = False) -> Study:
    """The study in the working directory. ConfigError lists all mistakes in all its files.

    `config` is the study's parsed config.yaml. Settings, keypoint spaces and conversion tables that
    the study does not have are taken from the workflow. `is_begun`: it is read for a job of a run
    that was checked when it began (see `read_videos`).
    """
    complete = overlaid(read_config(workflow_folder / CONFIG), config)
    settings = settings_from_mapping(complete, str(CONFIG))
    mistakes: list[str] = []
    datasets = read_datasets(settings, workflow_folder, mistakes)
    videos = read_videos(settings, mistakes, is_begun=is_begun)
    wanted = [(f"config/config.yaml: models.{n}", m.space) for n, m in settings.models.items()]
    wanted += [(f"{settings.datasets}: data set {d.dataset}", d.space) for d in datasets.values()]
    spaces, extended, known = find_spaces(wanted, workflow_folder, mistakes)
    settings = with_settings_of_extended(settings, extended)
    for dataset in datasets.values():
        if dataset.space in known:
            mistakes += _conversion_mistakes(dataset, known[dataset.space])
    mistakes += session_mistakes(videos, settings.videos)
    released = read_released(own_or_shipped(RELEASED, workflow_folder))
    mistakes += space_mistakes(settings, workflow_folder)
    mistakes += settings_mistakes(settings, known, datasets, videos)
    mistakes += weights_mistakes(settings, released) + parent_mistakes(settings, known)
    mistakes += prediction_mistakes(settings, known, videos)
    mistakes += student_mistakes(settings, videos, datasets) + sharing_mistakes(settings, videos)
    unlabeled = read_unlabeled(settings, mistakes)
    mistakes += unlabeled_mistakes(settings, known, datasets, unlabeled)
    sheets = read_label_sheets(settings.classifiers.named, videos, mistakes)
    named = settings.classifiers.named
    mistakes += individual_mistakes(named, sheets, videos, settings.models)
    mistakes += classifier_mistakes(named, settings.videos, videos)
    mistakes += group_mistakes(settings.groups, settings.videos, videos)
    mistakes += written_alike_mistakes(settings, videos)
    if mistakes:
        raise ConfigError(mistakes)
    return Study(settings, videos, datasets, spaces, released, unlabeled, extended, sheets)


def read_released(path: str | Path) -> dict[str, ReleasedRow]:
    """The table of released checkpoints, by name."""
    rows = [ReleasedRow(**row.cells) for row in read_sheet(path)]
    return {row.name: row for row in rows}


def _conversion_mistakes(dataset: DatasetRow, space: KeypointSpace) -> list[str]:
    if not Path(dataset.conversion).is_file():
        return []
    try:
        rows = read_conversion(dataset.conversion, dataset.space)
    except SuperAnimalError as error:
        return [str(error)]
    return conversion_mistakes(rows, space, dataset.conversion)
