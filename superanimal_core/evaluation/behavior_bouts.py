"""Bouts of behavior against those that people marked.

Bouts of one behavior of one animal do not overlap each other. A bout is found when one that is
predicted shares enough of their common time (intersection over union), each with one partner.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

IOUS = (0.25, 0.5)  # as published benchmarks of action detection take them
FEWEST_RECORDINGS = 3  # for a correlation


class BoutScores(NamedTuple):
    """Of one behavior; F1 is NaN where there is no bout on either side.

    Onset errors (s, predicted minus true) are those of the bouts that are found at an IoU of 0.25.
    """

    true: int
    predicted: int
    f1_25: float
    f1_50: float
    onset_error_median_s: float
    onset_error_abs_median_s: float


def bout_iou(one_s: Float[ndarray, "2"], other_s: Float[ndarray, "2"]) -> float:
    """Intersection over union of two stretches of time; 0 where they do not meet."""
    shared = min(one_s[1], other_s[1]) - max(one_s[0], other_s[0])
    return max(float(shared), 0.0) / float(
        one_s[1] - one_s[0] + other_s[1] - other_s[0] - max(shared, 0.0)
    )


def match_bouts(
    true_s: Float[ndarray, "true 2"], predicted_s: Float[ndarray, "predicted 2"], min_iou: float
) -> Int[ndarray, "match 2"]:
    """Rows of bouts that belong together, as many pairs as there can be.

    Both in the order of time and without overlaps among themselves. Then partners never cross, and
    to give each true bout, from the first on, the first that is left gives the most pairs.
    """
    pairs, first = [], 0
    for row, bout in enumerate(true_s):
        while first < len(predicted_s) and predicted_s[first, 1] <= bout[0]:
            first += 1
        candidate = first
        while candidate < len(predicted_s) and predicted_s[candidate, 0] < bout[1]:
            if bout_iou(bout, predicted_s[candidate]) >= min_iou:
                pairs.append((row, candidate))
                first = candidate + 1
                break
            candidate += 1
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def bout_scores(
    recordings: list[tuple[Float[ndarray, "_true 2"], Float[ndarray, "_predicted 2"]]],
) -> BoutScores:
    """Scores of one behavior over several recordings: true and predicted bouts of each, in s."""
    true = sum(len(bouts) for bouts, _ in recordings)
    predicted = sum(len(bouts) for _, bouts in recordings)
    matched = {iou: [match_bouts(t, p, iou) for t, p in recordings] for iou in IOUS}
    f1 = [
        2 * sum(map(len, matched[iou])) / (true + predicted) if true + predicted else np.nan
        for iou in IOUS
    ]
    late = [
        p[pairs[:, 1], 0] - t[pairs[:, 0], 0]
        for (t, p), pairs in zip(recordings, matched[IOUS[0]], strict=True)
    ]
    errors = np.concatenate([np.zeros(0), *late])
    medians = (np.median(errors), np.median(np.abs(errors))) if len(errors) else (np.nan, np.nan)
    return BoutScores(true, predicted, *f1, *map(float, medians))


def total_time_s(bouts_s: Float[ndarray, "bout 2"]) -> float:
    """Time that bouts last together (s)."""
    return float((bouts_s[:, 1] - bouts_s[:, 0]).sum())


def correlation(true: Float[ndarray, "recording"], predicted: Float[ndarray, "recording"]) -> float:
    """Pearson's r of a figure over recordings, such as the number of bouts.

    NaN for fewer than three recordings, or where one side is the same in all of them.
    """
    if len(true) < FEWEST_RECORDINGS or np.ptp(true) == 0 or np.ptp(predicted) == 0:
        return float("nan")
    return float(np.corrcoef(true, predicted)[0, 1])
