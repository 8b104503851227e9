import numpy as np
import pytest

from superanimal_core.evaluation.bootstrap import group_interval


def test_the_interval_holds_the_true_mean_about_as_often_as_it_says():
    held = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        of_group = random.normal(5.0, 1.0, 25)  # what the labels of a group share
        values = np.repeat(of_group, 8)[:, None] + random.normal(0, 0.3, (200, 2))
        low, high = group_interval(values, np.repeat(np.arange(25), 8), seed=0)
        held += low <= 5.0 <= high
    assert 0.86 <= held / 200 <= 0.99


def test_labels_of_one_group_are_no_more_evidence_when_repeated():
    random = np.random.default_rng(0)
    values, group = random.normal(size=(10, 1)), np.arange(10)
    once = group_interval(values, group, seed=3)
    often = group_interval(np.repeat(values, 50, axis=0), np.repeat(group, 50), seed=3)
    assert often == pytest.approx(once)


def test_unknown_values_do_not_count_and_one_group_says_nothing():
    values = np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan]])
    low, high = group_interval(values, np.array(["a", "b", "c"]), seed=0)
    assert (low, high) == (1.0, 3.0)
    assert np.isnan(group_interval(values[:1], np.array(["a"]), seed=0)).all()
    assert np.isnan(group_interval(values[[0, 2]], np.array(["a", "c"]), seed=0)).all()
