"""Where things lie on this machine: told to scripts, compared by nobody, written nowhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


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
