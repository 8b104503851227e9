"""Compare groups of animals by the tables of all videos."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from superanimal_core.evaluation.group_comparison import compare_groups, group_warnings
from superanimal_core.settings.groups import GroupSettings
from superanimal_core.tables.group_tables import (
    SPEEDS,
    Animals,
    behavior_measures,
    cameras,
    conditions,
    gait_measures,
    present_animals,
    rows_of,
)
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.schemas import columns_to_table


def compare_and_write(
    tables: Mapping[str, str],
    classified: Sequence[str],
    settings: Mapping[str, str | None],
    output: str,
    record: Mapping[str, object],
) -> None:
    """Write the table of groups; its metadata hold the warnings.

    `tables`: gait, bouts, features, quality, videos of all videos; `classified` the bouts that
    classifiers found.
    """
    own = GroupSettings.model_validate(settings)
    column = own.column or ""
    videos, quality = rows_of(tables["videos"]), rows_of(tables["quality"])
    animals = Animals(present_animals(tables["features"]), videos, column, own.animal_column)
    named = [str(row[column]) for row in videos if row.get(column)]
    first = [own.reference] if own.reference else []
    groups: list[str] = list(dict.fromkeys([*first, *named]))
    lasting = {row["video"]: row["duration_s"] for row in quality if row.get("duration_s")}
    measures = gait_measures(rows_of(tables["gait"]), animals)
    measures += behavior_measures(rows_of(tables["bouts"]), "behavior", lasting, animals)
    for path in classified:
        part = f"classifier {Path(path).stem}"
        measures += behavior_measures(rows_of(path), part, lasting, animals)
    table = compare_groups(measures, groups)
    alike = [m for m in measures if m.name in SPEEDS] + conditions(quality, animals)
    told = group_warnings(table, alike, cameras(quality, videos, column), groups)
    for sentence in told:
        print(sentence)
    write_parquet(columns_to_table(table), output, {**record, "warnings": told})
