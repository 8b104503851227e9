"""The sheet of data sets: which labels, in which format, for what."""

import os
from contextlib import suppress
from pathlib import Path

from superanimal_core.errors import SuperAnimalError
from superanimal_core.formats.project_conversion import conversion_table_of_project
from superanimal_core.formats.sheets import Row
from superanimal_core.settings import Settings
from superanimal_core.study.sheet_columns import (
    as_on_disk,
    identifier_mistakes,
    path_mistake,
    read_rows,
)
from superanimal_core.study.sheet_schema import DATASETS
from superanimal_core.study.shipped import own_or_shipped
from superanimal_core.study.study_rows import DatasetRow
from superanimal_core.study.study_settings import role_needed

ROLES = DATASETS["role"].choices
NO_SHEET = "config/datasets.tsv"  # of that name none is needed where nothing learns from labels
KEYPOINTS = Path("config/keypoints")


def read_datasets(
    settings: Settings, workflow_folder: Path, mistakes: list[str]
) -> dict[str, DatasetRow]:
    """The data sets of the sheet by name; what is wrong with it is noted."""
    sheet = settings.datasets
    datasets: dict[str, DatasetRow] = {}
    before = len(mistakes)
    needs_some = any(map(role_needed, settings.models.values()))
    if not needs_some and sheet == NO_SHEET and not os.path.lexists(sheet):
        return {}
    for row in read_rows(sheet, DATASETS, mistakes):
        where = f"{sheet}: row {row.number}"
        dataset = _dataset(row, workflow_folder)
        if dataset.dataset in datasets:
            mistakes.append(
                f"{where}: data set '{dataset.dataset}' stands above already; names are unique"
            )
        mistakes += _mistakes(dataset, workflow_folder, where)
        datasets.setdefault(dataset.dataset, dataset)
    if needs_some and not datasets and len(mistakes) == before:
        needed = ", ".join(name for name, column in DATASETS.items() if column.is_required)
        mistakes.append(f"{sheet}: lists no data set; add a row with {needed}")
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


def _mistakes(row: DatasetRow, workflow_folder: Path, where: str) -> list[str]:
    mistakes = identifier_mistakes(where, DATASETS["dataset"], row.dataset)
    wrong = [
        (name, cell)
        for name, cell in (("format", row.format), ("role", row.role))
        if not DATASETS[name].is_right(cell)
    ]
    if not os.path.exists(row.path):
        mistakes.append(f"{where}: {path_mistake(DATASETS['path'], row.path, name=row.dataset)}")
    has_space = os.path.isfile(own_or_shipped(KEYPOINTS / f"{row.space}.yaml", workflow_folder))
    if has_space and not os.path.isfile(row.conversion):
        wrong.append(("conversion", row.conversion))
    return mistakes + [
        f"{where}: {DATASETS[name].mistake(cell, row.dataset)}" for name, cell in wrong
    ]
