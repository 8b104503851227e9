"""Whether brought predictions can be of their video, by where in its picture they lie."""

from collections.abc import Iterator, Sequence

import numpy as np

from superanimal_core.pose.poses import Poses

SURE = 0.5  # score from which a position counts: what networks guess beyond the border is below
MARGIN = 0.02  # of the longer side: sure positions of animals at the border wander so far
MOST_BEYOND = 0.05  # part of the sure positions
LARGEST_PART = 1.5  # px: positions told as parts of the picture, and half a pixel for its center


def place_doubts(
    members: Sequence[Poses], files: Sequence[str], size_px: tuple[int, int]
) -> Iterator[str]:
    """One sentence on the first network whose sure positions do not lie in a picture (px)."""
    size = np.array(size_px, dtype=float)
    margin = MARGIN * size.max()
    for member, file in zip(members, files, strict=True):
        sure = member.xy_px[(member.score >= SURE) & np.isfinite(member.xy_px).all(axis=-1)]
        if not len(sure):
            continue
        if sure.min() >= 0 and sure.max() <= LARGEST_PART:
            yield f"all positions of {file} are between 0 and 1: are they parts of the picture?"
            return
        beyond = np.mean(((sure < -margin) | (sure > size + margin)).any(axis=-1))
        if beyond > MOST_BEYOND:
            yield (
                f"{100 * beyond:.0f} % of the positions of {file} lie beyond the picture of "
                f"{size_px[0]} x {size_px[1]} px: are they of another size, x and y exchanged, or "
                "without their decimal points?"
            )
            return
