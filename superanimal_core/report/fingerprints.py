"""What exactly ran: digests of the program's source, of the settings, and of every network."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from superanimal_core.report.cells import Table, told_size

PACKAGE = Path(__file__).resolve().parents[1]
CARRIED = "program"
WEIGHTS = "weights.safetensors"
SHOWN = 16  # hex digits of a SHA-256 that are shown
AT_ONCE = 2**22  # bytes


def text_fingerprint(text: str) -> str:
    """The first digits of the SHA-256 of a text (UTF-8)."""
    return hashlib.sha256(text.encode()).hexdigest()[:SHOWN]


def file_fingerprint(path: str | Path) -> str:
    """Those of a file, as `sha256sum` begins."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while part := file.read(AT_ONCE):
            digest.update(part)
    return digest.hexdigest()[:SHOWN]


@cache
def source_fingerprint(package: Path = PACKAGE) -> str:
    """Those of all modules of the library together: the same source, the same digits.

    What an installed package carries beside it (the workflow, in `CARRIED`) does not count.
    """
    modules = (path.relative_to(package) for path in package.rglob("*.py"))
    files = sorted(path.as_posix() for path in modules if path.parts[0] != CARRIED)
    return text_fingerprint("".join(f"{f}:{file_fingerprint(package / f)};" for f in files))


def read_networks(members: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Bytes and fingerprint of the weights of each network, by model and member.

    A model folder without a file of weights has none.
    """
    weights = {f"{(m := Path(member)).parent.name}/{m.name}": m / WEIGHTS for member in members}
    return {
        name: (file.stat().st_size, file_fingerprint(file))
        for name, file in weights.items()
        if file.is_file()
    }


def network_table(
    networks: Mapping[str, tuple[int, str]],
    models: Mapping[str, Mapping[str, object]],
    terms: Mapping[str, Sequence[str]],
) -> Table:
    """A row per network: its model, what it is, its file of weights, and what binds its users.

    `models` are the settings of the models, `terms` the conditions of use by model.
    """
    rows = []
    for name, (size, fingerprint) in networks.items():
        model, member = name.split("/")
        own = models.get(model, {})
        what = str(own.get("pose_weights") or own.get("backbone") or "")
        rows.append(
            (
                model,
                member,
                what,
                told_size(size),
                fingerprint,
                "; ".join(terms.get(model, ())) or "none known",
            )
        )
    columns = (
        ("model", ""),
        ("network", ""),
        ("backbone or weights", ""),
        ("weights", ""),
        ("SHA-256", "first digits"),
        ("terms of use", ""),
    )
    return Table(
        columns, rows, words=("model", "network", "backbone or weights", "SHA-256", "terms of use")
    )
