"""What is asked of the comparison of groups: its columns, and whom the others are compared with."""

from collections.abc import Mapping

from superanimal_core.settings.groups import GroupSettings
from superanimal_core.study.study_rows import VideoRow


def asked_of_groups(groups: GroupSettings, videos: Mapping[str, VideoRow]) -> dict[str, str | None]:
    """The settings as plain values, with the reference by its name: the sheet's first group.

    So a sheet in another order compares anew where that makes another group the first.
    """
    asked = groups.model_dump()
    if groups.column is not None and groups.reference is None:
        named = (row.columns.get(groups.column, "") for row in videos.values())
        asked["reference"] = next(filter(None, named), None)
    return asked
