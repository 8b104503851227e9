"""Poses of a study in the files of another program.

    superanimal export ~/my-study m1_day1 --to deeplabcut_csv
    superanimal export ~/my-study --all --to sleap_slp --output ~/for-sleap

All files of a format lie in one folder (default: exports/FORMAT in the study), named after their
videos. Keypoints that no network was taught are left out. With `exports: [deeplabcut_csv]` in
config.yaml every run makes them, too, in results/exports.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from superanimal_core.commands.status import read_settings_and_rows
from superanimal_core.commands.study_folder import checked_study
from superanimal_core.commands.typed_path import typed_path
from superanimal_core.errors import DatasetError, SuperAnimalError, VideoError
from superanimal_core.formats.exports import EXPORTS
from superanimal_core.formats.exports.from_tables import export_video
from superanimal_core.pose.keypoints import did_you_mean
from superanimal_core.report.cells import counted
from superanimal_core.settings import Settings
from superanimal_core.study.study_rows import VideoRow

NAMED_AFTER_FILES = ("simba", "anipose")  # formats whose programs look for the video's own name
POSES = "results/videos/{}/poses.parquet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `export`."""
    parser.add_argument("study", help="the study's folder")
    parser.add_argument("videos", nargs="*", metavar="VIDEO", help="their names in the study")
    parser.add_argument("--all", action="store_true", help="every video that is finished")
    formats = ", ".join(EXPORTS)
    parser.add_argument("--to", required=True, choices=EXPORTS, metavar="FORMAT", help=formats)
    output = "where the files go (default: exports/FORMAT in the study)"
    parser.add_argument("--output", type=Path, metavar="FOLDER", help=output)


def run(options: argparse.Namespace) -> None:
    """Write the files, and say where. SuperAnimalError: no such video, or none is finished."""
    study = checked_study(options.study)
    settings, rows = read_settings_and_rows(study)
    chosen = chosen_videos(options.videos, options.all, rows)
    folder = typed_path(options.output or study / "exports" / options.to)
    check_folder(study, rows, folder)
    left_out = [*export_videos(study, settings, chosen, options.to, folder)]
    for video, reason in left_out:
        print(f"left out: {video}: {reason}", file=sys.stderr)
    if len(left_out) == len(chosen):
        raise SuperAnimalError("no video could be exported")
    print(f"{folder}: {options.to} of {counted(len(chosen) - len(left_out), 'video')}")


def check_folder(study: Path, rows: dict[str, VideoRow], folder: Path) -> None:
    """Make the folder. SuperAnimalError where it cannot be, or holds predictions of the study."""
    theirs = {(study / file).resolve().parent for row in rows.values() for file in row.predictions}
    if folder.resolve() in theirs:
        raise SuperAnimalError(
            f"{folder}: holds predictions that the study is made of, and one of them might be "
            "overwritten; name another folder"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SuperAnimalError(f"{folder}: cannot be made a folder ({error.strerror})") from None


def chosen_videos(
    named: Sequence[str], is_all: bool, rows: dict[str, VideoRow]
) -> dict[str, VideoRow]:
    """The rows of the videos that are meant. SuperAnimalError for an unknown name, or none."""
    unknown = next((name for name in named if name not in rows), None)
    if unknown is not None:
        raise SuperAnimalError(
            f"no video '{unknown}' in the study{did_you_mean(Path(unknown).stem, [*rows])}"
        )
    if is_all == bool(named):
        raise SuperAnimalError("name videos, or --all of them")
    return rows if is_all else {name: rows[name] for name in named}


def export_videos(
    study: Path, settings: Settings, rows: dict[str, VideoRow], format: str, folder: Path
) -> Iterator[tuple[str, str]]:
    """Write the files of all videos; gives those that could not be, and why."""
    stems: dict[str, str] = {}
    noise = settings.smoothing.noise_of_one_network_px2
    for video, row in rows.items():
        file = Path(row.path)
        if stems.setdefault(file.stem, video) != video and format in NAMED_AFTER_FILES:
            yield video, f"its file is called as that of {stems[file.stem]}: {file.stem}"
            continue
        poses = study / POSES.format(video)
        if not poses.is_file():
            yield video, "not finished"
            continue
        try:
            export_video(poses, folder, format, video=video, file=file.name, noise_px2=noise)
        except VideoError as error:
            yield video, error.reason
        except OSError as error:
            raise DatasetError(f"{folder}: cannot be written ({error.strerror})") from None
