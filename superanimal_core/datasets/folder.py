"""What a parser may see of the outside: one data set's folder, and nothing beside it.

Parsers never open a path. They ask a `DatasetFolder`; the real one is `files.dataset_folder`, tests
use one that lives in memory.

An image is named by its path relative to the data set's root, with forward slashes. A frame of a
video is an image too: `top.mp4#frame=12` is frame 12, counted from 0 in decoding order. So is a
picture inside a SLEAP package: `labels.pkg.slp/video0#frame=12`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Protocol, runtime_checkable

from numpy import ndarray

from superanimal_core.datasets.headed_table import HeadedTable
from superanimal_core.errors import DatasetError

_FRAME = re.compile(r"^(?P<video>.+)#frame=(?P<frame>[0-9]{1,9})$")


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
        """(width, height) of an image or of a video frame, from the header only."""
        ...

    def where(self, name: str) -> str:
        """How a message calls this file."""
        ...


def frame_name(video: str, frame: int) -> str:
    """Name of one frame of a video as an image: `video#frame=12`."""
    return f"{video}#frame={frame}"


def split_frame_name(image: str) -> tuple[str, int | None]:
    """(video, frame) of `video#frame=12`; (image, None) for a picture."""
    match = _FRAME.match(image)
    return (match["video"], int(match["frame"])) if match else (image, None)


def package_of(video: str) -> tuple[str, str] | None:
    """(package, group) of pictures that a file holds inside: `labels.pkg.slp/video0`, else None."""
    above, _, group = video.rpartition("/")
    return (above, group) if above.endswith(".slp") else None


def posix_name(written: str) -> str:
    """A path as somebody's computer wrote it, with forward slashes and without `./`."""
    return re.sub(r"^(\./)+", "", re.sub(r"/{2,}", "/", written.strip().replace("\\", "/")))


def find_images(
    folder: DatasetFolder, candidates: Mapping[str, Sequence[str]], where: str
) -> dict[str, str]:
    """For each written image name the first candidate that exists.

    DatasetError that counts and names the missing ones when any of them has no file.
    """
    found = {
        written: next((name for name in names if folder.has(name)), None)
        for written, names in candidates.items()
    }
    missing = [written for written, name in found.items() if name is None]
    if missing:
        shown = ", ".join(f"'{name}'" for name in missing[:3])
        raise DatasetError(
            f"{where}: {len(missing)} of {len(found)} labeled images are missing: {shown}"
            f"{', …' if len(missing) > 3 else ''}; put them there or delete their labels"
        )
    return {written: name for written, name in found.items() if name is not None}


def json_entries(
    folder: DatasetFolder, noun: str, is_ours: Callable[[Any], bool]
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
