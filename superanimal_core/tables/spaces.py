"""The keypoint space that a table speaks, in its metadata."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.tables.parquet import (
    read_record,
)


def read_space(path: str | Path) -> KeypointSpace:
    """The keypoint space of a pose table, from its metadata."""
    document = read_record(path)["space"]
    return space_from_mapping(document)


def space_from_mapping(document: Mapping[str, Any]) -> KeypointSpace:
    """A keypoint space from its JSON form."""
    return KeypointSpace(
        name=document["name"],
        keypoints=tuple(document["keypoints"]),
        mirror_pairs=tuple((left, right) for left, right in document["mirror_pairs"]),
        bones=tuple((a, b) for a, b in document["bones"]),
        oks_sigmas=tuple(document["oks_sigmas"]),
    )
