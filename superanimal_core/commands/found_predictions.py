"""Somebody's files of predictions, each beside the video that it is of: what `init` fills in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from superanimal_core.commands.found_videos import FoundVideo
from superanimal_core.errors import DatasetError
from superanimal_core.formats.given_predictions import keypoints_in
from superanimal_core.formats.sleap_predictions import edges_of_project
from superanimal_core.study.brought_predictions import ENDINGS, FILTERED, network_of

PROJECT = ".slp"  # of SLEAP: holds several videos, and finds its own
SLEAP, DEEPLABCUT = "sleap", "deeplabcut"  # the latter's layout is Lightning Pose's and EKS's, too
ANALYSIS = ".analysis.h5"
PROGRAM = "DLC"  # follows a video's name in DeepLabCut's names of files


@dataclass(frozen=True)
class FoundPredictions:
    """The files of each video, by its name; their format, keypoints, and files of no video.

    `skeleton` are lines between keypoints, which a .slp has.
    """

    files: Mapping[str, Sequence[Path]]
    format: str
    keypoints: tuple[str, ...]
    left_out: Sequence[Path] = field(default_factory=list)
    skeleton: Sequence[tuple[str, str]] = ()


def find_predictions(place: Path, videos: Sequence[FoundVideo]) -> FoundPredictions:
    """The predictions below a folder, or a .slp, by the videos with whose names theirs begin.

    Of a network's .csv and .h5 the first counts, and a table before its filtered copy. DatasetError
    when there is none, they are of several programs, or a video has none.
    """
    found = sorted(place.rglob("*")) if place.is_dir() else [place] if place.is_file() else []
    files = [file for file in found if file.suffix.lower() in _endings() and file.is_file()]
    if not files:
        raise DatasetError(f"--predictions {place}: no {', '.join(_endings())} there")
    formats = {_format_of(file) for file in files}
    if len(formats) > 1:
        raise DatasetError(f"--predictions {place}: files of SLEAP beside others; name one folder")
    of_video = {video.video: [f for f in files if belongs(f, video, videos)] for video in videos}
    bare = next((video.file for video in videos if not of_video[video.video]), None)
    if bare:
        raise DatasetError(
            f"--predictions {place}: no file's name begins with '{bare.stem}', so that {bare} has "
            "none; rename its file, or leave the video out"
        )
    (format_,), taken = formats, {file for own in of_video.values() for file in own}
    first = next(iter(of_video.values()))[0]
    chosen = {name: one_of_each_network(own) for name, own in of_video.items()}
    left_out = [file for file in files if file not in taken]
    skeleton = edges_of_project(first) if first.suffix.lower() == PROJECT else ()
    return FoundPredictions(chosen, format_, keypoints_in(first, format_), left_out, skeleton)


def belongs(file: Path, video: FoundVideo, videos: Sequence[FoundVideo]) -> bool:
    """Whether a file is of a video: its name begins with it, and with no longer one of another."""
    if file.suffix.lower() == PROJECT:
        return True
    return stem_of(file.name, {each.file.stem for each in videos}) == video.file.stem


def stem_of(name: str, stems: Iterable[str]) -> str | None:
    """The stem of the video after which a file is named: the longest with which it begins."""
    return max((stem for stem in stems if _begins_with(name, stem)), key=len, default=None)


def one_of_each_network(files: Sequence[Path]) -> list[Path]:
    """The files without those that say the same again: .h5 beside .csv, filtered beside raw."""
    by_name: dict[str, Path] = {}
    for file in sorted(files, key=lambda each: (FILTERED in each.stem, each.suffix)):
        by_name.setdefault(network_of(file), file)
    return sorted(by_name.values())


def _begins_with(name: str, stem: str) -> bool:
    """Whether a file's name is a video's with something behind: m1 is not in m10.csv."""
    rest = name.removeprefix(stem)
    return name.startswith(stem) and (not rest[:1].isalnum() or rest.startswith(PROGRAM))


def _endings() -> tuple[str, ...]:
    return tuple(dict.fromkeys((*ENDINGS[DEEPLABCUT], *ENDINGS[SLEAP])))


def _format_of(file: Path) -> str:
    return SLEAP if file.name.lower().endswith((PROJECT, ANALYSIS)) else DEEPLABCUT
