"""What a parser may see of the outside: one data set's folder, and nothing beside it.

Parsers never open a path. They ask a `DatasetFolder`; the real one is `files.dataset_folder`, tests
use one that lives in memory.

An image is named by its path relative to the data set's root, with forward slashes. A frame of a
video is an image too: `top.mp4#frame=12` is frame 12, counted from 0 in decoding order. So is a
picture inside a SLEAP package: `labels.pkg.slp/video0#frame=12`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Protocol, runtime_checkable

from numpy import ndarray

from superanimal_core.datasets.frame_names import split_frame_name
from superanimal_core.datasets.headed_table import HeadedTable
from superanimal_core.errors import DatasetError

_ROOT = re.compile(r"^([A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]+:/)?/*")  # a drive, a URL's scheme, slashes
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
NAMED_BEFORE_TOLD = 3  # of many files, so many are named in a message

Written = tuple[str, str]  # the folder of a document, and a file's name as the document writes it


@runtime_checkable
class DatasetFolder(Protocol):
    """Read-only view of one data set. Every method raises DatasetError with file and place."""

    def names(self, pattern: str) -> list[str]:
        """Files that match a shell pattern (`*` also crosses `/`), sorted; hidden files never.

        When the data set was given as one file, only that file is listed.
        """
        ...

    def files(self, pattern: str) -> list[str]:
        """Like `names`, but always of the whole folder: for what lies beside a document."""
        ...

    def has(self, name: str) -> bool:
        """True when a file of that name lies in the folder (or is the video of a frame name)."""
        ...

    def text(self, name: str) -> str:
        """A UTF-8 document, without its byte order mark."""
        ...

    def json(self, name: str) -> Any:
        """A parsed JSON document."""
        ...

    def table(self, name: str) -> HeadedTable:
        """A DeepLabCut-style table, from .csv or .h5."""
        ...

    def arrays(self, name: str, wanted: Sequence[str]) -> Mapping[str, ndarray]:
        """Plain arrays of an HDF5 file; `group@attribute` asks for an attribute. Absent: no key."""
        ...

    def columns(self, name: str) -> Mapping[str, Sequence[str]]:
        """A plain table with one header row, from .csv or .parquet: cells as text by column."""
        ...

    def array_names(self, name: str) -> list[str]:
        """Names of all arrays in an HDF5 file, sorted."""
        ...

    def image_size_px(self, name: str) -> tuple[int, int]:
        """(width, height) of an image as it is opened, or of a video frame; from the header."""
        ...

    def orientation(self, name: str) -> int:
        """How a picture says that it is to be turned (EXIF 2.3, tag 0x0112): 1 not at all, to 8."""
        ...

    def is_video(self, name: str) -> bool:
        """Whether a file is a video."""
        ...

    def where(self, name: str) -> str:
        """How a message calls this file."""
        ...


def frame_name(video: str, frame: int) -> str:
    """Name of one frame of a video as an image: `video#frame=12`."""
    return f"{video}#frame={frame}"


def package_of(video: str) -> tuple[str, str] | None:
    """(package, group) of pictures that a file holds inside: `labels.pkg.slp/video0`, else None."""
    above, _, group = video.rpartition("/")
    return (above, group) if above.endswith(".slp") else None


def posix_name(written: str) -> str:
    """A path as somebody's computer wrote it, with forward slashes and without `./`."""
    return re.sub(r"^(\./)+", "", re.sub(r"/{2,}", "/", written.strip().replace("\\", "/")))


def ends_of(written: str) -> list[str]:
    """The ends of a path as somebody's computer wrote it, the longest first.

    `C:/me/day1/a.png`: me/day1/a.png, day1/a.png, a.png. None of them leaves a folder.
    """
    if "\0" in written:
        return []
    rootless = _ROOT.sub("", posix_name(written))
    parts = [part for part in rootless.split("/") if part not in ("", ".")]
    while ".." in parts:
        parts = parts[parts.index("..") + 1 :]
    return ["/".join(parts[i:]) for i in range(len(parts))]


