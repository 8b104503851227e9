"""What a file holds, told by its bytes: its name, its place and its dates count for nothing.

Standard library only: the Snakefile uses it.
"""

import hashlib
from pathlib import Path

DOCUMENT_BYTES = 64 * 2**20  # tables and documents up to this size are read whole
PICTURE_BYTES = 4 * 2**20  # pictures and videos up to this size are read whole
SAMPLE_BYTES = 2**18  # of a larger file: so much at its head, in its middle and at its tail


def content_digest(path: str | Path, whole_bytes: int = DOCUMENT_BYTES) -> str:
    """Hex digest of a file: whole up to `whole_bytes`, beyond by size, head, middle and tail.

    A folder's digest covers the names and digests of the files in it, hidden ones left out.
    OSError where it cannot be read.
    """
    path = Path(path)
    digest = hashlib.sha256()
    if path.is_dir():
        for child in sorted(p for p in path.rglob("*") if p.is_file() and p.name[0] != "."):
            digest.update(f"{child.relative_to(path)}:{content_digest(child)}".encode())
        return digest.hexdigest()[:16]
    with path.open("rb") as file:
        size = file.seek(0, 2)
        places = (0, (size - SAMPLE_BYTES) // 2, size - SAMPLE_BYTES)
        if size <= whole_bytes:
            places, length = (0,), size
        else:
            length = SAMPLE_BYTES
            digest.update(str(size).encode())
        for place in places:
            file.seek(place)
            digest.update(file.read(length))
    return digest.hexdigest()[:16]
