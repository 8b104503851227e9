"""The state-space smoother against a dense joint Gaussian and a textbook Kalman filter."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import block_diag
from scipy.stats import multivariate_normal

from superanimal_core.smoothing.kalman import (
    Observations,
    StateModel,
    smooth_states,
    state_log_likelihood,
)
from superanimal_core.smoothing.local_level import (
    Prior,
    local_level_log_likelihood,
    smooth_local_level,
)


def random_covariance(rng, size):
    root = rng.normal(size=(size, size))
    return root @ root.T + 0.3 * np.eye(size)


def problem(frames=15, size=3, seen=4, seed=0, varying_design=False):
    rng = np.random.default_rng(seed)
    model = StateModel(
        rng.normal(size=size),
        random_covariance(rng, size),
        np.eye(size) * 0.9 + 0.1 * rng.normal(size=(size, size)),
        random_covariance(rng, size),
        rng.uniform(0.5, 2, frames - 1),
    )
    design = rng.normal(size=(frames, seen, size) if varying_design else (seen, size))
    weight = rng.uniform(0.2, 5, (frames, seen))
    weight[rng.random((frames, seen)) < 0.2] = 0
    weight[6:8] = 0
    return model, Observations(rng.normal(size=(frames, seen)) * 3, weight, design)


def dense(model, observations):
    """Joint Gaussian of all states, conditioned on what was seen."""
    frames, seen = observations.y.shape
    size = len(model.prior_mean)
    design = np.broadcast_to(observations.design, (frames, seen, size))
    propagate = np.eye(frames * size)
    mean = [model.prior_mean]
    for t in range(1, frames):
        now, before = slice(t * size, (t + 1) * size), slice((t - 1) * size, t * size)
        propagate[now] += model.transition @ propagate[before]
        mean.append(model.transition @ mean[-1])
    steps = model.step_scale[:, None, None] * model.step_covariance
    noise = block_diag(model.prior_covariance, *steps)
    covariance, mean = propagate @ noise @ propagate.T, np.concatenate(mean)
    is_seen = observations.weight.ravel() > 0
    C = block_diag(*design)[is_seen]
    S = C @ covariance @ C.T + np.diag(1 / observations.weight.ravel()[is_seen])
    y = observations.y.ravel()[is_seen]
    gain = np.linalg.solve(S, C @ covariance).T
    posterior = covariance - gain @ C @ covariance
    blocks = [posterior[i : i + size, i : i + size] for i in range(0, frames * size, size)]
    evidence = multivariate_normal(C @ mean, S).logpdf(y)
    return (mean + gain @ (y - C @ mean)).reshape(frames, size), np.stack(blocks), evidence


@pytest.mark.parametrize("varying_design", [False, True])
@pytest.mark.parametrize(("size", "seen"), [(1, 2), (2, 1), (3, 4), (3, 6)])
def test_smoother_and_likelihood_equal_the_dense_joint_gaussian(size, seen, varying_design):
    model, observations = problem(size=size, seen=seen, varying_design=varying_design)
    found = smooth_states(model, observations)
    mean, covariance, evidence = dense(model, observations)
    np.testing.assert_allclose(found.mean, mean, atol=1e-9)
    np.testing.assert_allclose(found.covariance, covariance, atol=1e-9)
    assert found.log_likelihood == pytest.approx(evidence, abs=1e-9)
    assert state_log_likelihood(model, observations) == found.log_likelihood


def test_one_dimension_equals_the_local_level_model():
    rng = np.random.default_rng(1)
    y, noise, step = rng.normal(size=40).cumsum(), rng.uniform(0.5, 2, 40), rng.uniform(1, 2, 39)
    noise[10:13] = np.inf
    prior = Prior(2.0, 9.0)
    model = StateModel(np.array([2.0]), np.array([[9.0]]), np.eye(1), np.eye(1), step)
    found = smooth_states(model, Observations(y[:, None], 1 / noise[:, None], np.eye(1)))
    mean, variance = smooth_local_level(y, noise, step, prior)
    np.testing.assert_allclose(found.mean[:, 0], mean, atol=1e-9)
    np.testing.assert_allclose(found.covariance[:, 0, 0], variance, atol=1e-9)
    expected = local_level_log_likelihood(y, noise, step, prior)
    assert found.log_likelihood == pytest.approx(expected, abs=1e-9)


def test_a_singular_step_is_an_error():
    model, observations = problem()
    broken = replace(model, step_scale=-model.step_scale)
    with pytest.raises(ValueError, match="kalman"):
        smooth_states(broken, observations)