def candidates(written: str, folders: Sequence[str]) -> list[str]:
    """Where a file of that written name may lie: the longest end first, in each of the folders."""
    return list(dict.fromkeys(joined(f, end) for end in ends_of(written) for f in folders))


def locate(
    folder: DatasetFolder, wanted: Mapping[Written, Sequence[str]], where: str
) -> dict[Written, str | None]:
    """For each written name the first of its candidates that is there, None where none is.

    Where a candidate is not there letter by letter, the file is taken whose name is the same text
    after Unicode normalization (macOS writes ä as two characters). DatasetError when two written
    names end at one file: one of the two files is missing, and its labels would go to the other.
    """
    composed: dict[str, str] = {}
    if not all(name.isascii() for names in wanted.values() for name in names):
        composed = {unicodedata.normalize("NFC", name): name for name in folder.files("*")}
    found = {key: _first(folder, names, composed) for key, names in wanted.items()}
    named: dict[str, str] = {}
    for (_, written), name in found.items():
        if name is None:
            continue
        other = named.setdefault(name, written)
        if _same_text(other) != _same_text(written):
            raise DatasetError(
                f"{where}: '{other}' and '{written}' both lead to '{name}', the only file of that "
                "name; put the other one back at its place, or delete its labels"
            )
    return found


def _first(folder: DatasetFolder, names: Sequence[str], composed: Mapping[str, str]) -> str | None:
    """The first of the names that is there, letter by letter or after normalization."""
    for name in names:
        if folder.has(name):
            return name
        file, frame = split_frame_name(name)
        same = composed.get(unicodedata.normalize("NFC", file))
        if same is not None and folder.has(same):
            return same if frame is None else frame_name(same, frame)
    return None


def _same_text(written: str) -> str:
    return unicodedata.normalize("NFC", split_frame_name(posix_name(written))[0])


def find_images(
    folder: DatasetFolder, wanted: Mapping[Written, Sequence[str]], where: str
) -> dict[Written, str]:
    """`locate`, for files that must be there.

    DatasetError that counts and names the missing ones when any of them has no file.
    """
    found = locate(folder, wanted, where)
    missing = [written for (_, written), name in found.items() if name is None]
    if missing:
        shown = ", ".join(f"'{name}'" for name in missing[:NAMED_BEFORE_TOLD])
        raise DatasetError(
            f"{where}: {len(missing)} of {len(found)} labeled images are missing: {shown}"
            f"{', …' if len(missing) > NAMED_BEFORE_TOLD else ''}; put them there or delete their "
            "labels"
        )
    return {key: name for key, name in found.items() if name is not None}


def find_beside(
    folder: DatasetFolder, written: Iterable[Written], where: str, places: Sequence[str]
) -> dict[Written, str]:
    """`find_images` by the ends of the names, in these places beside each name's document."""
    keys = list(dict.fromkeys(written))
    folders = {above: [joined(above, place).rstrip("/") for place in places] for above, _ in keys}
    return find_images(folder, {key: candidates(key[1], folders[key[0]]) for key in keys}, where)


def json_entries(
    folder: DatasetFolder, noun: str, is_ours: Callable[[object], bool]
) -> list[tuple[str, str, Any]]:
    """(place, folder, entry) of all JSON lists in which some entry is ours; each is read once.

    `noun` is what messages call an entry.
    """
    entries: list[tuple[str, str, Any]] = []
    for name in folder.names("*.json"):
        content = folder.json(name)
        if isinstance(content, list) and any(is_ours(entry) for entry in content):
            where, above = folder.where(name), parent(name)
            entries += [(f"{where}: {noun} {i}", above, entry) for i, entry in enumerate(content)]
    return entries


def parent(name: str) -> str:
    """Folder of a name, '' for the root."""
    above = PurePosixPath(name).parent.as_posix()
    return "" if above == "." else above


def joined(above: str, name: str) -> str:
    """`above/name`, or `name` when there is nothing above."""
    return f"{above}/{name}" if above else name
