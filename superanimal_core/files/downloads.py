"""Released checkpoints from Hugging Face, with their hashes: the one place that uses the network.

huggingface_hub honors HF_HOME (its cache), HF_ENDPOINT (a mirror), HF_TOKEN and HF_HUB_OFFLINE.
"""

import hashlib
import re
import shutil
import sys
from pathlib import Path

from superanimal_core.errors import SuperAnimalError
from superanimal_core.files.atomic import replacing
from superanimal_core.files.study_rows import ReleasedRow

HASHES = Path("config/weights.sha256")  # in the study; sha256sum's format
UNVERIFIED = "unverified"


def fetch_weights(released: ReleasedRow, target: str | Path, hashes: Path = HASHES) -> None:
    """Write a released checkpoint to `target`.

    Its hash must be the table's. Where the table has none, the first download is trusted: its hash
    is noted in `hashes`, and every later download must have it. SuperAnimalError otherwise, and
    when the file can neither be found in the cache nor downloaded.
    """
    cached = _cached(released)
    digest = file_sha256(cached)
    noted = read_hashes(hashes).get(released.name)
    expected = noted if released.sha256 == UNVERIFIED else released.sha256
    if expected not in (None, digest):
        where = hashes if released.sha256 == UNVERIFIED else "config/released_weights.tsv"
        raise SuperAnimalError(
            f"{released.name}: the file of {released.repository} has the hash {digest}, but "
            f"{where} says {expected}; do not use it before you know why"
        )
    if expected is None:
        print(
            f"{released.name}: no hash is known of this file. It is trusted now; its hash {digest} "
            f"is noted in {hashes}, and another file will be refused from now on.",
            file=sys.stderr,
        )
        _note_hash(hashes, released.name, digest)
    with replacing(target) as temporary:
        shutil.copyfile(cached, temporary)


def file_sha256(path: str | Path) -> str:
    """Hex digest of a file, as sha256sum gives it."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_hashes(path: Path) -> dict[str, str]:
    """Name -> digest in a file of sha256sum's format; nothing when there is no file."""
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = [re.fullmatch(r"([0-9a-f]{64}) [ *](.+)", line) for line in lines if line]
    if not all(pairs):
        raise SuperAnimalError(f"{path}: each line must be a sha256, two blanks and a name")
    return {pair[2]: pair[1] for pair in pairs if pair}


def _note_hash(path: Path, name: str, digest: str) -> None:
    known = read_hashes(path) | {name: digest}
    with replacing(path) as temporary:
        temporary.write_text("".join(f"{d}  {n}\n" for n, d in known.items()), encoding="utf-8")


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
