import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.training.sampling import bagged_rows, draw_batch, sampling_weights

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


PICTURES = np.array([f"{row // 2}.png" for row in range(100)])  # two animals in each


def test_a_bag_has_as_many_pictures_of_each_data_set_with_all_their_animals():
    rows = bagged_rows(SOURCES, PICTURES, 0)
    assert (SOURCES[rows] == "small").sum() == 10
    assert (SOURCES[rows] == "large").sum() == 90
    first, second = rows[::2], rows[1::2]
    np.testing.assert_array_equal(PICTURES[first], PICTURES[second])
    np.testing.assert_array_equal(second, first + 1)


def test_a_third_of_the_pictures_is_not_in_a_bag_and_another_seed_leaves_out_others():
    source, image = np.full(5000, "one"), np.arange(5000).astype(str)
    first, second = (bagged_rows(source, image, seed) for seed in (0, 1))
    kept = len(np.unique(first)) / 5000
    assert kept == pytest.approx(1 - 1 / np.e, abs=0.02)
    assert np.isin(np.unique(first), second).mean() == pytest.approx(kept, abs=0.03)
    np.testing.assert_array_equal(first, bagged_rows(source, image, 0))


def test_a_lone_picture_is_in_every_bag():
    rows = bagged_rows(np.array(["a", "b", "b"]), np.array(["x", "x", "y"]), 3)
    assert 0 in rows
    assert len(rows) == 3
