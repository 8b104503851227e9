"""Which group each video belongs to, and which animal is in it, by columns of the sheet."""

from collections.abc import Iterable, Mapping, Sequence

from superanimal_core.report.results import Row
from superanimal_core.tables.animal_names import Key, animal_names

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


def animals_of(
    seen: Iterable[Key],
    rows: Iterable[Row],
    groups: Mapping[str, str],
    accounts: Mapping[str, Row],
    column: str,
) -> dict[Key, str]:
    """What each animal of each video that has a group is called, in the order of the videos.

    The animals are those that are `seen` (`present_animals`), as in the comparison of
    groups. Of a video whose features do not tell, they are those that a row (video, individual) is
    about, else one, of the individual ''. Without the `column` each video is an animal.
    """
    told = ((row["video"], row["individual"]) for row in rows)
    present: set[Key] = set()
    for keys in (seen, told, ((video, "") for video in groups)):
        unknown = groups.keys() - {video for video, _ in present}
        present |= {key for key in keys if key[0] in unknown}
    order = {video: place for place, video in enumerate(groups)}
    named = {video: str(accounts[video]["columns"].get(column) or video) for video in groups}
    return animal_names(sorted(present, key=lambda key: (order[key[0]], key[1])), named)


def in_order(groups: Iterable[str], reference: str | None) -> list[str]:
    """The names of groups, each once: the reference first, the others by name."""
    return sorted({*groups}, key=lambda group: (group != reference, group))
