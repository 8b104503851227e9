"""The local level model against a dense joint Gaussian, and its symmetries."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from superanimal_core.smoothing.local_level import (
    FLAT,
    Prior,
    filter_local_level,
    hand_over,
    local_level_log_likelihood,
    smooth_local_level,
)

PRIOR = Prior(3.0, 40.0)


def walk(frames=30, seed=0, missing=(0, 4, 5, 6, 29)):
    rng = np.random.default_rng(seed)
    step = rng.uniform(0.2, 3, frames - 1)
    y = 5 + np.append(0, rng.normal(size=frames - 1) * np.sqrt(step)).cumsum()
    noise = rng.uniform(0.1, 4, frames)
    noise[list(missing)] = np.inf
    return y + rng.normal(size=frames), noise, step


def dense(y, noise, step, prior):
    """Joint Gaussian of states: mean and covariance, then conditioned on what was seen."""
    frames = len(y)
    before = prior.variance_px2 + np.append(0, step).cumsum()
    covariance = np.minimum.outer(before, before)
    seen = np.flatnonzero(np.isfinite(noise))
    seen_covariance = covariance[np.ix_(seen, seen)] + np.diag(noise[seen])
    gain = np.linalg.solve(seen_covariance, covariance[seen]).T
    mean = prior.mean_px + gain @ (y[seen] - prior.mean_px)
    posterior = covariance - gain @ covariance[seen]
    evidence = multivariate_normal(np.full(len(seen), prior.mean_px), seen_covariance)
    assert mean.shape == (frames,)
    return mean, posterior, evidence.logpdf(y[seen])


def test_a_block_that_is_not_linked_to_the_next_hands_on_nothing():
    y, noise, step = walk()
    assert hand_over(y, noise, np.append(step, np.inf), PRIOR) == FLAT


def test_smoother_equals_the_dense_joint_gaussian():
    y, noise, step = walk()
    mean, variance = smooth_local_level(y, noise, step, PRIOR)
    expected_mean, expected_covariance, _ = dense(y, noise, step, PRIOR)
    np.testing.assert_allclose(mean, expected_mean, atol=1e-9)
    np.testing.assert_allclose(variance, np.diag(expected_covariance), atol=1e-9)


def test_likelihood_equals_the_dense_joint_gaussian():
    y, noise, step = walk()
    found = local_level_log_likelihood(y, noise, step, PRIOR)
    assert found == pytest.approx(dense(y, noise, step, PRIOR)[2], abs=1e-9)


def test_filter_equals_the_dense_joint_gaussian_of_the_past():
    y, noise, step = walk()
    mean, variance = filter_local_level(y, noise, step, PRIOR)
    for end in range(1, len(y) + 1):
        past_noise = np.append(noise[:end], [np.inf] * (len(y) - end))
        if not np.isfinite(past_noise).any():
            continue
        expected_mean, expected_covariance, _ = dense(y, past_noise, step, PRIOR)
        assert mean[end - 1] == pytest.approx(expected_mean[end - 1], abs=1e-9)
        assert variance[end - 1] == pytest.approx(expected_covariance[end - 1, end - 1], abs=1e-9)


def test_flat_prior_is_the_limit_of_a_wide_one():
    y, noise, step = walk(missing=())
    wide = Prior(0.0, 1e10)
    np.testing.assert_allclose(
        smooth_local_level(y, noise, step), smooth_local_level(y, noise, step, wide), atol=1e-7
    )
    density = -0.5 * np.log(2 * np.pi * wide.variance_px2)
    assert local_level_log_likelihood(y, noise, step) == pytest.approx(
        local_level_log_likelihood(y, noise, step, wide) - density, abs=1e-6
    )


def test_time_reversal_changes_nothing():
    y, noise, step = walk()
    forward = smooth_local_level(y, noise, step)
    backward = smooth_local_level(y[::-1], noise[::-1], step[::-1])
    np.testing.assert_allclose(forward, np.array(backward)[:, ::-1], rtol=1e-10)


def test_a_constant_shift_shifts_the_mean_and_nothing_else():
    y, noise, step = walk()
    mean, variance = smooth_local_level(y, noise, step)
    shifted_mean, shifted_variance = smooth_local_level(y + 1000, noise, step)
    np.testing.assert_allclose(shifted_mean, mean + 1000, atol=1e-9)
    np.testing.assert_array_equal(shifted_variance, variance)


def test_blocks_with_hand_over_equal_the_whole():
    y, noise, step = walk(frames=60, missing=(19, 20, 21, 40))
    whole = smooth_local_level(y, noise, step)
    cuts = [slice(0, 20), slice(20, 41), slice(41, 60)]
    padded = np.append(step, np.inf)
    priors, after = [FLAT], [FLAT]
    for cut in cuts[:-1]:
        priors.append(hand_over(y[cut], noise[cut], padded[cut], priors[-1]))
    for cut in cuts[:0:-1]:
        into_block_before = np.append(step[cut.start : cut.stop - 1][::-1], step[cut.start - 1])
        after.append(hand_over(y[cut][::-1], noise[cut][::-1], into_block_before, after[-1]))
    parts = [
        smooth_local_level(y[c], noise[c], step[c.start : c.stop - 1], prior, following)
        for c, prior, following in zip(cuts, priors, after[::-1], strict=True)
    ]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-9)


def test_unlinked_frames_are_unknown_and_their_neighbors_do_not_notice():
    y, noise, step = walk(missing=())
    noise[10:15] = np.inf
    step[9:15] = np.inf
    mean, variance = smooth_local_level(y, noise, step)
    assert np.isnan(mean[10:15]).all()
    assert np.isnan(variance[10:15]).all()
    alone = smooth_local_level(y[:10], noise[:10], step[:9])
    np.testing.assert_allclose((mean[:10], variance[:10]), alone, rtol=1e-12)


def test_nan_is_a_missing_observation():
    y, noise, step = walk()
    holes = np.where(np.isfinite(noise), y, np.nan)
    np.testing.assert_array_equal(
        smooth_local_level(holes, noise, step), smooth_local_level(y, noise, step)
    )


def test_ninety_percent_intervals_cover_the_truth():
    rng = np.random.default_rng(2)
    frames = 20_000
    truth = rng.normal(size=frames).cumsum()
    noise = rng.uniform(0.5, 5, frames)
    noise[rng.random(frames) < 0.1] = np.inf
    y = truth + rng.normal(size=frames) * np.sqrt(np.where(np.isfinite(noise), noise, 0))
    mean, variance = smooth_local_level(y, noise, np.ones(frames - 1))
    covered = np.abs(truth - mean) < 1.6449 * np.sqrt(variance)
    assert 0.88 < covered.mean() < 0.92


def test_an_impossible_variance_is_an_error():
    y, noise, step = walk()
    step[3] = -1
    with pytest.raises(ValueError, match="local level"):
        smooth_local_level(y, noise, step)
