"""What is kept of a video's adaptation: predictions with the verdict on each network, pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from superanimal_core.tables.atomic import replacing
from superanimal_core.tables.bundles_description import read_description
from superanimal_core.tables.parquet import read_record, write_parquet
from superanimal_core.tables.spaces import TAUGHT, read_space, read_taught

VERDICT = "verdict"  # of the metadata
UNTAUGHT = "untaught"  # of a network that learned nothing of a set of videos: why


def untaught_reason(networks: Sequence[str | Path]) -> str | None:
    """Why networks learned nothing of the videos that they were to be adapted to together.

    None where one of the folders holds a network that did, and without any.
    """
    reasons = [read_description(folder)["made_by"].get(UNTAUGHT) for folder in networks]
    return next(iter(reasons), None) if all(reasons) else None


def write_unadapted(
    predicted: str | Path,
    folder: str | Path,
    record: Mapping[str, object],
    verdict: Mapping[str, Any],
) -> None:
    """Writes the predictions of all networks as they are into `folder`, with one verdict."""
    with replacing(folder) as temporary:
        temporary.mkdir()
        for path in sorted(Path(predicted).glob("*.parquet")):
            spoken = {"space": asdict(read_space(path)), TAUGHT: list(read_taught(path))}
            document = {**record, VERDICT: verdict, **spoken}
            write_parquet(pq.read_table(path), temporary / path.name, document)


def read_verdicts(folder: str | Path) -> list[dict[str, Any]]:
    """What was decided on each network, by the name of its table."""
    tables = sorted(Path(folder).glob("*.parquet"))
    return [{"member": table.stem, **read_record(table)[VERDICT]} for table in tables]
