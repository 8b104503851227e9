"""At which frames of a video a detector must look, so that boxes between are told by those beside.

A box is told where it hardly moves from one look to the next, or where the animal went on evenly
through a look beside. Where it is not, the detector looks at the frame in the middle, and so on:
at last at the very frame in which an animal comes or goes. The distance to the next look doubles
where nothing had to be looked at in between, and halves where something had.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.inference.box_gaps import ROUNDING_S
from superanimal_core.pose.boxes import longer_side_px

WHERE_NEEDED: Literal["auto"] = "auto"  # in place of a number of frames from look to look
TOLD = 0.1  # of a box's longer side: how far a side of a told box may lie from the detector's
LONGEST_S = 0.5  # between two looks; at 1 s one drawn video of six was 23 % worse
ABSENT_S = 0.25  # the same while an animal may come
FLOOR = 8  # frames between two looks that need not be more, however slow the video
HELD_BYTES = 256_000_000  # of frames that wait for the next look
USUAL_GAP = 8  # frames in a video for each that is looked at, measured on drawn mice


def gaps_to_halve(
    looks: Sequence[int], boxes_xyxy_px: Float[ndarray, "look individual 4"], settled: int
) -> list[int]:
    """The middles of gaps after frame `settled` in which boxes are not told by the looks.

    `boxes_xyxy_px` (NaN: no animal) are those of the frames `looks`, which ascend.
    """
    frames = np.asarray(looks)
    is_told = _is_told(frames, boxes_xyxy_px).all(axis=1)
    open_gaps = (frames[:-1] >= settled) & ~is_told & (np.diff(frames) > 1)
    return [int(frame) for frame in ((frames[:-1] + frames[1:]) // 2)[open_gaps]]


def _is_told(
    frames: ndarray, boxes: Float[ndarray, "look individual 4"]
) -> Bool[ndarray, "gap individual"]:
    """Of each gap between two looks whether its boxes are told.

    A look beside speaks for a gap that is at most twice as long as that between the two.
    """
    is_known, steps = np.asarray(np.isfinite(boxes).all(axis=2)), np.diff(frames)
    is_there = is_known[:-1] & is_known[1:]
    moved_px = np.abs(np.diff(boxes, axis=0)).max(axis=2)
    is_told = moved_px <= TOLD * np.fmax(longer_side_px(boxes[:-1]), longer_side_px(boxes[1:]))
    if len(steps) > 1:
        part = (steps[:-1] / (steps[:-1] + steps[1:]))[:, None, None]
        off_px = np.abs(boxes[:-2] + part * (boxes[2:] - boxes[:-2]) - boxes[1:-1]).max(axis=2)
        is_even = off_px <= TOLD * longer_side_px(boxes[1:-1])  # the animal went on evenly
        is_told[1:] |= is_even & (steps[1:] <= 2 * steps[:-1])[:, None]
        is_told[:-1] |= is_even & (steps[:-1] <= 2 * steps[1:])[:, None]
    return ~(is_known[:-1] | is_known[1:]) | (is_there & is_told)


def next_look(
    last: int,
    gap: int,
    time_s: Float[ndarray, "frame"],
    frame_bytes: int,
    *,
    is_complete: bool,
) -> int:
    """The frame of the next look, `gap` frames behind the last one or as far as it may be.

    `is_complete`: every animal that there may be was seen in the last look; none can come.
    """
    longest_s = LONGEST_S if is_complete else ABSENT_S
    in_time = int(np.searchsorted(time_s, time_s[last] + longest_s + ROUNDING_S, "right")) - 1
    furthest = max(in_time - last, FLOOR if is_complete else 1)
    most_held = max(HELD_BYTES // frame_bytes, FLOOR)
    return min(last + max(min(gap, furthest, most_held), 1), len(time_s) - 1)


def next_gap(gap: int, is_told: bool) -> int:
    """The distance to the look after one that had `gap` frames before it."""
    return 2 * gap if is_told else max(gap // 2, 1)
