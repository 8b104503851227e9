"""A video of a SLEAP project: a file, a list of pictures, or pictures inside the project.

Written by several versions of SLEAP and sleap-io: the file stands in `backend.filename`, in
`filename`, or as a list in `backend.filenames` or `filename`; `backend.shape` is (frames, height,
width, channels) where it is known. A package names `.`, or itself, and the array of its pictures.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from superanimal_core.datasets.folder import posix_name


@dataclass(frozen=True)
class SleapVideo:
    """A video file, a list of `pictures`, or the group `inside` the project that holds pictures.

    `size_px` is (width, height) as the project has it, None where it does not say.
    """

    file: str = ""
    pictures: tuple[str, ...] = ()
    inside: str = ""
    size_px: tuple[int, int] | None = None

    def file_of(self, frame: int) -> str:
        """The written name of the file that holds a frame."""
        return self.pictures[frame] if self.pictures else self.file


def parse_video(entry: object, project: str) -> SleapVideo:
    """The video in one entry; `project` is the name of the .slp file. ValueError for none."""
    if not isinstance(entry, dict):
        raise ValueError("a video is no object")
    backend = entry.get("backend") or entry
    size = _size(backend.get("shape", entry.get("shape")))
    lists = [value for value in _names(backend, entry) if isinstance(value, list) and value]
    if lists:
        if not all(isinstance(name, str) and name.strip() for name in lists[0]):
            raise ValueError("a list of pictures holds something that is no name")
        return SleapVideo(pictures=tuple(map(posix_name, lists[0])), size_px=size)
    names = [posix_name(value) for value in _names(backend, entry) if isinstance(value, str)]
    own = project.rsplit("/", 1)[-1]
    outside = [name for name in names if name not in ("", ".") and name.rsplit("/", 1)[-1] != own]
    if outside:
        return SleapVideo(outside[0], size_px=size)
    inside = str(backend.get("dataset", "")).strip("/").split("/")
    if len(inside) != 2 or inside[1] != "video" or not re.fullmatch(r"[A-Za-z0-9_-]+", inside[0]):
        raise ValueError("a video has neither a file nor pictures in the package")
    return SleapVideo(inside=inside[0], size_px=size)


def _names(backend: Mapping[str, object], entry: Mapping[str, object]) -> list[object]:
    """Everything that may name files; lists of pictures first."""
    return [backend.get("filenames"), entry.get("filenames"), backend.get("filename"),
            entry.get("filename")]  # fmt: skip


def _size(shape: object) -> tuple[int, int] | None:
    """(width, height) out of (frames, height, width, channels)."""
    if not isinstance(shape, list) or len(shape) != 4:
        return None
    height, width = shape[1:3]
    is_known = all(isinstance(side, int) and side > 0 for side in (height, width))
    return (width, height) if is_known else None
