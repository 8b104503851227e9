"""A study: config.yaml and the sheets, read and checked as one. Every mistake is told at once.

The Snakefile imports this module in every job, so it reads nothing but small text files and imports
neither torch nor pandas.
"""

import glob
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from superanimal_core.datasets import PARSERS
from superanimal_core.datasets.unify import conversion_mistakes
from superanimal_core.errors import ConfigError, SuperAnimalError
from superanimal_core.formats.documents import (
    Row,
    read_conversion_rows,
    read_keypoint_space,
    read_sheet,
)
from superanimal_core.pose.keypoints import KeypointSpace, did_you_mean
from superanimal_core.settings import Settings
from superanimal_core.study.settings_document import settings_from_mapping
from superanimal_core.study.shipped import own_or_shipped
from superanimal_core.study.study_rows import DatasetRow, ReleasedRow, VideoRow
from superanimal_core.study.study_sessions import (
    session_mistakes,
    videos_by_session,
    views_of,
)
from superanimal_core.study.study_settings import (
    parent_mistakes,
    role_needed,
    settings_mistakes,
    weights_mistakes,
)

ROLES = ("pretrain", "fine_tune", "evaluate")
VIDEO_COLUMNS = ("path", "video", "model", "max_individuals", "fps", "cm_per_px")
DATASET_COLUMNS = ("dataset", "path", "format", "space", "role", "conversion", "license")
LONG_VIDEO_BYTES = 500_000_000  # about an hour: far more work than a job's start
IDENTIFIER = re.compile(r"^[A-Za-z0-9_-]+$")
STORED = re.compile(r"^[a-z][a-z0-9+.-]*://")  # a URL's scheme (RFC 3986)
KEYPOINTS = Path("config/keypoints")
RELEASED = Path("config/released_weights.tsv")


@dataclass(frozen=True)
class Study:
    """Settings, videos, data sets, the files of the keypoint spaces, and released checkpoints."""

    settings: Settings
    videos: Mapping[str, VideoRow]
    datasets: Mapping[str, DatasetRow]
    spaces: Mapping[str, str]
    released: Mapping[str, ReleasedRow]

    def datasets_of(self, space: str, *roles: str) -> list[str]:
        """Names of the data sets of a space that have one of the roles."""
        return [d.dataset for d in self.datasets.values() if d.space == space and d.role in roles]

    def batch_of(self, video: str, size: int) -> str:
        """Name of the batch of a video: `size` rows of the sheet, a long video alone."""
        if size == 1 or _is_long(self.videos[video].path):
            return video
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


def is_stored(path: str) -> bool:
    """Whether a video lies in an object store or on a server, from where Snakemake fetches it."""
    return STORED.match(path) is not None


def read_study(config: Any, workflow_folder: Path) -> Study:
    """The study in the working directory. ConfigError lists all mistakes in all its files.

    Keypoint spaces and conversion tables that the study does not have are taken from the workflow.
    """
    settings = settings_from_mapping(config, "config/config.yaml")
    mistakes: list[str] = []
    spaces: dict[str, str] = {}
    known: dict[str, KeypointSpace] = {}
    datasets = _read_datasets(settings, workflow_folder, mistakes)
    videos = _read_videos(settings, mistakes)
    wanted = [(f"config/config.yaml: models.{n}", m.space) for n, m in settings.models.items()]
    wanted += [(f"{settings.datasets}: data set {d.dataset}", d.space) for d in datasets.values()]
    for where, space in wanted:
        if space not in spaces:
            _find_space(space, where, workflow_folder, spaces, known, mistakes)
    for dataset in datasets.values():
        if dataset.space in known:
            mistakes += _conversion_mistakes(dataset, known[dataset.space])
    mistakes += session_mistakes(videos, settings.videos)
    released = read_released(own_or_shipped(RELEASED, workflow_folder))
    mistakes += settings_mistakes(settings, known, datasets, videos)
    mistakes += weights_mistakes(settings, released) + parent_mistakes(settings)
    if mistakes:
        raise ConfigError(mistakes)
    return Study(settings, videos, datasets, spaces, released)


def read_released(path: str | Path) -> dict[str, ReleasedRow]:
    """The table of released checkpoints, by name."""
    rows = [ReleasedRow(**row.cells) for row in read_sheet(path)]
    return {row.name: row for row in rows}


def _read_videos(settings: Settings, mistakes: list[str]) -> dict[str, VideoRow]:
    sheet = settings.videos
    videos: dict[str, VideoRow] = {}
    first_row: dict[str, int] = {}
    before = len(mistakes)
    for row in _rows(sheet, ("path",), mistakes):
        where = f"{sheet}: row {row.number}"
        for path in _matching(row.cells["path"], where, mistakes):
            video = _video_row(row, path, settings, where, mistakes)
            if video.video in videos:
                mistakes.append(
                    f"{where}: '{video.video}' is the name of row {first_row[video.video]} "
                    "already; give each video its own name in the column 'video'"
                )
            videos.setdefault(video.video, video)
            first_row.setdefault(video.video, row.number)
    if not videos and len(mistakes) == before:
        mistakes.append(f"{sheet}: lists no video; add a row with at least the column 'path'")
    return videos


