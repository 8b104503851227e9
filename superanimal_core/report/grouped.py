"""Which group each video belongs to, by the sheet's column that the study compares."""

from collections.abc import Iterable, Mapping, Sequence

from superanimal_core.report.results import Row

EVERY = "all"


def groups_of(
    videos: Sequence[Row], accounts: Mapping[str, Row], column: str | None
) -> dict[str, str]:
    """By video that did not fail its group; without a column all are one.

    A video whose cell is empty belongs to none, as in the comparison of groups.
    """
    usable = [video["video"] for video in videos if video["status"] != "failed"]
    if not column:
        return dict.fromkeys(usable, EVERY)
    named = {video: str(accounts[video]["columns"].get(column) or "") for video in usable}
    return {video: group for video, group in named.items() if group}


def in_order(groups: Iterable[str], reference: str | None) -> list[str]:
    """The names of groups, each once: the reference first, the others by name."""
    return sorted({*groups}, key=lambda group: (group != reference, group))
