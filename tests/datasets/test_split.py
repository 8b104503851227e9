from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from superanimal_core.datasets.split import natural_key, split_by_group, split_by_time


def test_a_group_is_never_torn_apart(labels_of):
    labels = split_by_group(labels_of(groups=list("abcdefghij"), per_group=7), 0.2, seed=1)
    for group in set(labels.group):
        assert len(set(labels.split[labels.group == group])) == 1
    assert (labels.split == "test").sum() == 14


@settings(max_examples=40, deadline=None)
@given(n=st.integers(2, 12), fraction=st.floats(0.01, 0.99), seed=st.integers(0, 2**40))
def test_some_group_is_held_out_but_never_all(labels_of, n, fraction, seed):
    labels = labels_of(groups=[f"g{i}" for i in range(n)], per_group=3)
    split = split_by_group(labels, fraction, seed).split
    assert set(split) == {"train", "test"}


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(12)))
def test_the_split_does_not_depend_on_the_order_of_rows(labels_of, order):
    labels = labels_of(groups=list("abcd"), per_group=3)
    for split in (lambda x: split_by_group(x, 0.3, 5), lambda x: split_by_time(x, 0.3)):
        assert split(labels.select(np.array(order))).split.tolist() == (
            split(labels).split[np.array(order)].tolist()
        )


def test_the_seed_changes_the_split_and_nothing_else_does(labels_of):
    labels = labels_of(groups=[f"g{i}" for i in range(30)], per_group=1)
    splits = {tuple(split_by_group(labels, 0.3, seed).split) for seed in range(5)}
    assert len(splits) == 5
    assert tuple(split_by_group(labels, 0.3, 0).split) in splits


def test_one_group_is_split_by_time(labels_of):
    labels = split_by_group(labels_of(per_group=12), 0.25, seed=0)
    held_out = set(labels.image[labels.split == "test"])
    assert held_out == {"g/img9.png", "g/img10.png", "g/img11.png"}


def test_a_given_split_is_kept(labels_of):
    labels = labels_of(groups=list("abcd"), per_group=2)
    given_split = labels.split.copy()
    given_split[labels.group == "a"] = "test"
    labels = split_by_group(replace(labels, split=given_split), 0.3, seed=3)
    assert (labels.split[labels.group == "a"] == "test").all()
    assert (labels.split[labels.group != "a"] == "test").any()


def test_fraction_zero_holds_out_nothing_and_a_single_image_is_trained_on(labels_of):
    assert set(split_by_group(labels_of(groups=["a", "b"]), 0.0, 0).split) == {"train"}
    assert split_by_time(labels_of(per_group=1), 0.9).split.tolist() == ["train"]


def test_numbers_in_names_sort_as_numbers():
    names = ["img10", "img9", "img9b", "a1", "img"]
    assert sorted(names, key=natural_key) == ["a1", "img", "img9", "img9b", "img10"]
