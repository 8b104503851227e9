"""The videos in somebody's folders, each with a name of its own: what a new videos.tsv lists."""

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from superanimal_core.errors import DatasetError
from superanimal_core.study.sheet_columns import cell_of_identifier, reads_as_other
from superanimal_core.study.sheet_schema import MOST_LETTERS

ENDINGS = (  # of files in a folder; a file that is named itself may have any
    "3gp asf avi dv flv h264 h265 hevc m2ts m4v mjpeg mjpg mkv mov mp4 mpeg mpg mts ogv seq ts vob "
    "webm wmv"
)
SUFFIXES = frozenset(f".{ending}" for ending in ENDINGS.split())
COMPARED_BYTES = 2**20  # of the begin and the end of files that may be copies
UNWRITABLE = re.compile("[\t\r\n\ud800-\udfff]| $")  # no cell holds them; the last: no text


@dataclass(frozen=True)
class FoundVideo:
    """A video: its file, what it is called, and its folder below the one that was searched."""

    file: Path
    video: str
    folder: str


@dataclass
class LeftOut:
    """What looked like a video and was not taken: by the reason, the files."""

    files: dict[str, list[Path]] = field(default_factory=dict)

    def add(self, reason: str, file: Path) -> None:
        """Note a file."""
        self.files.setdefault(reason, []).append(file)

    def lines(self) -> list[str]:
        """A sentence for each reason."""
        return [
            f"left out, {reason}: {_counted(files)}" for reason, files in sorted(self.files.items())
        ]


def find_videos(places: Sequence[Path], left_out: LeftOut) -> list[FoundVideo]:
    """The videos below folders, and files named themselves, in the order of their paths.

    Hidden files and folders are left out, `._x.mp4` of a Mac among them; links are followed. A file
    that is reached twice counts once, as does a copy of the same name in another place.
    DatasetError for a place that does not exist, one without a video, and a path that no sheet can
    hold.
    """
    found: dict[Path, tuple[Path, Path]] = {}  # by what a link leads to: file, place
    for place in places:
        files = list(_videos_below(place, left_out))
        if not files:
            hidden = "".join(f"; {line}" for line in left_out.lines())
            raise DatasetError(
                f"{place}: no video in it{hidden}; looked for the endings {ENDINGS} (a file with "
                "another one can be named itself)"
            )
        for file in files:
            if UNWRITABLE.search(str(file)):
                raise DatasetError(
                    f"{str(file)!r}: ends with a blank, or holds a tab, a line break or bytes that "
                    "are no text, which no sheet can hold; rename it"
                )
            there = found.setdefault(Path(os.path.realpath(file)), (file, place))
            if there[0] != file:
                left_out.add(f"the same file as {there[0]}", file)
    files = _without_copies(list(found.values()), left_out)
    folders = [_below(*each).rpartition("/")[0] for each in files]
    roots = [f"{place.name}/" if len(places) > 1 and place.is_dir() else "" for _, place in files]
    below = (_below(*each) for each in files)
    names = distinct_names([root + path for root, path in zip(roots, below, strict=True)])
    return [
        FoundVideo(file, name, "".join(filter(str.isprintable, folder)))
        for (file, _), name, folder in zip(files, names, folders, strict=True)
    ]


def _without_copies(
    files: Sequence[tuple[Path, Path]], left_out: LeftOut
) -> list[tuple[Path, Path]]:
    """Without files of the name, size, begin and end of one before: a project keeps such copies."""
    kept: dict[tuple[str, int], list[Path]] = {}
    chosen = []
    for file, place in files:
        alike = kept.setdefault((file.name, file.stat().st_size), [])
        first = next((each for each in alike if _ends_of(each) == _ends_of(file)), None)
        if first is None:
            alike.append(file)
            chosen.append((file, place))
        else:
            left_out.add(f"a copy of {first}", file)
    return chosen


