"""Lists of videos as text: a name on each line."""

from collections.abc import Iterable
from pathlib import Path

from superanimal_core.tables.atomic import replacing


def write_list(videos: Iterable[str], path: str | Path) -> None:
    """Write a list; the file appears complete or not at all."""
    with replacing(path) as temporary:
        temporary.write_text("".join(f"{video}\n" for video in videos), encoding="utf-8")
