"""Pictures that show the frames before and after another one, by their names.

A name counts frames where it is Lightning Pose's (`img00000012.png`, eight digits) or that of a
frame that the study has taken from a video (`lab#000-top-000012.jpg`). Other numbers count
pictures of a collection, say, whose neighbors have nothing to do with each other.
"""

import os
import re
from collections.abc import Mapping

from superanimal_core.media.picture_names import picture_path

_FRAME = re.compile(
    r"(?P<before>(?:|.*/)img|[^#/]+#.*-)(?P<frame>[0-9]{6,9})(?P<after>\.[A-Za-z]+)", re.DOTALL
)
LIGHTNING_POSE_DIGITS = 8


def neighboring_pictures(image: str, places: Mapping[str, str], reach: int) -> tuple[str, ...]:
    """The names of a window of frames around a picture, `reach` on each side; itself the middle.

    Where a frame has no picture, that of the next one towards the middle is repeated: a picture
    that has none beside it is its own neighbor. `places` as for `picture_path`.
    """
    sides = [[image], [image]]
    for side, step in zip(sides, (-1, 1), strict=True):
        for distance in range(1, reach + 1):
            name = _frame_beside(image, step * distance)
            is_there = name is not None and os.path.isfile(picture_path(name, places))
            side.append(name if name is not None and is_there else side[-1])
    return (*reversed(sides[0]), *sides[1][1:])


def _frame_beside(image: str, by: int) -> str | None:
    """The name of the frame that comes so many later; None where names do not count frames."""
    match = _FRAME.fullmatch(image)
    if match is None:
        return None
    digits, number = len(match["frame"]), int(match["frame"]) + by
    if number < 0 or (match["before"].endswith("img") and digits != LIGHTNING_POSE_DIGITS):
        return None
    return f"{match['before']}{number:0{digits}d}{match['after']}"
