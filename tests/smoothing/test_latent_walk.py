"""What the strength of a walk is told from."""

from dataclasses import replace

import numpy as np
import pytest

from superanimal_core.smoothing.kalman import Observations
from superanimal_core.smoothing.latent_walk import LatentWalk, fit_walk_strength, smooth_walk

FRAMES = 200


def walk(seed=0):
    """A walk of two dimensions, strength 0.5, seen with a noise of 2 px^2 in three coordinates."""
    rng = np.random.default_rng(seed)
    state = np.sqrt(0.5) * rng.normal(size=(FRAMES, 2)).cumsum(axis=0)
    design = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    y = state @ design.T + np.sqrt(2) * rng.normal(size=(FRAMES, 3))
    seen = Observations(y, np.full((FRAMES, 3), 0.5), design)
    return LatentWalk(np.zeros(2), 1e4 * np.eye(2), np.eye(2), np.ones(FRAMES - 1), seen)


def observed(of, **changes):
    return replace(of, seen=replace(of.seen, **changes))


def test_the_strength_is_told_from_the_chosen_frames_alone():
    chosen = np.r_[0:60, 100:150]
    y = walk().seen.y.copy()
    y[60:100] *= 7.0
    expected = fit_walk_strength(walk(), chosen)
    assert fit_walk_strength(observed(walk(), y=y), chosen) == expected
    assert fit_walk_strength(observed(walk(), y=y), np.arange(FRAMES)) != expected
    between = walk().steps.copy()
    between[59:100] = np.inf  # the two stretches are no neighbors
    assert fit_walk_strength(replace(walk(), steps=between), chosen) == expected


def test_frames_that_nothing_links_tell_no_strength():
    apart = replace(walk(), steps=np.full(FRAMES - 1, np.inf))
    assert np.isnan(fit_walk_strength(apart, np.arange(FRAMES)))
    linked = apart.steps.copy()
    linked[80] = 1.0
    assert np.isfinite(fit_walk_strength(replace(apart, steps=linked), np.arange(FRAMES)))


def test_a_few_frames_that_claim_near_certainty_do_not_set_the_strength():
    weight = walk().seen.weight.copy()
    weight[::3, 1] = 1e3
    found = fit_walk_strength(observed(walk(), weight=weight), np.arange(FRAMES))
    assert found == pytest.approx(fit_walk_strength(walk(), np.arange(FRAMES)), rel=1e-6)


def test_stretches_that_nothing_links_are_smoothed_each_alone():
    steps, weight = walk().steps.copy(), walk().seen.weight.copy()
    steps[[49, 119]] = np.inf
    weight[50:120] = 0.0  # nothing was seen in the second of three
    mean, covariance = smooth_walk(replace(observed(walk(), weight=weight), steps=steps), 0.5)
    assert np.isnan(mean[50:120]).all()
    assert np.isnan(covariance[50:120]).all()
    for part in (slice(0, 50), slice(120, FRAMES)):
        seen = Observations(walk().seen.y[part], weight[part], walk().seen.design)
        alone = replace(walk(), steps=np.ones(len(seen.y) - 1), seen=seen)
        np.testing.assert_allclose(mean[part], smooth_walk(alone, 0.5)[0])
