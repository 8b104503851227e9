"""Pictures of a video by name: in memory as far as that goes, the others on disk."""

import os
import tempfile
from collections.abc import Iterable

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

MAX_BYTES = 300 * 2**20  # 300 frames of 640 x 480; 12 of 4K


class FrameStore:
    """Gives frames by name. At most `max_bytes` of them, and one more frame, are in memory.

    The others lie as they are in a file without a name in the folder for temporary files
    ($TMPDIR), which vanishes with the process, however that ends.
    """

    def __init__(
        self, frames: Iterable[tuple[str, UInt8[ndarray, "_h _w 3"]]], max_bytes: int = MAX_BYTES
    ) -> None:
        self._held: dict[str, UInt8[ndarray, "_h _w 3"]] = {}
        self._place: dict[str, tuple[int, tuple[int, ...]]] = {}
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (open as long as the store is)
        self.held_bytes = 0
        for name, image in frames:
            if self.held_bytes + image.nbytes <= max_bytes:
                self._held[name] = image
                self.held_bytes += image.nbytes
            else:
                self._place[name] = (self._file.tell(), image.shape)
                _write_whole(self._file.fileno(), image)

    def __call__(self, name: str) -> UInt8[ndarray, "_h _w 3"]:
        """A frame, RGB. KeyError for one that was not asked for."""
        if name in self._held:
            return self._held[name]
        start, shape = self._place[name]
        image = np.empty(shape, dtype=np.uint8)
        self._file.seek(start)
        self._file.readinto(image.data)
        return image


def _write_whole(file: int, image: UInt8[ndarray, "_h _w 3"]) -> None:
    """Write a picture; the system may take it in pieces."""
    rest = image.data.cast("B")
    while len(rest):
        rest = rest[os.write(file, rest) :]
