"""The sheet of data sets: which labels, in which format, for what."""

import os
from contextlib import suppress
from pathlib import Path

from superanimal_core.datasets import PARSERS
from superanimal_core.errors import SuperAnimalError
from superanimal_core.formats.project_conversion import conversion_table_of_project
from superanimal_core.formats.sheets import Row
from superanimal_core.pose.keypoints import did_you_mean
from superanimal_core.settings import Settings
from superanimal_core.study.sheet_columns import as_on_disk, identifier_mistakes, read_rows
from superanimal_core.study.shipped import own_or_shipped
from superanimal_core.study.study_rows import DatasetRow
from superanimal_core.study.study_settings import role_needed

ROLES = ("pretrain", "fine_tune", "evaluate")
REQUIRED, OPTIONAL = ("dataset", "path", "format", "space", "role"), ("conversion", "license")
KEYPOINTS = Path("config/keypoints")


def read_datasets(
    settings: Settings, workflow_folder: Path, mistakes: list[str]
) -> dict[str, DatasetRow]:
    """The data sets of the sheet by name; what is wrong with it is noted."""
    sheet = settings.datasets
    datasets: dict[str, DatasetRow] = {}
    before = len(mistakes)
    for row in read_rows(sheet, REQUIRED, OPTIONAL, mistakes):
        where = f"{sheet}: row {row.number}"
        dataset = _dataset(row, workflow_folder)
        if dataset.dataset in datasets:
            mistakes.append(
                f"{where}: data set '{dataset.dataset}' stands above already; names are unique"
            )
        mistakes += _mistakes(dataset, where)
        datasets.setdefault(dataset.dataset, dataset)
    needs_some = any(map(role_needed, settings.models.values()))
    if needs_some and not datasets and len(mistakes) == before:
        mistakes.append(f"{sheet}: lists no data set; add a row with {', '.join(REQUIRED)}")
    return datasets


def _dataset(row: Row, workflow_folder: Path) -> DatasetRow:
    cells, path = row.cells, as_on_disk(row.cells["path"])
    conversion = cells.get("conversion", "") or own_or_shipped(
        KEYPOINTS / cells["space"] / f"{cells['dataset']}.tsv", workflow_folder
    )
    if not cells.get("conversion") and not os.path.isfile(conversion):
        with suppress(SuperAnimalError):  # the missing table is told, and the project by its reader
            conversion = conversion_table_of_project(path, cells["space"]) or conversion
    return DatasetRow(
        cells["dataset"],
        path,
        cells["format"],
        cells["space"],
        cells["role"],
        as_on_disk(conversion),
        cells.get("license", ""),
    )


def _mistakes(row: DatasetRow, where: str) -> list[str]:
    mistakes = identifier_mistakes(
        where, "data set", row.dataset, "write another into the column 'dataset'"
    )
    for column, given, known in (
        ("format", row.format, tuple(PARSERS)),
        ("role", row.role, ROLES),
    ):
        if given not in known:
            mistakes.append(f"{where}: unknown {column} '{given}'{did_you_mean(given, known)}")
    if not os.path.exists(row.path):
        mistakes.append(f"{where}: {row.path} does not exist; mend the path of '{row.dataset}'")
    if not os.path.isfile(row.conversion):
        mistakes.append(
            f"{where}: '{row.dataset}' has no conversion table {row.conversion}; write one with "
            "the columns 'source' and 'unified', a row for every keypoint of the data set"
        )
    return mistakes