def _ends_of(file: Path) -> object:
    """The first and last bytes of a file; of an empty one itself, which is like no other."""
    size = file.stat().st_size
    if not size:
        return file
    with file.open("rb") as opened:
        begin = opened.read(COMPARED_BYTES)
        opened.seek(max(0, size - COMPARED_BYTES))
        return begin, opened.read()


def _videos_below(place: Path, left_out: LeftOut) -> Iterator[Path]:
    """A file itself, or what a folder holds, by path. DatasetError when there is neither."""
    if place.is_file():
        yield place
        return
    if not place.is_dir():
        raise DatasetError(f"{place}: does not exist; name a folder of videos, or videos")
    for file in walked_files(place):
        if file.suffix.lower() in SUFFIXES:
            reason = _why_not(file)
            if reason:
                left_out.add(reason, file)
            else:
                yield file


def walked_files(place: Path) -> Iterator[Path]:
    """All that lies in a folder and those in it, by path; links are followed, in circles too.

    Hidden folders, as notebooks and backups make them, are not entered.
    """
    entered: set[str] = set()
    for above, folders, names in os.walk(place, followlinks=True):
        is_new = os.path.realpath(above) not in entered
        entered.add(os.path.realpath(above))
        folders[:] = sorted(f for f in folders if is_new and not f.startswith("."))
        yield from (Path(above, name) for name in sorted(names) if is_new)


def _why_not(file: Path) -> str:
    """Why a file with a video's ending is none; '' when it may be one."""
    if file.name.startswith("._"):
        return "no videos but what a Mac writes beside them"
    if file.name.startswith("."):
        return "hidden"
    if not file.exists():
        return "links that lead nowhere"
    return "" if file.is_file() else "no files"


def _below(file: Path, place: Path) -> str:
    """A file's path below the folder that was searched, with / between folders."""
    return file.relative_to(place).as_posix() if file != place else file.name


def distinct_names(paths: Sequence[str]) -> list[str]:
    """An identifier for each path: its stem, and where that is not enough its folders before it.

    `day1/m1.mp4` and `day2/m1.mp4` become day1_m1 and day2_m1; where the folders do not tell files
    apart either the ending does (`m1_mp4`, `m1_avi`), and at last a number. No two names differ
    only in upper and lower case, since some disks would give both one folder. `0012.mp4` becomes
    video_0012, since readers of tables would take the name for a number.
    """
    names = [legible_identifier(Path(path).stem) for path in paths]
    names = [f"video_{name}" if reads_as_other(name) else name for name in names]
    deepest = max((path.count("/") for path in paths), default=0)
    for folders in range(1, deepest + 1):
        for i in _repeated(names):
            *above, _ = paths[i].split("/")
            names[i] = legible_identifier("_".join([*above[-folders:], Path(paths[i]).stem]))
    for i in _repeated(names):
        names[i] = legible_identifier(paths[i])
    taken: set[str] = set()
    for i, name in enumerate(names):
        tried = (name, *(f"{name}_{number}" for number in range(2, len(names) + 2)))
        names[i] = next(each for each in tried if each.casefold() not in taken)
        taken.add(names[i].casefold())
    return names


def _repeated(names: Sequence[str]) -> Iterable[int]:
    """Places of the names that stand twice, whatever their case."""
    folded = [name.casefold() for name in names]
    counts: dict[str, int] = {}
    for name in folded:
        counts[name] = counts.get(name, 0) + 1
    return [i for i, name in enumerate(folded) if counts[name] > 1]


def legible_identifier(text: str) -> str:
    """As the sheet's own rule, more legible, short enough for a name with a number behind.

    Letters lose their marks (ü is u), and what is no letter or digit becomes one _ between words.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    words = re.sub("_+", "_", cell_of_identifier(plain.replace("ß", "ss"))).strip("_")
    short = words[-(MOST_LETTERS - 6) :].lstrip("-_")  # commands take -n for an option
    return short or "video"


def _counted(files: Sequence[Path]) -> str:
    """One file by its name; of more their number and the first."""
    return str(files[0]) if len(files) == 1 else f"{len(files)} files, {files[0]} the first"
