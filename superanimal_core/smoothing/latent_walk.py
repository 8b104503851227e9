"""A random walk in a space of a few dimensions, seen through several coordinates.

What the multi-view smoothers share: gaps that must not be bridged cut the walk into pieces, and the
strength scales its steps.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.smoothing.kalman import (
    Observations,
    StateModel,
    smooth_states,
    state_log_likelihood,
)
from superanimal_core.smoothing.strength import most_likely_strength

MIN_MEDIAN_VARIANCE_PX2 = 1e-4  # EKS 4.6.2: the likelihood's constant noise is not less


@dataclass(frozen=True)
class LatentWalk:
    """Observations of a walking state; `steps` as in `eks.step_per_strength`."""

    prior_mean: Float[ndarray, "state"]
    prior_covariance: Float[ndarray, "state state"]
    step_covariance: Float[ndarray, "state state"]
    steps: Float[ndarray, "step"]
    seen: Observations


def smooth_walk(
    walk: LatentWalk, strength: float
) -> tuple[Float[ndarray, "frame state"], Float[ndarray, "frame state state"]]:
    """Posterior mean and covariance of every frame; NaN where nothing is linked to anything."""
    frames, size = len(walk.seen.y), len(walk.prior_mean)
    mean, covariance = np.full((frames, size), np.nan), np.full((frames, size, size), np.nan)
    for piece, rows in _pieces(walk):
        posterior = smooth_states(_model(piece, strength), piece.seen)
        mean[rows], covariance[rows] = posterior.mean, posterior.covariance
    return mean, covariance


def fit_walk_strength(walk: LatentWalk, chosen: Int[ndarray, "chosen"]) -> float:
    """Most likely strength, seen on the chosen frames; as `strength.fit_strength`."""
    pieces = [piece for piece, _ in _pieces(_with_constant_noise(_take(walk, chosen)))]
    if not any(len(piece.seen.y) > 1 for piece in pieces):
        return float("nan")
    return most_likely_strength(
        lambda strength: sum(
            state_log_likelihood(_model(piece, strength), piece.seen) for piece in pieces
        )
    )


def _model(walk: LatentWalk, strength: float) -> StateModel:
    return StateModel(
        walk.prior_mean,
        walk.prior_covariance,
        np.eye(len(walk.prior_mean)),
        walk.step_covariance,
        strength * walk.steps,
    )


def _pieces(walk: LatentWalk) -> list[tuple[LatentWalk, slice]]:
    """The linked stretches in which something was seen, and their frames."""
    cuts = np.flatnonzero(~np.isfinite(walk.steps)) + 1
    bounds = [0, *cuts.tolist(), len(walk.seen.y)]
    rows = [slice(a, b) for a, b in pairwise(bounds)]
    return [
        (_rows(walk, part, walk.steps[part.start : part.stop - 1]), part)
        for part in rows
        if (walk.seen.weight[part] > 0).any()
    ]


def _take(walk: LatentWalk, chosen: Int[ndarray, "chosen"]) -> LatentWalk:
    """The walk at the chosen frames; frames that were not neighbors are no longer linked."""
    if len(chosen) == len(walk.seen.y):
        return walk
    steps = np.where(np.diff(chosen) == 1, walk.steps[chosen[:-1]], np.inf)
    return _rows(walk, chosen, steps)


def _rows(walk: LatentWalk, rows: slice | ndarray, steps: ndarray) -> LatentWalk:
    design = walk.seen.design
    seen = Observations(
        walk.seen.y[rows], walk.seen.weight[rows], design if design.ndim == 2 else design[rows]
    )
    return replace(walk, steps=steps, seen=seen)


def _with_constant_noise(walk: LatentWalk) -> LatentWalk:
    """Each coordinate's noise at its median over the frames that saw it."""
    is_seen = walk.seen.weight > 0
    constant = np.zeros(walk.seen.weight.shape[1])
    for coordinate in np.flatnonzero(is_seen.any(axis=0)):
        noise = 1 / walk.seen.weight[is_seen[:, coordinate], coordinate]
        constant[coordinate] = 1 / max(float(np.median(noise)), MIN_MEDIAN_VARIANCE_PX2)
    return replace(walk, seen=replace(walk.seen, weight=np.where(is_seen, constant, 0.0)))
