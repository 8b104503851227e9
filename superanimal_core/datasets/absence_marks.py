"""Absent written as a position: (0, 0) and (-1, -1) in tables that have no other word for it.

DeepLabCut leaves the cells of an absent point empty. Converters, spreadsheets and scripts fill
them: with zeros, or with -1 as DeepLabCut 3 does in its predictions. Such a mark is a pair of equal
whole numbers that are 0 or less, exactly; no hand and no network puts a point there, since that
takes the very center of the corner's pixel. A pair of negative numbers is always a mark. (0, 0) is
one unless it could be a place: when the same keypoint also has positions near that corner (a corner
of the arena, say), or has no other position at all, nobody can tell, and the table is refused.
Where a table says `visible` itself, that counts, and nothing is a mark.
"""

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.datasets.headed_table import HeadedTable
from superanimal_core.errors import DatasetError

NEAR_CORNER_PX = 10.0


def is_absence_mark(written: Float[ndarray, "*point 2"]) -> Bool[ndarray, "*point"]:
    """Whether written positions are marks: x and y the same whole number, 0 or less."""
    x, y = written[..., 0], written[..., 1]
    return (x == y) & (x <= 0) & (x == np.floor(x))


def absence_marks(table: HeadedTable) -> dict[str, Bool[ndarray, "row keypoint"]]:
    """For each individual of a table: which of `all_keypoints` are marked absent in which rows.

    DatasetError, with a count and a place, where (0, 0) could be a position.
    """
    keypoints = table.all_keypoints
    marks: dict[str, Bool[ndarray, "row keypoint"]] = {}
    is_zero, near_px = [], []
    for individual in table.individuals:
        xy, visible, likelihood = _columns(table, individual)
        marks[individual] = is_absence_mark(xy) & np.isnan(visible)
        is_sure = ~(likelihood <= 0)  # a score of 0 says absent, too
        is_zero.append(marks[individual] & (xy[..., 0] == 0) & is_sure)
        far_px = np.abs(xy).max(axis=2)
        near_px.append(
            np.where(marks[individual] | np.isnan(far_px) | (visible == 0), np.inf, far_px)
        )
    zeros = np.stack(is_zero, axis=1)  # (row, individual, keypoint)
    nearest_px = np.stack(near_px, axis=1).min(axis=(0, 1), initial=np.inf)
    is_unclear = (nearest_px <= NEAR_CORNER_PX) | np.isinf(nearest_px)
    unclear = np.argwhere(zeros & is_unclear)
    if len(unclear):
        row, _, keypoint = unclear[0]
        count = int(zeros[..., keypoint].sum())
        other = (
            f"it also lies {nearest_px[keypoint]:g} px from that corner"
            if np.isfinite(nearest_px[keypoint])
            else "it has no other position"
        )
        raise DatasetError(
            f"{table.where}: {'/'.join(table.index[row])}: '{keypoints[keypoint]}' is at (0, 0) "
            f"({count} times in this table); that may mean absent, or the picture's corner, since "
            f"{other}; leave the cells of absent points empty, or write (0.01, 0.01) for the corner"
        )
    return marks


def _columns(table: HeadedTable, individual: str) -> tuple[ndarray, ndarray, ndarray]:
    """Written positions, `visible` and likelihood of one individual."""
    x, y, visible, likelihood = (
        table.coordinate(individual, table.all_keypoints, c)
        for c in ("x", "y", "visible", "likelihood")
    )
    return np.stack([x, y], axis=2), visible, likelihood
