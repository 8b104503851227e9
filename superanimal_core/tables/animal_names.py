"""What an animal is called over all videos, so that it is counted once."""

from collections import Counter
from collections.abc import Iterable, Mapping

Key = tuple[str, str]  # video, individual


def animal_names(keys: Iterable[Key], named: Mapping[str, str]) -> dict[Key, str]:
    """The animal of each individual of each video; `named` is what the sheet calls a video's.

    Where a video has several individuals here, each is an animal of its own.
    """
    keys = list(dict.fromkeys(keys))
    individuals = Counter(video for video, _ in keys)
    return {
        (video, individual): f"{named[video]}/{individual}"
        if individuals[video] > 1
        else named[video]
        for video, individual in keys
    }
