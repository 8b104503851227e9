"""Which files of a data set its reader reads: they, and no others, make the data set what it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from numpy import ndarray

from superanimal_core.datasets import PARSERS
from superanimal_core.datasets.folder import package_of
from superanimal_core.datasets.frame_names import split_frame_name
from superanimal_core.datasets.headed_table import HeadedTable
from superanimal_core.formats.dataset_folder import DiskFolder
from superanimal_core.formats.listing import files_below, listing_digest


@dataclass(frozen=True)
class FilesRead:
    """Names relative to `root`: `documents` were read, `pictures` (and videos) looked at.

    `absent` were looked for and not there. `listing` is the digest of all names in the folder where
    the reader asked for them, '' where it did not.
    """

    root: str
    documents: frozenset[str]
    pictures: frozenset[str]
    absent: frozenset[str]
    listing: str


class WatchedFolder(DiskFolder):
    """A data set's folder that remembers what a reader asked it for."""

    def __init__(self, path: str | Path):
        super().__init__(path)
        self.asked: set[str] = set()
        self.documents: set[str] = set()
        self.is_listed = False

    def path(self, name: str) -> Path:
        """As in `DiskFolder`."""
        self.asked.add(name)
        return super().path(name)

    @cached_property
    def _listing(self) -> list[str]:
        self.is_listed = True
        return files_below(self.root)

    def text(self, name: str) -> str:
        """As in `DiskFolder`."""
        self.documents.add(name)
        return super().text(name)

    def json(self, name: str) -> Any:
        """As in `DiskFolder`."""
        self.documents.add(name)
        return super().json(name)

    def table(self, name: str) -> HeadedTable:
        """As in `DiskFolder`."""
        self.documents.add(name)
        return super().table(name)

    def columns(self, name: str) -> Mapping[str, Sequence[str]]:
        """As in `DiskFolder`."""
        self.documents.add(name)
        return super().columns(name)

    def array_names(self, name: str) -> list[str]:
        """As in `DiskFolder`."""
        self.documents.add(name)
        return super().array_names(name)

    def arrays(self, name: str, wanted: Sequence[str]) -> Mapping[str, ndarray]:
        """As in `DiskFolder`."""
        self.documents.add(name)
        return super().arrays(name, wanted)


def files_read(dataset: str, path: str, format: str) -> FilesRead:
    """The files that a format's reader reads of a data set. DatasetError as the reader's own."""
    folder = WatchedFolder(path)
    labels = PARSERS[format](dataset, folder)
    named = {split_frame_name(str(name))[0] for name in labels.image}
    named |= {package[0] for name in named if (package := package_of(name))}
    asked = folder.asked | named
    there = {name for name in asked if DiskFolder.path(folder, name).is_file()}
    return FilesRead(
        str(folder.root),
        frozenset(folder.documents & there),
        frozenset(there - folder.documents),
        frozenset(asked - there),
        listing_digest(folder.root) if folder.is_listed else "",
    )
