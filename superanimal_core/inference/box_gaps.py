"""Boxes between detections, and which animal a new box belongs to."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.optimize import linear_sum_assignment

from superanimal_core.pose.boxes import box_center_px

ROUNDING_S = 1e-9  # of differences of time stamps, which must not depend on the hour


def assign_slots(
    previous: Float[ndarray, "individual 4"], new: Float[ndarray, "box 4"]
) -> list[int]:
    """The individual that each new box continues: nearest centers, each individual once."""
    if not len(new):
        return []
    distance = np.linalg.norm(box_center_px(new)[:, None] - box_center_px(previous)[None], axis=2)
    far = np.nanmax(distance, initial=0.0) + 1.0  # an individual not seen yet is taken last
    rows, columns = linear_sum_assignment(np.where(np.isfinite(distance), distance, far))
    return [int(c) for _, c in sorted(zip(rows, columns, strict=True))]


def interpolate_boxes(
    boxes: Float[ndarray, "frame 4"],
    time_s: Float[ndarray, "frame"],
    max_gap_s: float,
    *,
    is_start: bool = True,
    is_end: bool = True,
) -> Float[ndarray, "frame 4"]:
    """Linear between detections at most `max_gap_s` apart; longer gaps stay NaN.

    A first or last detection that is at most half of that from the video's end is held up to it.
    Of a part of a video, `is_start` and `is_end` say whether it has the video's ends.
    """
    known = np.flatnonzero(np.isfinite(boxes).all(axis=1))
    if not len(known):
        return boxes
    filled = np.column_stack(
        [np.interp(time_s, time_s[known], boxes[known, side]) for side in range(4)]
    )
    after = np.searchsorted(known, np.arange(len(boxes)))
    before = np.searchsorted(known, np.arange(len(boxes)), side="right") - 1
    next_s = time_s[known[np.minimum(after, len(known) - 1)]]
    last_s = time_s[known[np.maximum(before, 0)]]
    to_start_s = 2 * (next_s - time_s[0]) if is_start else np.inf
    to_end_s = 2 * (time_s[-1] - last_s) if is_end else np.inf
    gap_s = np.select([before < 0, after == len(known)], [to_start_s, to_end_s], next_s - last_s)
    filled[gap_s - ROUNDING_S > max_gap_s] = np.nan
    return filled


def decided_until(
    last_known: int, time_s: Float[ndarray, "frame"], looked: int, max_gap_s: float
) -> int:
    """The frames of an animal whose boxes no later detection can change: those before this one.

    `last_known` is the frame of its last detection (-1: none), and the next one can be in frame
    `looked`.
    """
    if looked >= len(time_s):
        return len(time_s)
    waited_s = (
        time_s[looked] - time_s[last_known]
        if last_known >= 0
        else 2 * time_s[looked] - 2 * time_s[0]
    )
    return looked if waited_s - ROUNDING_S > max_gap_s else last_known + 1
