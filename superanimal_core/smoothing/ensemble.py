"""What several networks say about one keypoint: center, spread, score, and how many saw it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.settings.smoothing import Center, EnsembleSettings

BLOCK_ROWS = 8192  # rows at a time: what a block needs stays in the processor's cache


@dataclass(frozen=True)
class EnsembleMoments:
    """Center and variance (ddof 0) over the members, their mean score, and how many saw it."""

    center_px: Float[ndarray, "*shape 2"]
    variance_px2: Float[ndarray, "*shape 2"]
    score: Float[ndarray, "*shape"]
    members: Int[ndarray, "*shape"]

    @property
    def has_spread(self) -> bool:
        """Whether two members saw it in any frame, so that they tell of their own noise."""
        return bool((self.members > 1).any())


def ensemble_moments(
    xy_px: Sequence[Float[ndarray, "*shape 2"]],
    score: Sequence[Float[ndarray, "*shape"]],
    settings: EnsembleSettings,
) -> EnsembleMoments:
    """Moments over the members that saw the keypoint: a finite position, a score >= `min_score`.

    Positions are NaN, variances 0 where nobody saw it. The score is the mean over the members with
    a finite position, whatever `min_score` is, and 0 where there is none. EKS: Biderman, Whiteway
    et al. 2024, "ensemble median" and "ensemble variance".

    Unlike ensemble-kalman-smoother 4.6.2, a member without a finite position is left out instead of
    turning the score, and with it the variance, into NaN.
    """
    shape = score[0].shape
    found = EnsembleMoments(
        np.empty((*shape, 2)), np.empty((*shape, 2)), np.empty(shape), np.empty(shape, np.int16)
    )
    for start in range(0, shape[0], BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        positions = np.stack([member[rows] for member in xy_px], dtype=np.float64)
        scores = np.stack([member[rows] for member in score], dtype=np.float64)
        block = _moments(positions, scores, settings.center, settings.min_score)
        found.center_px[rows], found.variance_px2[rows] = block[:2]
        found.score[rows], found.members[rows] = block[2:]
    return found


def _moments(
    positions: ndarray, scores: ndarray, center: Center, min_score: float
) -> tuple[ndarray, ndarray, ndarray, ndarray]:
    """Center, variance, mean score and count over axis 0."""
    located = np.isfinite(positions[..., 0]) & np.isfinite(positions[..., 1])
    scores = np.where(located & np.isfinite(scores), scores, 0.0)
    mean_score = scores.sum(axis=0) / np.maximum(located.sum(axis=0), 1)
    seen = located & (scores >= min_score)
    members = seen.sum(axis=0)
    if not seen.all():
        positions = np.where(seen[..., None], positions, np.nan)
    mean, variance = _mean_and_variance(positions, members)
    middle = _median(positions, members) if center == "median" else mean
    return middle, variance, mean_score, members


def _mean_and_variance(positions: ndarray, members: ndarray) -> tuple[ndarray, ndarray]:
    """Two-pass moments over axis 0 of what is not NaN; NaN and 0 where everything is."""
    count = np.maximum(members, 1)[..., None]
    is_whole = members.min(initial=len(positions)) == len(positions)
    mean = (positions if is_whole else np.nan_to_num(positions, nan=0.0)).sum(axis=0) / count
    deviation = positions - mean
    squared = np.square(deviation, out=deviation)
    variance = (squared if is_whole else np.nan_to_num(squared, nan=0.0)).sum(axis=0) / count
    return (mean if is_whole else np.where(members[..., None] > 0, mean, np.nan)), variance


def _median(positions: ndarray, members: ndarray) -> ndarray:
    """Median over axis 0 of what is not NaN.

    A sorting network of elementwise minima and maxima (odd-even transposition): for the few members
    of an ensemble it is several times faster than sorting each column.
    """
    is_whole = members.min(initial=len(positions)) == len(positions)
    ordered = list(positions if is_whole else np.nan_to_num(positions, nan=np.inf, posinf=np.inf))
    for turn in range(len(ordered)):
        for i in range(turn % 2, len(ordered) - 1, 2):
            low = np.minimum(ordered[i], ordered[i + 1])
            ordered[i + 1] = np.maximum(ordered[i], ordered[i + 1])
            ordered[i] = low
    if is_whole:
        return _midpoint(ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2])
    stack = np.stack(ordered)
    lower = np.take_along_axis(stack, (np.maximum(members - 1, 0) // 2)[None, ..., None], axis=0)
    upper = np.take_along_axis(
        stack, np.minimum(members // 2, len(stack) - 1)[None, ..., None], axis=0
    )
    is_seen = members[..., None] > 0
    return _midpoint(np.where(is_seen, lower[0], np.nan), np.where(is_seen, upper[0], np.nan))


def _midpoint(low: ndarray, high: ndarray) -> ndarray:
    return low + (high - low) / 2
