"""What the videos and data sets of a study are, whatever their names, places and dates.

A rule counts these inputs by their content: a video that was moved, or copied without its date, is
the same video, and another one of the same name and date is another. Of a data set those files
count that its reader reads; a file that nobody reads changes nothing.

Nothing is read twice. The file `.snakemake/superanimal-identities.json` keeps what was found, with
each file's size, inode and times. A time of modification proves nothing, since it can be set; the
time of change (ctime) is the system's own, set whenever a file is written, replaced or renamed. An
entry counts only while all of them are the same, and was taken two seconds after the change at the
least, since clocks of file systems are coarse. To delete the file costs one reading.

The digest of a large file leaves most of it out: a copy that was cut off in the middle may have
that of the whole one. So many small blocks of it are digested, too, when it is first seen and when
its times say that it is another. The first file with a digest has it for its identity; one that has
the same, and other blocks, has both. Which blocks came first is kept, too.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from pathlib import Path
from time import time_ns
from typing import Any

from superanimal_core.errors import DatasetError
from superanimal_core.formats.listing import listing_digest, root_of
from superanimal_core.study.spread_contents import spread_digest
from superanimal_core.study.study_rows import DatasetRow
from superanimal_core.tables.atomic import replacing
from superanimal_core.tables.contents import DOCUMENT_BYTES, PICTURE_BYTES, content_digest

CACHE = Path(".snakemake/superanimal-identities.json")
VERSION = 1
SETTLED_NS = 2_000_000_000
READERS = 8  # files read at once: on a network file system each waits for the server

Stamp = list[int]


class Identities:
    """Digests of files and data sets, kept in a file between runs.

    `is_settled` is for the jobs of a run, whose main process has just looked at everything: what it
    kept is taken as it stands.
    """

    def __init__(self, cache: Path = CACHE, is_settled: bool = False):
        self._cache, self._is_settled = cache, is_settled
        kept = _read(cache)
        self._files: dict[str, Any] = kept.get("files", {})
        self._datasets: dict[str, Any] = kept.get("datasets", {})
        self._first: dict[str, str] = kept.get("first", {})  # spread digest of a content digest
        self._now: dict[str, str] = {}

    def look(self, videos: Iterable[str], datasets: Iterable[DatasetRow]) -> None:
        """Find the identities of these files and data sets, and keep them. Missing ones are ''."""
        paths = list(videos)
        with ThreadPoolExecutor(READERS) as pool:
            self._now.update(zip(paths, pool.map(self.of_file, paths), strict=True))
            for row in datasets:
                self.of_dataset(row, pool)
        self._keep(paths)

    def of_file(self, path: str, whole_bytes: int = PICTURE_BYTES) -> str:
        """Digest of a file's (or folder's) content, '' where it cannot be read."""
        if path in self._now:
            return self._now[path]
        kept = self._files.get(path)
        if kept and (self._is_settled or self._is_seen(path, kept, whole_bytes)):
            return kept[1]
        try:
            before = _stamp(path)
            found = content_digest(path, whole_bytes)
            spread = spread_digest(path, whole_bytes)
        except OSError:
            return ""
        if spread and self._first.setdefault(found, spread) != spread:
            found = f"{found}-{spread}"
        self._files.pop(path, None)
        if before and time_ns() - max(before[2:]) > SETTLED_NS:
            self._files[path] = [before, found]
        return found

    def _is_seen(self, path: str, kept: list[Any], whole_bytes: int) -> bool:
        """Whether a file is the one that was seen, and its blocks were, too, where it is large."""
        stamp, found = kept
        is_whole = stamp[0] <= whole_bytes
        return stamp == _stamp(path) and (is_whole or found.partition("-")[0] in self._first)

    def of_dataset(self, row: DatasetRow, pool: ThreadPoolExecutor | None = None) -> str:
        """Digest of the names and contents of the files that a data set's reader reads."""
        place = f"{row.format} {row.path}"
        if place not in self._now:
            with nullcontext(pool) if pool else ThreadPoolExecutor(READERS) as readers:
                self._now[place] = self._of_dataset(row, place, readers)
        return self._now[place]

    def _of_dataset(self, row: DatasetRow, place: str, pool: ThreadPoolExecutor) -> str:
        kept = self._datasets.get(place)
        if kept and (self._is_settled or _is_as_read(row.path, kept)):
            return kept["digest"]
        from superanimal_core.formats.files_read import files_read  # a kept one needs no reader

        try:
            read = files_read(row.dataset, row.path, row.format)
        except DatasetError as mistake:  # convert_dataset will tell it
            return hashlib.sha256(str(mistake).encode()).hexdigest()[:16]
        root = read.root
        limits = dict.fromkeys(read.pictures, PICTURE_BYTES)
        limits |= dict.fromkeys(read.documents, DOCUMENT_BYTES)
        stamps = {name: _stamp(os.path.join(root, name)) for name in limits}
        digests = pool.map(lambda n: self._part(os.path.join(root, n), limits[n]), limits)
        said = json.dumps(sorted(zip(limits, digests, strict=True)))
        found = hashlib.sha256(said.encode()).hexdigest()[:16]
        self._datasets.pop(place, None)
        newest = max((max(stamp[2:]) for stamp in stamps.values() if stamp), default=0)
        if time_ns() - newest > SETTLED_NS:
            self._datasets[place] = {
                "digest": found,
                "files": stamps,
                "absent": sorted(read.absent),
                "listing": read.listing,
            }
        return found

    @staticmethod
    def _part(path: str, whole_bytes: int) -> str:
        try:
            return content_digest(path, whole_bytes)
        except OSError:
            return ""

    def _keep(self, paths: list[str]) -> None:
        """Write the file where something in it is new; entries of files that are gone are left."""
        datasets = {place: kept for place, kept in self._datasets.items() if place in self._now}
        files = {path: self._files[path] for path in paths if path in self._files}
        document = {"version": VERSION, "files": files, "datasets": datasets, "first": self._first}
        if document == _read(self._cache):
            return
        with suppress(OSError), replacing(self._cache) as temporary:  # a full disk: read anew
            temporary.write_text(json.dumps(document), encoding="utf-8")


def _stamp(path: str) -> Stamp | None:
    """Size, inode, and times of modification and change (ns) of what a path leads to."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns]


def _is_as_read(path: str, kept: Mapping[str, Any]) -> bool:
    """Whether a reader would read the same files again, and find in them what it found."""
    root = root_of(path)
    if not all(_stamp(os.path.join(root, name)) == stamp for name, stamp in kept["files"].items()):
        return False
    if any(os.path.isfile(os.path.join(root, name)) for name in kept["absent"]):
        return False
    return not kept["listing"] or listing_digest(root) == kept["listing"]


def _read(cache: Path) -> dict[str, Any]:
    try:
        document = json.loads(cache.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    is_ours = isinstance(document, dict) and document.get("version") == VERSION
    return document if is_ours else {}
