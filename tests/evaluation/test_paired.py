import numpy as np
import pytest
from scipy import stats

from superanimal_core.evaluation.paired import labels_that_reach, paired_change

OTHER = np.array([4.0, 6.0, 9.0, 5.0, 7.0])


def test_a_change_that_is_the_same_in_every_pair_has_no_spread():
    assert paired_change(0.9 * OTHER, OTHER) == pytest.approx((-0.1, -0.1, -0.1))


def test_exchanging_both_turns_the_interval_around():
    error = OTHER * [0.8, 1.1, 0.9, 0.7, 0.95]
    change, low, high = np.add(1, paired_change(error, OTHER))
    assert np.add(1, paired_change(OTHER, error)) == pytest.approx((1 / change, 1 / high, 1 / low))


def test_the_interval_holds_the_true_change_as_often_as_it_says():
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(2000):
        other = 5 * np.exp(generator.normal(0, 1, 5))  # labels that differ much
        error = other * np.exp(np.log(0.9) + generator.normal(0, 0.1, 5))
        _, low, high = paired_change(error, other)
        held += low <= -0.1 <= high
    assert abs(held / 2000 - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 2000)


def test_bounds_are_those_of_the_paired_t_test():
    error = OTHER * [0.8, 1.1, 0.9, 0.7, 0.95]
    bounds = stats.ttest_rel(np.log(error), np.log(OTHER)).confidence_interval(0.95)
    assert paired_change(error, OTHER)[1:] == pytest.approx(np.expm1(bounds))


def test_what_is_not_known_does_not_count():
    with_gap = paired_change(np.array([2.0, np.nan, 3.0]), np.array([4.0, 1.0, 5.0]))
    assert with_gap == paired_change(np.array([2.0, 3.0]), np.array([4.0, 5.0]))
    alone = paired_change(np.array([2.0]), np.array([4.0]))
    assert alone[0] == pytest.approx(-0.5)
    assert np.isnan(alone[1:]).all()
    assert np.isnan(paired_change(np.array([np.nan]), np.array([4.0]))).all()


def test_labels_that_reach_an_error_lie_on_a_power_law():
    counts = np.array([5.0, 10.0, 50.0])
    errors = 20 / np.sqrt(counts)
    for wanted in (5.0, 20.0, 45.0):
        error = 20 / np.sqrt(max(wanted, 5.0))
        assert labels_that_reach(error, counts, errors) == pytest.approx(max(wanted, 5.0))
    assert labels_that_reach(100.0, counts, errors) == 5
    assert labels_that_reach(errors[-1], counts, errors) == pytest.approx(50)
    assert labels_that_reach(errors[-1] * 0.999, counts, errors) == np.inf
