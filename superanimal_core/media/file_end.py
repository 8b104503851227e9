"""Whether a file is shorter than its own outer boxes say: a copy that stopped, a full disk."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

TS_PACKETS = (188, 192, 204)  # bytes: plain, with a clock (M2TS), with error correction
SEGMENT = 0x18538067  # Matroska's outer element
GIF_END = b";"
ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")  # before the file's size
ASF_HEADER = 2**16  # bytes of the beginning in which they stand


def is_cut_short(path: str | Path, container: str) -> bool:
    """Whether a file ends before its last box does; False where the container cannot tell.

    `container` is FFmpeg's name of the format.
    """
    size = os.path.getsize(path)
    with Path(path).open("rb") as file:
        if container.startswith("mov"):
            return any(end > size for end in _iso_ends(file, size))
        if container == "avi":
            return any(end > size for end in _riff_ends(file, size))
        if container.startswith("matroska"):
            return _segment_end(file) > size
        if container == "asf":
            return _asf_size(file.read(ASF_HEADER)) > size
        if container == "gif":
            file.seek(-1, os.SEEK_END)
            return file.read(1) != GIF_END
    return container == "mpegts" and all(size % packet for packet in TS_PACKETS)


def _iso_ends(file: BinaryIO, size: int) -> Iterator[int]:
    """Where each outer box ends (ISO 14496-12, 4.2)."""
    start = 0
    while start < size:
        file.seek(start)
        head = file.read(16)
        if len(head) < 8:
            yield size + 1  # half the head of a box
            return
        length, name = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length < 8 or not (name.isascii() and name.decode().isprintable()):
            return  # to the end of the file, or something that is no box
        start += length
        yield start


def _riff_ends(file: BinaryIO, size: int) -> Iterator[int]:
    """Where each RIFF list ends; of a recorder that never finished the length is not known."""
    start = 0
    while start + 8 <= size:
        file.seek(start)
        name, length = file.read(4), int.from_bytes(file.read(4), "little")
        if name != b"RIFF" or length in (0, 2**32 - 1):
            return
        start += 8 + length
        yield start
        start += length % 2


def _asf_size(head: bytes) -> int:
    """How long a Windows Media file says that it is; 0 where it does not say."""
    place = head.find(ASF_PROPERTIES)
    return int.from_bytes(head[place + 40 : place + 48], "little") if place >= 0 else 0


def _segment_end(file: BinaryIO) -> int:
    """Where Matroska's segment ends; 0 where its length is not known (RFC 8794)."""
    while True:
        name, _ = _number(file, keeps_marker=True)
        length, is_known = _number(file, keeps_marker=False)
        if name == SEGMENT or not is_known or not name:
            return file.tell() + length if is_known else 0
        file.seek(length, os.SEEK_CUR)


def _number(file: BinaryIO, *, keeps_marker: bool) -> tuple[int, bool]:
    """A number of variable length, and whether it means one; (0, False) at the end of the file."""
    first = file.read(1)
    if not first or not first[0]:
        return 0, False
    extra = 8 - first[0].bit_length()
    value = int.from_bytes(first + file.read(extra), "big")
    bits = 7 * (extra + 1)
    number = value if keeps_marker else value & ((1 << bits) - 1)
    return number, keeps_marker or number != (1 << bits) - 1
