"""One data set on disk, read-only: the `DatasetFolder` that parsers see.

No name leads outside the data set's folder: not by `..`, not as an absolute path, not through a
symbolic link, not through a link inside an HDF5 file. Documents have a size limit, images are
looked at by their header only, and nothing pickled is ever loaded.
"""

import fnmatch
import os
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from numpy import ndarray

from superanimal_core.datasets.folder import package_of
from superanimal_core.datasets.frame_names import split_frame_name
from superanimal_core.datasets.headed_table import HeadedTable, parse_headed_csv
from superanimal_core.errors import DatasetError
from superanimal_core.formats.documents import read_json, read_text
from superanimal_core.formats.embedded_pictures import read_embedded
from superanimal_core.formats.hdf_tables import array_names, read_arrays, read_hdf_table
from superanimal_core.formats.listing import files_below
from superanimal_core.formats.plain_tables import read_columns
from superanimal_core.media.headers import image_header, is_video, video_size_px


class DiskFolder:
    """The data set at `path`: a folder, or one document whose images lie beside or below it."""

    def __init__(self, path: str | Path):
        given = Path(path)
        if not given.exists():
            raise DatasetError(f"{given}: there is no such file or folder; check `path`")
        self._document = given.name if given.is_file() else None
        self.root = given.parent if given.is_file() else given
        self._given = given
        self._real_root = os.path.realpath(self.root)
        self._frame_size: dict[str, tuple[int, int]] = {}
        self._headers: dict[str, tuple[tuple[int, int], int]] = {}

    def names(self, pattern: str) -> list[str]:
        """Files that match a shell pattern, sorted; `*` crosses `/`; hidden ones never."""
        return _matching([self._document] if self._document else self._listing, pattern)

    def files(self, pattern: str) -> list[str]:
        """Like `names`, but of the whole folder also when the data set was given as one file."""
        return _matching(self._listing, pattern)

    @cached_property
    def _listing(self) -> list[str]:
        found = files_below(self.root)
        for name in found:
            if "." not in name.rsplit("/", 1)[-1]:
                self._refuse_lost_folder(name)
        return found

    def _refuse_lost_folder(self, name: str) -> None:
        """DatasetError for a link, by its name one to a folder, whose target is not there."""
        path = os.path.join(self._real_root, name)
        if os.path.islink(path) and not os.path.exists(path):
            raise DatasetError(
                f"{self.where(name)}: a link to {os.readlink(path)}, which is not there; connect "
                "that storage, or remove the link"
            )

    def has(self, name: str) -> bool:
        """True when the file (or the frame's video) exists. DatasetError when it lies outside."""
        video = split_frame_name(name)[0]
        package = package_of(video)
        return os.path.isfile(self.path(package[0] if package else video))

    def path(self, name: str) -> Path:
        """Where a name lies on disk. DatasetError when that is outside the data set's folder."""
        try:
            real = os.path.realpath(os.path.join(self._real_root, name))
            inside = os.path.commonpath([real, self._real_root]) == self._real_root
        except ValueError as mistake:  # a null byte, another drive
            raise DatasetError(f"{self.root}: '{name!r}' is no file name ({mistake})") from None
        if os.path.isabs(name) or not inside:
            raise DatasetError(
                f"{self.root}: '{name}' leads outside the data set's folder; copy the file into it"
            )
        return Path(real)

    def where(self, name: str) -> str:
        """The file as messages name it."""
        return str(self.root / name) if name else str(self._given)

    def text(self, name: str) -> str:
        """A UTF-8 document without its byte order mark."""
        return read_text(self.path(name), self.where(name))

    def json(self, name: str) -> Any:
        """A parsed JSON document."""
        return read_json(self.path(name), self.where(name))

    def table(self, name: str) -> HeadedTable:
        """A DeepLabCut-style table from .csv or .h5."""
        if name.lower().endswith((".h5", ".hdf5", ".hdf")):
            return read_hdf_table(self.path(name), self.where(name))
        return parse_headed_csv(self.text(name), self.where(name))

    def columns(self, name: str) -> Mapping[str, Sequence[str]]:
        """A plain table with one header row, from .csv or .parquet, cells as text."""
        return read_columns(self.path(name), self.where(name))

    def array_names(self, name: str) -> list[str]:
        """Names of the arrays in an HDF5 file."""
        return array_names(self.path(name), self.where(name))

    def arrays(self, name: str, wanted: Sequence[str]) -> Mapping[str, ndarray]:
        """Plain arrays and attributes of an HDF5 file; what is absent has no key."""
        return read_arrays(self.path(name), wanted, self.where(name))

    def image_size_px(self, name: str) -> tuple[int, int]:
        """(width, height) of a picture as it is opened, or of a video's frames; from headers."""
        file, frame = split_frame_name(name)
        if frame is None:
            return self._header(file)[0]
        if file not in self._frame_size:
            self._frame_size[file] = self._video_size_px(file)
        return self._frame_size[file]

    def orientation(self, name: str) -> int:
        """How a picture says that it is to be turned, 1 (not at all) to 8; frames are never."""
        file, frame = split_frame_name(name)
        return 1 if frame is not None else self._header(file)[1]

    def _header(self, picture: str) -> tuple[tuple[int, int], int]:
        """Size and orientation; read once."""
        if picture not in self._headers:
            self._headers[picture] = image_header(self.path(picture), self.where(picture))
        return self._headers[picture]

    def is_video(self, name: str) -> bool:
        """Whether FFmpeg reads a file as a video."""
        return is_video(self.path(name))

    def _video_size_px(self, video: str) -> tuple[int, int]:
        package = package_of(video)
        if package is None:
            return video_size_px(self.path(video), self.where(video))

        where = self.where(package[0])
        for _, image in read_embedded(self.path(package[0]), package[1], where):
            return image.shape[1], image.shape[0]
        raise DatasetError(f"{where}: no picture in '{package[1]}'")


def _matching(names: Sequence[str], pattern: str) -> list[str]:
    matches = re.compile(fnmatch.translate(pattern), re.IGNORECASE).match  # A.CSV is a table, too
    return [name for name in names if matches(name)]


def image_path(dataset_path: str | Path, image: str) -> Path:
    """Where the image of a label lies, given the data set's `path` in the sheet.

    For a frame of a video (`video.mp4#frame=12`) the video's path. DatasetError when the name leads
    outside the data set's folder.
    """
    return DiskFolder(dataset_path).path(split_frame_name(image)[0])
