"""Frames of behavior against what people said of them: one class per frame.

The headline is the macro F1, the mean over the behaviors of their F1: a behavior that is rare
counts as much as one that is not. Frames where nobody said anything are left out by the caller.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray


class FrameScores(NamedTuple):
    """Per class, 0-1: NaN where there is nothing to be right or wrong about.

    Precision is NaN for a class that nobody predicted, recall and average precision for one that
    is not there, F1 for one that is neither.
    """

    precision: Float[ndarray, "behavior"]
    recall: Float[ndarray, "behavior"]
    f1: Float[ndarray, "behavior"]


def confusion(
    true: Int[ndarray, "frame"],
    predicted: Int[ndarray, "frame"],
    classes: int,
    weight: Float[ndarray, "frame"] | None = None,
) -> Float[ndarray, "true predicted"]:
    """How many frames (or how much weight) of each true class were predicted as each class."""
    counts = np.bincount(true * classes + predicted, weight, minlength=classes**2)
    return counts.reshape(classes, classes).astype(np.float64)


def frame_scores(confused: Float[ndarray, "true predicted"]) -> FrameScores:
    """Precision, recall and F1 of every class, from a confusion matrix."""
    right = np.diag(confused)
    said, there = confused.sum(axis=0), confused.sum(axis=1)
    return FrameScores(_part(right, said), _part(right, there), _part(2 * right, said + there))


def macro_f1(scores: FrameScores, behaviors: Sequence[int]) -> float:
    """Mean F1 over some classes, mostly all but 'none'; NaN where none of them is known."""
    known = scores.f1[list(behaviors)]
    known = known[np.isfinite(known)]
    return float(known.mean()) if len(known) else float("nan")


def average_precision_of_frames(
    is_true: Bool[ndarray, "frame"],
    probability: Float[ndarray, "frame"],
    weight: Float[ndarray, "frame"] | None = None,
) -> float:
    """Sum over the thresholds of precision times the recall that is won; NaN without a true frame.

    Frames of equal probability fall together. This is scikit-learn's definition, which does not
    interpolate (that of COCO in `average_precision` does).
    """
    weight = np.ones(len(is_true)) if weight is None else weight
    order = np.argsort(-probability, kind="stable")
    sure, true, weight = probability[order], is_true[order], weight[order]
    last = np.append(np.flatnonzero(np.diff(sure)), len(sure) - 1) if len(sure) else []
    right = np.cumsum(weight * true)[last]
    said = np.cumsum(weight)[last]
    if not len(right) or right[-1] == 0:
        return float("nan")
    return float((right / said * np.diff(right, prepend=0.0)).sum() / right[-1])


def raters_f1(
    said: Int[ndarray, "rater frame"], classes: int
) -> tuple[Float[ndarray, "behavior"], float]:
    """F1 of every class and Cohen's kappa, mean over all pairs of raters: what no one can beat.

    F1 is the same whichever of the two is called the truth. -1 is a frame of which a rater says
    nothing. NaN with one rater.
    """
    f1, kappa = [], []
    for one, other in combinations(said, 2):
        both = (one >= 0) & (other >= 0)
        confused = confusion(one[both], other[both], classes)
        f1.append(frame_scores(confused).f1)
        kappa.append(cohens_kappa(confused))
    if not f1:
        return np.full(classes, np.nan), float("nan")
    return _mean_of_known(np.array(f1)), float(_mean_of_known(np.array(kappa)[:, None])[0])


def cohens_kappa(confused: Float[ndarray, "one other"]) -> float:
    """Agreement beyond that of chance (Cohen 1960): 1 is perfect, 0 chance; NaN without variety."""
    total = confused.sum()
    if not total:
        return float("nan")
    agreed = np.trace(confused) / total
    chance = float(confused.sum(axis=0) @ confused.sum(axis=1)) / total**2
    return float((agreed - chance) / (1 - chance)) if chance < 1 else float("nan")


def _part(some: ndarray, whole: ndarray) -> ndarray:
    return np.divide(some, whole, out=np.full(len(some), np.nan), where=whole > 0)


def _mean_of_known(values: Float[ndarray, "row column"]) -> Float[ndarray, "column"]:
    known = np.isfinite(values)
    return _part(np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0).astype(np.float64))
