"""Released checkpoints from Hugging Face, with their hashes: the one place that uses the network.

huggingface_hub honors HF_HOME (its cache), HF_ENDPOINT (a mirror), HF_TOKEN and HF_HUB_OFFLINE.
"""

import hashlib
import re
import shutil
import sys
from pathlib import Path

from superanimal_core.errors import SuperAnimalError
from superanimal_core.study.study_rows import ReleasedRow
from superanimal_core.tables.atomic import replacing

HASHES = Path("config/weights")  # folder of the study with a file per checkpoint
UNVERIFIED = "unverified"


def fetch_weights(released: ReleasedRow, target: str | Path, hashes: Path = HASHES) -> None:
    """Write a released checkpoint to `target`.

    Its hash must be the table's. Where the table has none, the first download is trusted: its hash
    is noted in the folder `hashes`, and every later download must have it. SuperAnimalError
    otherwise, and when the file can neither be found in the cache nor downloaded.
    """
    cached = _cached(released)
    digest = file_sha256(cached)
    note = hashes / f"{released.name}.sha256"
    is_unverified = released.sha256 == UNVERIFIED
    expected = noted_hash(note) if is_unverified else released.sha256
    if expected not in (None, digest):
        where = note if is_unverified else "config/released_weights.tsv"
        raise SuperAnimalError(
            f"{released.name}: the file of {released.repository} has the hash {digest}, but "
            f"{where} says {expected}; do not use it before you know why"
        )
    if expected is None:
        print(
            f"{released.name}: no hash is known of this file. It is trusted now; its hash {digest} "
            f"is noted in {note}, and another file will be refused from now on.",
            file=sys.stderr,
        )
        _note_hash(note, released.file, digest)
    with replacing(target) as temporary:
        shutil.copyfile(cached, temporary)


def file_sha256(path: str | Path) -> str:
    """Hex digest of a file, as sha256sum gives it."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def noted_hash(path: Path) -> str | None:
    """The digest in a file of sha256sum's format; None when there is no file."""
    if not path.is_file():
        return None
    line = re.fullmatch(r"([0-9a-f]{64}) [ *].+\s*", path.read_text(encoding="utf-8"))
    if line is None:
        raise SuperAnimalError(f"{path}: expected one line, a sha256, two blanks and a name")
    return line[1]


def _note_hash(path: Path, name: str, digest: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(f"{digest}  {name}\n", encoding="utf-8")


def _cached(released: ReleasedRow) -> str:
    """The file in Hugging Face's cache, downloaded if need be."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return hf_hub_download(released.repository, released.file, revision=released.revision)
    except (HfHubHTTPError, OSError, ValueError) as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise SuperAnimalError(
            f"{released.name}: cannot be fetched from {released.repository} ({first[:200]}). Run "
            f"this rule on a node with internet: snakemake --until fetch_weights. Or download "
            f"{released.file} there yourself and give its path instead of the name"
        ) from None
