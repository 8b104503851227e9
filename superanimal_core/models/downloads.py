"""Released checkpoints from Hugging Face, with their hashes: the one place that uses the network.

huggingface_hub honors HF_HOME (its cache), HF_ENDPOINT (a mirror), HF_TOKEN and HF_HUB_OFFLINE.
Where there is no network, people bring the files: they are looked for in the folder of the hashes.
"""

import hashlib
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from superanimal_core.errors import SuperAnimalError
from superanimal_core.study.study_rows import ReleasedRow
from superanimal_core.tables.atomic import replacing

HASHES = Path("config/weights")  # folder of the study with a file per checkpoint
UNVERIFIED = "unverified"
PATIENCE_S = 10.0  # for the answer of a site that is there


def fetch_weights(released: ReleasedRow, target: str | Path, hashes: Path = HASHES) -> None:
    """Write a released checkpoint to `target`: the one that was brought, else a download.

    Its hash must be the table's. Where the table has none, the first download is trusted: its hash
    is noted in the folder `hashes`, and every later download must have it. SuperAnimalError
    otherwise, and when the file can neither be found in the cache nor downloaded.
    """
    cached = _brought_or_cached(released, hashes)
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


def unreachable(released: ReleasedRow, hashes: Path = HASHES) -> str:
    """Why a checkpoint cannot be fetched now, by asking for its size; '' when it can or is here."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url, try_to_load_from_cache
    from huggingface_hub.constants import HF_HUB_OFFLINE

    place = (released.repository, released.file)
    is_cached = isinstance(try_to_load_from_cache(*place, revision=released.revision), str)
    if is_cached or (hashes / released.file).is_file():
        return ""
    if HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    try:
        get_hf_file_metadata(hf_hub_url(*place, revision=released.revision), timeout=PATIENCE_S)
    except Exception as error:  # those of its client's library, whichever that is
        return first_line(error)
    return ""


def told_to_bring(released: Sequence[ReleasedRow], why: str, folder: Path = HASHES) -> str:
    """What to do where there is no network: which files to bring, from where, and into what."""
    from huggingface_hub import hf_hub_url

    urls = [hf_hub_url(r.repository, r.file, revision=r.revision) for r in released]
    whole = "it" if len(urls) == 1 else "them"
    return (
        f"{', '.join(each.name for each in released)} cannot be fetched from here ({why}): "
        f"download {' and '.join(urls)} where there is a network, put {whole} into {folder}, and "
        "run again"
    )


def first_line(error: Exception) -> str:
    """The first sentence of what a library says, without its end."""
    first = next(iter(str(error).splitlines()), "") or type(error).__name__
    return re.sub(r"^\[Errno -?\d+\] ", "", first).partition(". ")[0].removesuffix(".")[:200]


def _brought_or_cached(released: ReleasedRow, hashes: Path) -> str:
    """The file that somebody brought, else that of Hugging Face's cache, fetched if need be."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError

    if (brought := hashes / released.file).is_file():
        return str(brought)
    try:
        return hf_hub_download(released.repository, released.file, revision=released.revision)
    except (HfHubHTTPError, OSError, ValueError) as error:
        why = unreachable(released, hashes) or first_line(error)
        raise SuperAnimalError(told_to_bring([released], why, hashes)) from None
