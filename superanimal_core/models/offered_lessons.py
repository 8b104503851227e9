"""What videos teach to networks that they share: a folder per video.

`member-*.parquet` has the lessons of each network (see lesson_files), `pictures/` the frames. Their
metadata say what the look at the video said. Of frames that the verdicts are about nothing is here.
"""

from collections.abc import Sequence
from pathlib import Path

from superanimal_core.errors import VideoError
from superanimal_core.pose.labels import Labels, concatenate_labels
from superanimal_core.tables.lesson_files import read_lessons
from superanimal_core.tables.parquet import raise_failure_in, read_record

PICTURES, LOOK = "pictures", "look"


def picture_of(frame: int) -> str:
    """The file of a frame in the folder of its video."""
    return f"{PICTURES}/{frame:06d}.jpg"


def read_offers(
    folders: Sequence[str | Path], member: str
) -> tuple[Labels | None, dict[str, int], dict[str, str]]:
    """What videos teach a network: labels, how many are of each video, and why some teach nothing.

    A video that nobody vouches for teaches only where there is none that somebody vouches for. No
    labels where none of the videos can gain. What a video taught that has left the sheet stays
    as it was, and says nothing to a network that came later.
    """
    offers: dict[bool, dict[str, Labels]] = {True: {}, False: {}}  # by whether it is vouched for
    without, is_needed = {}, False
    for folder in map(Path, folders):
        try:
            raise_failure_in(folder)
        except VideoError as error:
            without[folder.name] = error.reason
            continue
        table = folder / f"{member}.parquet"
        if not table.exists():
            without[folder.name] = f"it left the sheet before {member} was there"
            continue
        own, look = read_lessons(table)[0], read_record(table)[LOOK]
        if len(own):
            offers[look["can_teach"]][folder.name] = own
            is_needed |= look["is_needed"]
        else:
            without[folder.name] = (
                look["reason"] if not look["can_teach"] else "no keypoint is sure"
            )
    chosen = offers[True] or offers[False]
    if offers[True]:
        without |= dict.fromkeys(offers[False], "nobody vouches for its animals, as for others'")
    labels = concatenate_labels([*chosen.values()]) if is_needed else None
    return labels, {name: len(own) for name, own in chosen.items()}, without
