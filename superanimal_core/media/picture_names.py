"""Names of pictures in tables, and where the pictures lie."""

import os
import re
from collections.abc import Mapping

_NAMED = re.compile(r"([A-Za-z0-9_-]+[/#])(.+)", re.DOTALL)


def picture_path(image: str, places: Mapping[str, str]) -> str:
    """Where the picture of a label lies.

    Tables name it without a place on a disk: `lab/day1/img07.png` is a picture of the data set
    `lab`, `lab#000-top-000012.jpg` a frame that the study has taken from one of its videos.
    `places` holds the folders, by `lab/` and `lab#`; a name without such a folder is a path.
    """
    match = _NAMED.match(image)
    folder = places.get(match[1]) if match else None
    return os.path.join(folder, match[2]) if match and folder is not None else image
