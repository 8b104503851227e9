"""Where things lie on this machine: told to scripts, compared by nobody, written nowhere."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LINKS = Path(".snakemake/superanimal-links")


def without_braces(path: str) -> str:
    """The path, or a link to it where it has braces, which Snakemake takes for wildcards.

    The link lies beside Snakemake's own files, never among results, and is made anew when needed.
    """
    if not set(path) & set("{}"):
        return path
    target = Path(path).resolve()
    digest = hashlib.sha256(str(target).encode()).hexdigest()[:8]
    link = LINKS / f"{re.sub('[{}]', '_', Path(path).stem)}-{digest}{Path(path).suffix}"
    if not link.is_symlink():
        link.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            link.symlink_to(target)
    return str(link)


@dataclass(frozen=True)
class Places(Mapping[str, str]):
    """Names and their paths, as params of a rule.

    Snakemake compares params of built-in types only, so that a data set that was moved to another
    disk re-runs nothing; what it holds is compared by content (`identities`).
    """

    paths: tuple[tuple[str, str], ...]

    def __getitem__(self, name: str) -> str:
        return dict(self.paths)[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.paths)

    def __len__(self) -> int:
        return len(self.paths)


def places_of(paths: Mapping[str, str]) -> Places:
    """`Places` of a plain mapping."""
    return Places(tuple(paths.items()))
