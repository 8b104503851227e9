"""The keypoint space that a table speaks, and what of it its networks were taught: metadata."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.tables.parquet import raise_failure_in, read_record

TAUGHT = "taught"


def read_space(path: str | Path) -> KeypointSpace:
    """The keypoint space of a pose table, from its metadata."""
    document = read_record(path)["space"]
    return space_from_mapping(document)


def read_taught(path: str | Path) -> tuple[str, ...]:
    """The keypoints that the networks behind a pose table were taught; all where it does not say.

    Of the folder with the tables of an ensemble: those that at least one member was taught, in the
    order of the space. VideoError when the folder stands for a failed video.
    """
    if not Path(path).is_dir():
        return tuple(read_record(path).get(TAUGHT, read_space(path).keypoints))
    raise_failure_in(path)
    tables = sorted(Path(path).glob("*.parquet"))
    known = {name for table in tables for name in read_taught(table)}
    return tuple(name for name in read_space(tables[0]).keypoints if name in known)


def space_from_mapping(document: Mapping[str, Any]) -> KeypointSpace:
    """A keypoint space from its JSON form."""
    return KeypointSpace(
        name=document["name"],
        keypoints=tuple(document["keypoints"]),
        mirror_pairs=tuple((left, right) for left, right in document["mirror_pairs"]),
        bones=tuple((a, b) for a, b in document["bones"]),
        oks_sigmas=tuple(document["oks_sigmas"]),
    )
