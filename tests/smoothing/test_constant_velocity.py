"""The model that keeps a velocity, against dense Gaussians that know nothing of bands."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.stats import multivariate_normal

from superanimal_core.smoothing.constant_velocity import (
    smooth_velocity,
    velocity_log_likelihood,
    velocity_prior,
)
from superanimal_core.smoothing.local_level import local_level_log_likelihood, smooth_local_level

WIDE = 1e6  # variance of a position of which nothing is known


def transition_and_covariance(step, damping):
    """Of (x, v) over a step, at strength 1, by Van Loan's matrix exponential."""
    drift = np.array([[0, 1], [0, -damping]])
    noise = np.diag([0, damping**2])
    both = expm(np.block([[-drift, noise], [np.zeros((2, 2)), drift.T]]) * step)
    transition = both[2:, 2:].T
    return transition, transition @ both[:2, 2:]


def dense_covariance(steps, damping, strength):
    """Prior covariance of x and v of all frames."""
    covariance = np.zeros((2 * len(steps) + 2,) * 2)
    for frame in range(len(steps) + 1):
        rows, before = slice(2 * frame, 2 * frame + 2), slice(2 * frame - 2, 2 * frame)
        if frame == 0 or not np.isfinite(steps[frame - 1]):
            covariance[rows, rows] = np.diag([WIDE, strength * damping / 2])
            continue
        transition, noise = transition_and_covariance(steps[frame - 1], damping)
        covariance[rows, : 2 * frame] = transition @ covariance[before, : 2 * frame]
        covariance[: 2 * frame, rows] = covariance[rows, : 2 * frame].T
        covariance[rows, rows] = transition @ covariance[before, before] @ transition.T
        covariance[rows, rows] += strength * noise
    return covariance


def observations(seed, frames=9, cut=True):
    rng = np.random.default_rng(seed)
    steps = rng.uniform(0.3, 3, frames - 1)
    noise = rng.uniform(0.5, 2, frames)
    noise[[1, 6]] = np.inf
    if cut:
        steps[3] = np.inf
    return rng.normal(size=frames) * 3, noise, steps


def dense_posterior(y, noise, steps, damping, strength):
    covariance = dense_covariance(steps, damping, strength)[::2, ::2]
    seen = np.isfinite(noise)
    of_seen = covariance[np.ix_(seen, seen)] + np.diag(noise[seen])
    gain = np.linalg.solve(of_seen, covariance[seen]).T
    return gain @ y[seen], np.diag(covariance - gain @ covariance[seen]), of_seen


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(0.02, 2), st.floats(0.1, 30), st.booleans())
def test_posterior_and_likelihood_are_those_of_the_dense_gaussian(seed, damping, strength, cut):
    y, noise, steps = observations(seed, cut=cut)
    prior = velocity_prior(steps, damping)
    mean, variance, of_seen = dense_posterior(y, noise, steps, damping, strength)
    found = smooth_velocity(y, noise, prior, strength)
    np.testing.assert_allclose(found[0], mean, atol=2e-3)  # as far as WIDE is flat
    np.testing.assert_allclose(found[1], variance, atol=2e-3, rtol=1e-3)
    dense = multivariate_normal(np.zeros(len(of_seen)), of_seen).logpdf(y[np.isfinite(noise)])
    flat = 0.5 * (1 + cut) * np.log(2 * np.pi * WIDE)
    likelihood = velocity_log_likelihood(y, noise, prior, strength)
    assert likelihood == pytest.approx(dense + flat, abs=2e-3)


def test_a_velocity_that_is_forgotten_at_once_is_a_random_walk():
    y, noise, steps = observations(0)
    prior = velocity_prior(steps, 3e3)
    walk = smooth_local_level(y, noise, 2 * steps)
    np.testing.assert_allclose(smooth_velocity(y, noise, prior, 2.0), walk, rtol=2e-3)
    likelihood = velocity_log_likelihood(y, noise, prior, 2.0)
    assert likelihood == pytest.approx(local_level_log_likelihood(y, noise, 2 * steps), abs=2e-3)


@pytest.mark.parametrize("damping", [1 / 150, 0.0099, 0.0101, 0.2])
def test_time_backwards_is_the_same(damping):
    """Also at the lowest strength that is searched for, where little is left of each pivot."""
    rng = np.random.default_rng(0)
    y = 500 + 300 * np.sin(np.arange(5000) / 800) + rng.normal(size=5000)
    noise, prior = np.ones(5000), velocity_prior(np.ones(4999), damping)
    for strength in (1e-5, 1.0):
        ahead = smooth_velocity(y, noise, prior, strength)
        back = smooth_velocity(y[::-1], noise, prior, strength)
        np.testing.assert_allclose(ahead[0], back[0][::-1], atol=5e-3)
        np.testing.assert_allclose(ahead[1], back[1][::-1], rtol=1e-4)


def test_short_steps_meet_long_ones_where_the_series_ends():
    below, above = (velocity_prior(np.ones(1), d).band for d in (0.01 - 1e-12, 0.01 + 1e-12))
    np.testing.assert_allclose(below, above, rtol=1e-6)


def test_what_is_linked_to_nothing_is_unknown_and_leaks_nowhere():
    y, noise, steps = observations(1, cut=False)
    steps[4:6] = np.inf
    noise[5] = np.inf
    found = smooth_velocity(y, noise, velocity_prior(steps, 0.3), 2.0)
    left = smooth_velocity(y[:5], noise[:5], velocity_prior(steps[:4], 0.3), 2.0)
    assert np.isnan(found[0][5])
    assert np.isnan(found[1][5])
    np.testing.assert_allclose(found[0][:5], left[0])


def test_a_variance_that_is_none_is_named_by_its_frame():
    y, noise, steps = observations(1, cut=False)
    noise[2] = -1e-9
    with pytest.raises(ValueError, match="constant velocity: frame 2"):
        smooth_velocity(y, noise, velocity_prior(steps, 0.3), 1.0)


@pytest.mark.parametrize("gap_s", [0.1, 0.2])
def test_a_paw_that_swings_through_a_gap_is_found_where_it_is(gap_s):
    """A swing of 2 Hz: the velocity at both sides says more than the positions do."""
    time_s = np.arange(400) / 100
    truth = 40 * np.sin(2 * np.pi * 2 * time_s)
    hidden = (time_s % 0.63 < gap_s) & (time_s > 0.3) & (time_s < 3.5)
    noise = np.where(hidden, np.inf, 0.1)
    y = truth + np.random.default_rng(0).normal(size=400) * np.sqrt(0.1)
    keeps = smooth_velocity(y, noise, velocity_prior(np.ones(399), 1 / 15), 9.0)[0]
    walks = smooth_local_level(y, noise, 9.0 * np.ones(399))[0]
    off = [np.abs(found - truth)[hidden].mean() for found in (keeps, walks)]
    assert off[0] < 0.4 * off[1]