def _video_row(
    row: Row, path: str, settings: Settings, where: str, mistakes: list[str]
) -> VideoRow:
    name = row.cells.get("video", "") or re.sub(r"[^A-Za-z0-9_-]", "_", Path(path).stem)
    if not IDENTIFIER.match(name):
        mistakes.append(f"{where}: video '{name}': only letters, digits, '_' and '-' are allowed")
    model = row.cells.get("model", "") or next(iter(settings.models))
    if model not in settings.models:
        known = list(settings.models)
        mistakes.append(f"{where}: no model '{model}' in config.yaml{did_you_mean(model, known)}")
    return VideoRow(
        name,
        path,
        model,
        int(_number(row, "max_individuals", 1, where, mistakes) or 1),
        _number(row, "fps", None, where, mistakes),
        _number(row, "cm_per_px", None, where, mistakes),
        {k: v for k, v in row.cells.items() if k not in VIDEO_COLUMNS},
    )


def _read_datasets(
    settings: Settings, workflow_folder: Path, mistakes: list[str]
) -> dict[str, DatasetRow]:
    sheet = settings.datasets
    required = DATASET_COLUMNS[:5]
    datasets: dict[str, DatasetRow] = {}
    before = len(mistakes)
    for row in _rows(sheet, required, mistakes):
        where = f"{sheet}: row {row.number}"
        name = row.cells["dataset"]
        if name in datasets:
            mistakes.append(f"{where}: data set '{name}' stands above already; names are unique")
        if not IDENTIFIER.match(name):
            mistakes.append(f"{where}: data set '{name}': only letters, digits, '_' and '-'")
        for column, known in (("format", tuple(PARSERS)), ("role", ROLES)):
            if row.cells[column] not in known:
                hint = did_you_mean(row.cells[column], known)
                mistakes.append(f"{where}: unknown {column} '{row.cells[column]}'{hint}")
        if not Path(row.cells["path"]).exists():
            path = row.cells["path"]
            mistakes.append(f"{where}: {path} does not exist; mend the path of '{name}'")
        conversion = row.cells.get("conversion", "") or own_or_shipped(
            KEYPOINTS / row.cells["space"] / f"{name}.tsv", workflow_folder
        )
        if not Path(conversion).is_file():
            mistakes.append(
                f"{where}: '{name}' has no conversion table {conversion}; write one with the "
                "columns 'source' and 'unified', a row for every keypoint of the data set"
            )
        datasets.setdefault(
            name,
            DatasetRow(
                name,
                row.cells["path"],
                row.cells["format"],
                row.cells["space"],
                row.cells["role"],
                conversion,
                row.cells.get("license", ""),
            ),
        )
    needs_some = any(map(role_needed, settings.models.values()))
    if needs_some and not datasets and len(mistakes) == before:
        mistakes.append(f"{sheet}: lists no data set; add a row with {', '.join(required)}")
    return datasets


def _rows(sheet: str, required: tuple[str, ...], mistakes: list[str]) -> list[Row]:
    """Rows of a sheet that have all required cells; what is wrong with the others is noted."""
    try:
        rows = read_sheet(sheet)
    except SuperAnimalError as error:
        mistakes.append(str(error))
        return []
    whole = []
    for row in rows:
        lacking = [c for c in required if not row.cells.get(c, "")]
        for column in lacking:
            mistakes.append(f"{sheet}: row {row.number}: the column '{column}' is empty or missing")
        if not lacking:
            whole.append(row)
    return whole


def _matching(path: str, where: str, mistakes: list[str]) -> list[str]:
    """The file, or the files that a pattern stands for; a URL stands for itself."""
    if is_stored(path):
        return [path]
    if not glob.has_magic(path):
        if not Path(path).is_file():
            mistakes.append(f"{where}: {path} does not exist; mend the path or remove the row")
        return [path]
    found = sorted(glob.glob(path, recursive=True))
    if not found:
        mistakes.append(f"{where}: no file matches {path}")
    return found


def _number(
    row: Row, column: str, default: float | None, where: str, mistakes: list[str]
) -> float | None:
    text = row.cells.get(column, "")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < float("inf"):
        mistakes.append(f"{where}: {column} is '{text}'; expected a number above 0, or nothing")
        return default
    return value


def _find_space(
    space: str,
    where: str,
    workflow_folder: Path,
    spaces: dict[str, str],
    known: dict[str, KeypointSpace],
    mistakes: list[str],
) -> None:
    spaces[space] = own_or_shipped(KEYPOINTS / f"{space}.yaml", workflow_folder)
    if not Path(spaces[space]).is_file():
        folders = (KEYPOINTS, workflow_folder / KEYPOINTS)
        names = sorted({p.stem for folder in folders for p in folder.glob("*.yaml")})
        mistakes.append(f"{where}: no keypoint space '{space}'{did_you_mean(space, names)}")
        return
    try:
        known[space] = read_keypoint_space(spaces[space])
    except SuperAnimalError as error:
        mistakes.append(str(error))


def _conversion_mistakes(dataset: DatasetRow, space: KeypointSpace) -> list[str]:
    if not Path(dataset.conversion).is_file():
        return []
    try:
        rows = read_conversion_rows(dataset.conversion)
    except SuperAnimalError as error:
        return [str(error)]
    return conversion_mistakes(rows, space, dataset.conversion)
