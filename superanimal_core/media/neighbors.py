"""Pictures that show the frames before and after another one, by their names.

A name counts frames where it is Lightning Pose's (`img00000012.png`, eight digits) or that of a
frame that the study has taken from a video (`lab#000-top-000012.jpg`). Other numbers count
pictures of a collection, say, whose neighbors have nothing to do with each other.
"""

import os
import re
from collections.abc import Callable, Mapping
from functools import cache, partial

from superanimal_core.media.picture_names import picture_path
from superanimal_core.network.context import REACH, window_of

_OF_LIGHTNING_POSE = re.compile(r"((?:.*/)?img)([0-9]{8})(\.[A-Za-z]+)", re.DOTALL)
_OF_STUDY = re.compile(r"([^/#]+#.*-)([0-9]{6,9})(\.jpg)", re.DOTALL)


def neighbors_in(places: Mapping[str, str]) -> Callable[[str], tuple[str, ...]]:
    """`neighboring_pictures` of windows as networks look at them; looks for each only once."""
    return cache(partial(neighboring_pictures, places=places, reach=REACH))


def neighboring_pictures(image: str, places: Mapping[str, str], reach: int) -> tuple[str, ...]:
    """The names of a window of frames around a picture, `reach` on each side; itself the middle.

    Where a frame has no picture, that of the next one towards the middle is repeated: a picture
    that has none beside it is its own neighbor. `places` as for `picture_path`.
    """

    def beside(by: int) -> str | None:
        name = _frame_beside(image, by)
        return name if name and os.path.isfile(picture_path(name, places)) else None

    return tuple(window_of(image, beside, reach))


def _frame_beside(image: str, by: int) -> str | None:
    """The name of the frame that comes so many later; None where names do not count frames."""
    for named, digits in ((_OF_LIGHTNING_POSE, 8), (_OF_STUDY, 6)):
        if match := named.fullmatch(image):
            before, frame, after = match.groups()
            number = int(frame) + by
            return f"{before}{number:0{digits}d}{after}" if number >= 0 else None
    return None
