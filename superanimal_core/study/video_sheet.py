"""The sheet of videos: which files, what the videos are called, and what is known of each."""

import glob
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from superanimal_core.formats.sheets import Row
from superanimal_core.pose.keypoints import did_you_mean
from superanimal_core.settings import Settings
from superanimal_core.study.arenas import zones_in
from superanimal_core.study.brought_predictions import prediction_files
from superanimal_core.study.polygons import polygon_in
from superanimal_core.study.sheet_columns import (
    as_on_disk,
    cell_of_identifier,
    has_file,
    identifier_mistakes,
    number_in,
    path_mistake,
    read_rows,
)
from superanimal_core.study.sheet_schema import VIDEOS
from superanimal_core.study.study_rows import VideoRow

MEASURES = ("max_individuals", "fps", "cm_per_px", "belt_speed_px_per_s", "leg_length_cm")
POLYGONS = ("arena", "zones")
OWN_FIELDS = ("path", "video", "model", "predictions", *MEASURES, *POLYGONS)
STORED = re.compile(r"^[a-z][a-z0-9+.-]*://")  # a URL's scheme (RFC 3986)


def is_stored(path: str) -> bool:
    """Whether a video lies in an object store or on a server, from where Snakemake fetches it."""
    return STORED.match(path) is not None


def read_videos(
    settings: Settings, mistakes: list[str], *, is_begun: bool = False
) -> dict[str, VideoRow]:
    """The videos of the sheet by name; what is wrong with it is noted.

    `is_begun`: in a run that was checked at its start, what became wrong with a row since stops no
    other video. Files that are gone are told by their own jobs, and a row that says something
    impossible is left out.
    """
    sheet = settings.videos
    videos: dict[str, VideoRow] = {}
    row_of: dict[str, int] = {}
    before = len(mistakes)
    for row in read_rows(sheet, VIDEOS, mistakes):
        where, gone, wrong = f"{sheet}: row {row.number}", list[str](), list[str]()
        for path in _files(row.cells["path"], where, gone):
            video = _video(row, path, settings, where, wrong, gone)
            if is_begun and wrong:
                continue
            same = videos.setdefault(video.video, video)
            if same is not video and same.path == path:
                wrong.append(
                    f"{where}: {path} stands in row {row_of[video.video]} already; remove one"
                )
            elif same is not video:
                wrong.append(
                    f"{where}: '{video.video}' names two files, {same.path} "
                    f"(row {row_of[video.video]}) and {path}; give each video a name of its own in "
                    "the column 'video'"
                )
            row_of.setdefault(video.video, row.number)
        if not is_begun:
            mistakes += gone + wrong
    if is_blind_to_case(sheet):
        mistakes += [
            f"{sheet}: the videos {', '.join(names)} would have one folder of results on this "
            "disk, which takes capital letters for small ones; give each a name of its own in the "
            "column 'video'"
            for names in names_but_for_case(videos)
        ]
    if not videos and len(mistakes) == before:
        mistakes.append(f"{sheet}: lists no video; add a row with at least the column 'path'")
    return videos


def _video(
    row: Row, path: str, settings: Settings, where: str, mistakes: list[str], gone: list[str]
) -> VideoRow:
    """A row's video; what it says wrongly is noted, and apart from that files that are gone."""
    name = row.cells.get("video", "") or cell_of_identifier(Path(path).stem)
    mistakes += identifier_mistakes(where, VIDEOS["video"], name)
    model = row.cells.get("model", "") or next(iter(settings.models))
    if model not in settings.models:
        known = list(settings.models)
        hint = did_you_mean(model, known)
        mistakes.append(f"{where}: {VIDEOS['model'].mistake(model)}{hint}")
    columns = {k: v for k, v in row.cells.items() if k not in OWN_FIELDS}
    for column in ("truth", "camera_file"):
        if columns.get(column):
            columns[column] = as_on_disk(columns[column])
    for column in ("truth", "camera_file"):
        is_told = column == "camera_file" and columns.get("session")  # by its session
        if columns.get(column) and not is_told and not has_file(columns[column]):
            gone.append(f"{where}: {VIDEOS[column].mistake(columns[column])}")
    return VideoRow(
        name,
        path,
        model,
        int(number_in(row, VIDEOS["max_individuals"], where, mistakes) or 1),
        number_in(row, VIDEOS["fps"], where, mistakes),
        number_in(row, VIDEOS["cm_per_px"], where, mistakes),
        number_in(row, VIDEOS["belt_speed_px_per_s"], where, mistakes),
        columns,
        prediction_files(row.cells.get("predictions", ""), where, gone),
        number_in(row, VIDEOS["leg_length_cm"], where, mistakes),
        polygon_in(row.cells.get("arena", ""), f"{where}: arena", mistakes),
        zones_in(row.cells.get("zones", ""), where, mistakes),
    )


def names_but_for_case(videos: Iterable[str]) -> list[list[str]]:
    """Names of videos that differ in capital letters alone; Macs and Windows take them for one."""
    names: dict[str, list[str]] = {}
    for name in videos:
        names.setdefault(name.casefold(), []).append(name)
    return [same for same in names.values() if len(same) > 1]


def is_blind_to_case(path: str) -> bool:
    """Whether the disk where a file lies finds it under its name in other capitals, too."""
    with suppress(OSError):
        return os.path.samefile(path, path.swapcase())
    return False


def users_columns(video: VideoRow) -> Mapping[str, str]:
    """The columns that are the user's own, for the tables; paths of files are not."""
    return {k: v for k, v in video.columns.items() if k not in ("truth", "camera_file")}


def _files(path: str, where: str, mistakes: list[str]) -> list[str]:
    """The file, or the files that a pattern stands for; a URL stands for itself.

    A file that is there is never taken for a pattern.
    """
    path = as_on_disk(path)
    if is_stored(path) or has_file(path):
        return [path]
    if not glob.has_magic(path):
        mistakes.append(f"{where}: {path_mistake(VIDEOS['path'], path, '*.mp4')}")
        return [path]
    there = sorted(glob.glob(path, recursive=True))
    found = [name for name in there if has_file(name)]
    others = sorted({*there} - {*found})
    lost = [name for name in others if not os.path.exists(name)]
    mistakes += [f"{where}: {path_mistake(VIDEOS['path'], name)}" for name in lost]
    if not found and not lost:
        mistakes.append(f"{where}: no file matches {path}")
    return found
