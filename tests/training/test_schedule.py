from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.training.schedule import AveragedWeights, learning_rate_factor


def test_the_rate_rises_linearly_and_falls_as_half_a_cosine():
    factors = [learning_rate_factor(step, 110, 10) for step in range(111)]
    np.testing.assert_allclose(factors[:10], np.arange(1, 11) / 10)
    assert factors[10] == 1
    assert factors[60] == pytest.approx(0.5)
    assert factors[110] == pytest.approx(0)


@given(st.integers(1, 500), st.integers(0, 600))
def test_the_factor_is_between_zero_and_one(steps, warmup):
    factors = [learning_rate_factor(step, steps, warmup) for step in range(steps)]
    assert all(0 <= factor <= 1 for factor in factors)
    after = factors[warmup:]
    assert all(a >= b for a, b in pairwise(after))


def test_averaged_weights_are_the_running_mean_with_a_quick_start():
    network = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        network.weight.fill_(0.0)
    averaged, expected = AveragedWeights(network, 0.5), 0.0
    for step in range(1, 20):
        with torch.no_grad():
            network.weight.fill_(float(step))
        averaged.update(network)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * step
        assert float(averaged.state["weight"]) == pytest.approx(expected, rel=1e-5)


def test_counters_are_copied_and_the_network_stays_as_it_is():
    network = torch.nn.BatchNorm2d(2).train()
    averaged = AveragedWeights(network, 0.9)
    network(torch.randn(4, 2, 3, 3))
    before = {k: v.clone() for k, v in network.state_dict().items()}
    averaged.update(network)
    assert int(averaged.state["num_batches_tracked"]) == 1
    assert all(torch.equal(v, network.state_dict()[k]) for k, v in before.items())


def test_running_statistics_are_averaged_as_the_weights_are():
    network = torch.nn.BatchNorm2d(2).train()
    averaged = AveragedWeights(network, 0.9)
    expected = {k: v.clone() for k, v in network.state_dict().items() if v.is_floating_point()}
    for step in range(1, 6):
        network(5 * step + torch.randn(4, 2, 3, 3))
        averaged.update(network)
        decay = min(0.9, (1 + step) / (10 + step))
        for name, value in expected.items():
            value.mul_(decay).add_(network.state_dict()[name], alpha=1 - decay)
    assert not torch.equal(averaged.state["running_mean"], network.running_mean)
    for name, value in expected.items():
        torch.testing.assert_close(averaged.state[name], value)
