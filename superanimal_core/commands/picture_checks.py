"""Whether the pictures of a data set can be decoded, and are bright enough to be seen."""

import os
import time
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from superanimal_core.commands.study_checks import DOUBT, STOPS, Finding
from superanimal_core.datasets.frame_names import split_frame_name
from superanimal_core.errors import DatasetError
from superanimal_core.media.images import read_image
from superanimal_core.pose.labels import Labels

LONGEST_S = 20.0  # of a set; a larger one is looked at in pictures from all over it
DEEP_PICTURES = 5  # whose values are looked at: a set is of one camera, or of few
DARKEST = 2**14 - 1  # highest value of 16 bits: of 8 bits it leaves 63, or 15 of a camera's 12


def picture_findings(labels: Labels, what: str, longest_s: float = LONGEST_S) -> list[Finding]:
    """Of the pictures of a set: those that are broken, and values that hardly use their 16 bits.

    Frames of videos, and pictures that are not there, are left to others.
    """
    names = [str(name) for name in np.unique(labels.image.astype(str))]
    names = [name for name in names if split_frame_name(name)[1] is None and os.path.isfile(name)]
    spread = [names[place] for place in np.random.default_rng(0).permutation(len(names))]
    until, seen, broken = time.monotonic() + longest_s, 0, dict[str, str]()
    for name in spread:
        try:
            read_image(name)
        except DatasetError as error:
            broken[name] = str(error)
        seen += 1
        if time.monotonic() >= until:
            break
    whole = [name for name in spread[:seen] if name not in broken]
    found = [Finding(DOUBT, what, told) for told in _dark_doubts(whole[:DEEP_PICTURES])]
    if broken:
        told = f"{len(broken)} of {seen} pictures cannot be decoded: {min(broken.values())}"
        if seen < len(names):
            told += f" ({len(names) - seen} others were not looked at)"
        found.append(Finding(STOPS, what, told))
    return found


def _dark_doubts(names: Sequence[str]) -> Iterator[str]:
    """One sentence where all that have 16 bits hold low values."""
    highest = []
    for name in names:
        image = cv2.imdecode(np.fromfile(name, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
        assert image is not None  # read_image could
        if image.dtype == np.uint16:
            highest.append(int(image.max()))
    if highest and max(highest) <= DARKEST:
        yield (
            f"its pictures have 16 bits, and {max(highest)} of 65535 is the highest value: they "
            f"are read too dark, with {max(highest) // 256} of 255 at most; save them with 8 bits"
        )
