"""Global heaps of an HDF5 file, checked before libhdf5 walks through them.

Strings of own lengths lie in such heaps. On a damaged one (an object of size 0, say) libhdf5 walks
in a circle for ever, and nothing in Python can stop it. Layout: HDF5 File Format Specification 3.0,
section III.E: "GCOL", version, 3 reserved bytes, size of the collection; then objects of 16 bytes
of header (index, references, reserved, size) and content padded to 8 bytes. Index 0 is free
space, whose size counts the header.
"""

import mmap
import struct
from pathlib import Path

from superanimal_core.errors import DatasetError

MAGIC = b"GCOL\1"
HEADER = 16


def refuse_broken_heaps(path: Path, where: str) -> None:
    """DatasetError when a global heap in the file does not end where it says."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            start = content.find(MAGIC)
            while start >= 0:
                if not _is_sound(content, start):
                    raise DatasetError(f"{where}: damaged at byte {start} (a heap of texts)")
                start = content.find(MAGIC, start + 1)


def _is_sound(content: mmap.mmap, start: int) -> bool:
    if start + HEADER > len(content):
        return False
    (size,) = struct.unpack_from("<Q", content, start + 8)
    stop, place = start + size, start + HEADER
    if stop > len(content) or place > stop:
        return False
    while place + HEADER <= stop:
        index, _, _, length = struct.unpack_from("<HHIQ", content, place)
        if index == 0 and length < HEADER:
            return False
        place += length if index == 0 else HEADER + (length + 7) // 8 * 8
    return place <= stop
