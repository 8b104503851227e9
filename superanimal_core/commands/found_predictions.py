"""Somebody's files of predictions, each beside the video that it is of: what `init` fills in."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from superanimal_core.commands.found_videos import FoundVideo, LeftOut, walked_files
from superanimal_core.errors import DatasetError
from superanimal_core.formats.given_predictions import keypoints_in
from superanimal_core.formats.prediction_files import csv_header
from superanimal_core.formats.sleap_predictions import edges_of_project
from superanimal_core.report.cells import counted
from superanimal_core.study.brought_predictions import ENDINGS, FILTERED, network_of

PROJECT = ".slp"  # of SLEAP: holds several videos, and finds its own
SLEAP, DEEPLABCUT = "sleap", "deeplabcut"  # the latter's layout is Lightning Pose's and EKS's, too
ANALYSIS = ".analysis.h5"
PROGRAM = "DLC"  # follows a video's name in DeepLabCut's names of files
BONES = "_skeleton"  # ending of its tables of lengths and angles

Folders = tuple[str, ...]  # the parts of a path


@dataclass(frozen=True)
class FoundPredictions:
    """The files of each video that has some, their format and keypoints.

    `skeleton` are lines between keypoints, which a .slp has.
    """

    files: Mapping[str, Sequence[Path]]
    format: str
    keypoints: tuple[str, ...]
    skeleton: Sequence[tuple[str, str]] = ()


def find_predictions(
    place: Path, videos: Sequence[FoundVideo], without: LeftOut
) -> FoundPredictions:
    """The predictions below a folder, or a .slp, by the videos with whose names theirs begin.

    Of a network's .csv and .h5 the first counts, and a table before its filtered copy. Videos that
    have none, files of no video and those that hold no poses are added to `without`. DatasetError
    when all videos have none, there is no file, or files are of several programs.
    """
    files = _files_at(place, without)
    formats = {_format_of(file) for file in files}
    if len(formats) > 1:
        raise DatasetError(f"--predictions {place}: files of SLEAP beside others; name one folder")
    of_video = files_by_video(files, videos)
    bare = [video.file for video in videos if not of_video[video.video]]
    called = Counter(video.file.stem for video in videos)
    reasons = [_why_none(file, files, has_namesakes=called[file.stem] > 1) for file in bare]
    if len(bare) == len(videos):
        raise DatasetError(
            f"--predictions {place}: of {bare[0]} {reasons[0]}, so that no video has predictions; "
            "rename the files after their videos"
        )
    for reason, file in zip(reasons, bare, strict=True):
        without.add(reason, file)
    taken = {file for own in of_video.values() for file in own}
    for file in files:
        if file not in taken:
            without.add("named after no video", file)
    chosen = {name: one_of_each_network(own) for name, own in of_video.items() if own}
    (format_,), first = formats, next(iter(chosen.values()))[0]
    skeleton = edges_of_project(first) if first.suffix.lower() == PROJECT else ()
    return FoundPredictions(chosen, format_, keypoints_in(first, format_), skeleton)


def _files_at(place: Path, without: LeftOut) -> list[Path]:
    """A file itself, or those below a folder that may hold poses. DatasetError: there is none."""
    found = [place] if place.is_file() else sorted(walked_files(place)) if place.is_dir() else []
    files = [
        file
        for file in found
        if file.suffix.lower() in _endings() and file.is_file() and not file.name.startswith(".")
    ]
    if not files:
        raise DatasetError(f"--predictions {place}: no {', '.join(_endings())} there")
    others = [file for file in files if not _may_hold_poses(file)]
    if others == files:
        raise DatasetError(f"--predictions {place}: no table of poses; {files[0]} is none")
    for file in others:
        without.add("no table of poses", file)
    return sorted({*files} - {*others})


def _may_hold_poses(file: Path) -> bool:
    """Whether a file is what it may be by its ending: of a text the header rows are there."""
    if file.stem.endswith(BONES):
        return False
    if file.suffix.lower() != ".csv":
        return True
    try:
        csv_header(file)
    except DatasetError:
        return False
    return True


def other_counts(files: Mapping[str, Sequence[Path]]) -> str:
    """Of which videos more or fewer files were found than of most, in words; '' where of none."""
    counts = {video: len(own) for video, own in files.items()}
    usual, _ = Counter(counts.values()).most_common(1)[0]
    others = [video for video, count in counts.items() if count != usual]
    if not others:
        return ""
    names = ", ".join(file.name for file in files[others[0]])
    return (
        f"most videos have {counted(usual, 'file')} of predictions, {len(others)} another number; "
        f"'{others[0]}' has {counts[others[0]]} ({names}): are all of them its?"
    )


def files_by_video(files: Sequence[Path], videos: Sequence[FoundVideo]) -> dict[str, list[Path]]:
    """The files of each video: their names begin with its own, and with no longer one of another.

    Of videos of one name a file is that one's that lies nearest, and nobody's where two are as
    near. A .slp, which names its videos itself, is of all.
    """
    namesakes: dict[str, list[tuple[Folders, FoundVideo]]] = {}
    for video in videos:
        namesakes.setdefault(video.file.stem, []).append((_folders(video.file), video))
    own: dict[str, list[Path]] = {video.video: [] for video in videos}
    for file in files:
        if file.suffix.lower() == PROJECT:
            owners = list(videos)
        else:
            stem = stem_of(file.name, namesakes)
            owners = _nearest(file, namesakes[stem]) if stem else []
        for video in owners:
            own[video.video].append(file)
    return own


def stem_of(name: str, stems: Collection[str]) -> str | None:
    """The stem of the video after which a file is named: the longest with which it begins."""
    beginnings = (name[:length] for length in range(len(name), 0, -1))
    return next((stem for stem in beginnings if stem in stems and _begins_with(name, stem)), None)


def one_of_each_network(files: Sequence[Path]) -> list[Path]:
    """The files without those that say the same again: .h5 beside .csv, filtered beside raw.

    Of files of one name in several folders those with one ending are several networks.
    """
    by_name, ending = dict[str, Path](), dict[str, str]()
    for file in sorted(files, key=lambda each: (FILTERED in each.stem, each.suffix)):
        name = Path(network_of(file)).name
        if ending.setdefault(name, file.suffix.lower()) == file.suffix.lower():
            by_name.setdefault(network_of(file), file)
    return sorted(by_name.values())


def _nearest(file: Path, namesakes: Sequence[tuple[Folders, FoundVideo]]) -> list[FoundVideo]:
    """The one of videos that lies nearest to a file; none where that is not one.

    The one with which it shares the longer beginning of the path; of equals the one whose folders
    are most among its own; of those with as many the one that has the fewest others.
    """
    folders = _folders(file)
    near = [
        (
            _same_beginning(own, folders),
            len({*own} & {*folders}),
            -len({*own} - {*folders}),
        )
        for own, _ in namesakes
    ]
    nearest = max(near)
    if near.count(nearest) > 1:
        return []
    return [namesakes[near.index(nearest)][1]]


def _same_beginning(first: Folders, second: Folders) -> int:
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in takewhile(lambda both: both[0] == both[1], pairs))


def _folders(file: Path) -> Folders:
    return file.absolute().parent.parts


def _why_none(bare: Path, files: Sequence[Path], *, has_namesakes: bool) -> str:
    """In words, for a video that has no file."""
    if has_namesakes and any(_begins_with(file.name, bare.stem) for file in files):
        return f"several videos are called '{bare.stem}', and no folder tells that a file is its"
    return "no file of predictions has a name that begins with the video's"


def _begins_with(name: str, stem: str) -> bool:
    """Whether a file's name is a video's with something behind: m1 is not in m10.csv.

    What DeepLabCut names has the video's whole name before its own: m1_day2DLC_… is not of m1.
    """
    rest = name.removeprefix(stem)
    if not name.startswith(stem):
        return False
    return rest.startswith(PROGRAM) or not (rest[:1].isalnum() or f"{PROGRAM}_" in rest)


def _endings() -> tuple[str, ...]:
    return tuple(dict.fromkeys((*ENDINGS[DEEPLABCUT], *ENDINGS[SLEAP])))


def _format_of(file: Path) -> str:
    return SLEAP if file.name.lower().endswith((PROJECT, ANALYSIS)) else DEEPLABCUT
