import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.training.sampling import draw_batch, sampling_weights

SOURCES = np.array(["small"] * 10 + ["large"] * 90)


def share_of_small(temperature):
    return sampling_weights(SOURCES, temperature)[:10].sum()


@pytest.mark.parametrize(
    ("temperature", "share"), [(1.0, 0.1), (2.0, 10**0.5 / (10**0.5 + 90**0.5)), (1e9, 0.5)]
)
def test_a_data_set_has_the_share_of_its_size_to_the_inverse_temperature(temperature, share):
    assert share_of_small(temperature) == pytest.approx(share, rel=1e-6)


@given(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=50),
    st.floats(0.5, 100),
)
def test_weights_are_probabilities_and_equal_within_a_data_set(sources, temperature):
    source = np.array(sources)
    weights = sampling_weights(source, temperature)
    assert weights.sum() == pytest.approx(1)
    for name in set(sources):
        assert np.ptp(weights[source == name]) == 0


def test_batches_follow_the_weights():
    rows = draw_batch(sampling_weights(SOURCES, 2.0), 20_000, np.random.default_rng(0))
    assert (SOURCES[rows] == "small").mean() == pytest.approx(0.25, abs=0.02)


def test_the_same_generator_draws_the_same_batch():
    weights = sampling_weights(SOURCES, 1.0)
    first, second = (draw_batch(weights, 8, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
