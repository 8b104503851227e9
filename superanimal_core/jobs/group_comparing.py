"""Compare groups of animals by the tables of all videos."""

from collections.abc import Collection, Mapping, Sequence
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
    rows_of,
    scale_warnings,
)
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.present_animals import present_animals
from superanimal_core.tables.schemas import columns_to_table


def compare_and_write(
    tables: Mapping[str, str],
    classified: Sequence[tuple[str, str]],
    untold: Mapping[str, Collection[str]],
    settings: Mapping[str, str | None],
    output: str,
    record: Mapping[str, object],
) -> None:
    """Write the table of groups; its metadata hold the warnings.

    `tables`: gait, bouts, features, quality, videos of all videos; `classified` the bouts that
    each classifier found, and its sums of the animals that it was asked about; `untold` the
    behaviors by definition, each with the videos that cannot tell it.
    """
    own = GroupSettings.model_validate(settings)
    column = own.column or ""
    videos, quality = rows_of(tables["videos"]), rows_of(tables["quality"])
    seen = present_animals(tables["features"])
    animals = Animals(seen, videos, column, own.animal_column)
    named = [str(row[column]) for row in videos if row.get(column)]
    first = [own.reference] if own.reference else []
    groups: list[str] = list(dict.fromkeys([*first, *named]))
    lasting = {row["video"]: row["duration_s"] for row in quality if row.get("duration_s")}
    measures = gait_measures(rows_of(tables["gait"]), animals)
    lacking = {name: {k for k in animals.keys if k[0] in of} for name, of in untold.items()}
    measures += behavior_measures(rows_of(tables["bouts"]), "behavior", lasting, animals, lacking)
    for path, sums in classified:
        bouts, part = rows_of(path), f"classifier {Path(path).stem}"
        asked = rows_of(sums)
        not_asked = {*animals.keys} - {(row["video"], row["individual"]) for row in asked}
        lacking = dict.fromkeys((row["behavior"] for row in [*asked, *bouts]), not_asked)
        measures += behavior_measures(bouts, part, lasting, animals, lacking)
    table = compare_groups(measures, groups)
    alike = [m for m in measures if m.name in SPEEDS] + conditions(quality, seen, animals)
    told = scale_warnings(rows_of(tables["gait"]), animals)
    told += group_warnings(table, alike, cameras(quality, videos, column), groups)
    for sentence in told:
        print(sentence)
    write_parquet(columns_to_table(table), output, {**record, "warnings": told})
