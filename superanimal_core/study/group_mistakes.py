"""Groups that cannot be compared, since the sheet of videos does not say them."""

import os
from collections.abc import Mapping, Sequence

from superanimal_core.pose.keypoints import did_you_mean
from superanimal_core.settings.groups import GroupSettings
from superanimal_core.study.sheet_columns import is_slip
from superanimal_core.study.study_rows import VideoRow

SHIPPED_ANIMAL = "subject"  # a sheet may lack it: every video counts as an animal then


def group_mistakes(groups: GroupSettings, sheet: str, videos: Mapping[str, VideoRow]) -> list[str]:
    """Columns that the sheet has not, groups that are none, and animals in two groups."""
    if groups.column is None or not videos:
        return []
    where = "config/config.yaml: groups"
    columns = columns_of(videos)
    if groups.column not in columns:
        hint = did_you_mean(groups.column, columns)
        return [f"{where}.column: no column '{groups.column}' in {sheet}{hint}"]
    found = dict.fromkeys(row.columns.get(groups.column, "") for row in videos.values())
    names = [name for name in found if name]
    mistakes = []
    if len(names) < 2:
        told = ", ".join(names) or "no group"
        mistakes.append(
            f"{where}.column: '{groups.column}' of {sheet} names {told}; two are compared at least"
        )
    if groups.reference is not None and groups.reference not in names:
        hint = did_you_mean(groups.reference, names)
        mistakes.append(
            f"{where}.reference: no group '{groups.reference}' in the column "
            f"'{groups.column}'{hint}"
        )
    mistakes += _one_file_of_two(groups.animal_column, sheet, videos)
    mistakes += _in_two_groups(groups.column, groups.animal_column, sheet, videos)
    return mistakes + animal_mistakes(where, groups.animal_column, sheet, columns)


def _in_two_groups(
    column: str, animal_column: str, sheet: str, videos: Mapping[str, VideoRow]
) -> list[str]:
    """Animals of several groups, whose intervals and p would be those of other animals."""
    groups: dict[str, dict[str, None]] = {}
    for row in videos.values():
        group, animal = (row.columns.get(name, "") for name in (column, animal_column))
        if group and animal:
            groups.setdefault(animal, {})[group] = None
    both = {animal: names for animal, names in groups.items() if len(names) > 1}
    if not both:
        return []
    animal, names = next(iter(both.items()))
    more = f", and so do {len(both) - 1} more" if len(both) > 1 else ""
    return [
        f"{sheet}: the animal '{animal}' (column '{animal_column}') belongs to the groups "
        f"{', '.join(names)}{more}; a group is a property of an animal: mend the sheet, or leave "
        "groups.column out"
    ]


def _one_file_of_two(column: str, sheet: str, videos: Mapping[str, VideoRow]) -> list[str]:
    """A file that rows give to two animals, which would be compared as two: a row was copied."""
    told: dict[str, str] = {}
    mistakes = []
    for row in videos.values():
        animal = row.columns.get(column, "")
        other = told.setdefault(os.path.realpath(row.path), animal) if animal else animal
        if other != animal:
            mistakes.append(
                f"{sheet}: {row.path} is the video of '{other}' and of '{animal}' (column "
                f"'{column}'), and both would be compared with the same poses; mend a path"
            )
    return mistakes


def columns_of(videos: Mapping[str, VideoRow]) -> list[str]:
    """The user's own columns of the sheet."""
    return list(dict.fromkeys(name for row in videos.values() for name in row.columns))


def animal_mistakes(where: str, column: str, sheet: str, columns: Sequence[str]) -> list[str]:
    """A column of animals that the sheet has not: one that was chosen, or a slip of the shipped."""
    meant = next((own for own in columns if is_slip(own, column)), None)
    if column in columns or (column == SHIPPED_ANIMAL and meant is None):
        return []
    hint = f"; is '{meant}' meant?" if meant else did_you_mean(column, list(columns))
    told = "every video would count as an animal"
    return [f"{where}.animal_column: no column '{column}' in {sheet}, and {told}{hint}"]
