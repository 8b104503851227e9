"""The conversion table that a DeepLabCut project carries itself.

`SuperAnimalConversionTables` in a project's config.yaml is {space: {body part: unified keypoint}};
DeepLabCut writes it when a project's body parts were matched to a SuperAnimal model. Body parts
that it does not name are left out there, and dropped here.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from superanimal_core.datasets.deeplabcut import LABELED
from superanimal_core.datasets.unify import ConversionRow
from superanimal_core.errors import DatasetError
from superanimal_core.formats.documents import read_yaml
from superanimal_core.formats.sheets import read_conversion_rows

KEY = "SuperAnimalConversionTables"
CONFIG = "config.yaml"


def conversion_table_of_project(path: str | Path, space: str) -> str | None:
    """The config.yaml of the DeepLabCut project of a data set, when it has a table for a space.

    `path` is the data set's: the project, its `labeled-data`, a folder or a table in that, or the
    config.yaml. None where there is no project, or none with such a table. DatasetError when its
    config.yaml cannot be read.
    """
    config = _config_of(Path(path))
    return str(config) if config and _tables(config).get(space) else None


def read_conversion(
    path: str | Path, space: str, keypoints: Sequence[str] | None = None
) -> list[ConversionRow]:
    """The rows of a conversion table: a sheet, or the one in a DeepLabCut project's config.yaml."""
    if Path(path).name == CONFIG:
        return conversion_rows_of_project(path, space, keypoints)
    return read_conversion_rows(path)


def conversion_digest(path: str | Path, space: str) -> str:
    """Hex digest of what a conversion table says.

    How a spreadsheet saved it, comments, and what else DeepLabCut writes into its project's
    config.yaml, with every video that is added, say nothing. DatasetError as `read_conversion`.
    """
    said = json.dumps(sorted((row.source, row.unified) for row in read_conversion(path, space)))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def conversion_rows_of_project(
    path: str | Path, space: str, keypoints: Sequence[str] | None = None
) -> list[ConversionRow]:
    """The rows of a project's own table for a space, in the order of the file.

    `keypoints` are those of the labels, where they are known: each that the project does not name
    gets a row that drops it. DatasetError when there is no such table, or it is none.
    """
    config = _config_of(Path(path))
    table = _tables(config).get(space) if config else None
    if not config or not table:
        raise DatasetError(f"{path}: the project has no {KEY} for '{space}'; write a table")
    if not isinstance(table, dict) or not all(
        isinstance(name, str) and name.strip() for pair in table.items() for name in pair
    ):
        raise DatasetError(f"{config}: {KEY}: {space}: expected pairs `body part: keypoint`")
    rows = [
        ConversionRow(number, source.strip(), unified.strip())
        for number, (source, unified) in enumerate(table.items(), start=1)
    ]
    named = {row.source for row in rows}
    dropped = [keypoint for keypoint in keypoints or () if keypoint not in named]
    return rows + [ConversionRow(len(rows) + i, k, "") for i, k in enumerate(dropped, start=1)]


def _config_of(path: Path) -> Path | None:
    """The config.yaml of the project that a path lies in, or is."""
    if path.name == CONFIG:
        return path if path.is_file() else None
    folder = path.parent if path.is_file() else path
    for above in (folder, *folder.parents):
        if (above / CONFIG).is_file():
            return above / CONFIG
        if LABELED not in above.parts:
            return None
    return None


def _tables(config: Path) -> dict[str, object]:
    document = read_yaml(config)
    tables = document.get(KEY) if isinstance(document, dict) else None
    if tables is not None and not isinstance(tables, dict):
        raise DatasetError(f"{config}: {KEY}: expected a table for each space")
    return tables or {}
