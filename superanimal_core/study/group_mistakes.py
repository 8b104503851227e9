"""Groups that cannot be compared, since the sheet of videos does not say them."""

from collections.abc import Mapping

from superanimal_core.pose.keypoints import did_you_mean
from superanimal_core.settings.groups import GroupSettings
from superanimal_core.study.study_rows import VideoRow


def group_mistakes(groups: GroupSettings, sheet: str, videos: Mapping[str, VideoRow]) -> list[str]:
    """Columns that the sheet has not, and groups that are fewer than two; none without a column."""
    if groups.column is None or not videos:
        return []
    where = "config/config.yaml: groups"
    columns = list(dict.fromkeys(name for row in videos.values() for name in row.columns))
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
    return mistakes
