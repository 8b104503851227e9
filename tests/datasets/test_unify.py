import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superanimal_core.datasets.coverage import label_coverage
from superanimal_core.datasets.unify import (
    ConversionRow,
    conversion_from_rows,
    unify_labels,
)
from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import LabelState

UNIFIED = KeypointSpace("unified", ("nose", "left_ear", "right_ear", "tail_base"))
SOURCE = KeypointSpace("space", ("snout", "earl", "corner"))


def rows(*pairs):
    return [ConversionRow(i, s, u) for i, (s, u) in enumerate(pairs, start=2)]


GOOD = rows(("snout", "nose"), ("earl", "left_ear"), ("corner", ""))


def test_a_conversion_is_total_and_says_what_it_drops():
    conversion = conversion_from_rows(GOOD, SOURCE, UNIFIED, "t.tsv")
    assert conversion.dropped == ("corner",)
    assert set(conversion.unified) == set(SOURCE.keypoints)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            rows(("snout", "nose"), ("earl", "left_eer"), ("corner", "")),
            "t.tsv: row 3: 'left_eer' is no keypoint of 'unified'; did you mean 'left_ear'",
        ),
        (
            rows(("snuot", "nose"), ("earl", "left_ear"), ("corner", "")),
            "t.tsv: row 2: 'snuot' is no keypoint of 'space'; did you mean 'snout'",
        ),
        (rows(("snout", "nose"), ("corner", "")), "t.tsv: the keypoint 'earl' of 'space' has no"),
        (
            rows(("snout", "nose"), ("earl", "nose"), ("corner", "")),
            "t.tsv: row 3: 'snout' and 'earl' both become 'nose'; leave one blank to drop it",
        ),
        (
            rows(*[("snout", "nose")] * 2, ("earl", ""), ("corner", "")),
            "t.tsv: row 3: 'snout' stands in row 2 already",
        ),
    ],
)
def test_each_mistake_in_a_table_is_named_with_file_and_row(table, message):
    with pytest.raises(DatasetError) as caught:
        conversion_from_rows(table, SOURCE, UNIFIED, "t.tsv")
    assert message in str(caught.value)


def test_all_mistakes_are_reported_at_once():
    with pytest.raises(DatasetError) as caught:
        conversion_from_rows(rows(("snuot", "noze"), ("earl", "nose")), SOURCE, UNIFIED, "t.tsv")
    told = str(caught.value).splitlines()  # of snuot once: that snout has no row is the same
    assert len(told) == 3


def test_what_a_data_set_does_not_define_is_not_in_the_dataset(labels_of):
    labels = labels_of(keypoints=SOURCE.keypoints, per_group=20)
    unified = unify_labels(labels, conversion_from_rows(GOOD, SOURCE, UNIFIED, "t"), UNIFIED)
    kept = labels.select((labels.state[:, :2] != LabelState.NOT_IN_DATASET).any(axis=1))
    assert np.array_equal(unified.state[:, :2], kept.state[:, :2])
    assert (unified.state[:, 2:] == LabelState.NOT_IN_DATASET).all()
    assert np.array_equal(unified.xy_px[:, 0], kept.xy_px[:, 0], equal_nan=True)


@settings(max_examples=30, deadline=None)
@given(order=st.permutations(range(3)), seed=st.integers(0, 99))
def test_the_order_of_source_columns_does_not_matter(labels_of, order, seed):
    labels = labels_of(keypoints=SOURCE.keypoints, per_group=5, seed=seed)
    shuffled = labels_of(
        keypoints=[SOURCE.keypoints[i] for i in order],
        per_group=5,
        xy_px=labels.xy_px[:, order],
        state=labels.state[:, order],
    )
    one, two = (
        unify_labels(part, conversion_from_rows(GOOD, part.space, UNIFIED, "t"), UNIFIED)
        for part in (labels, shuffled)
    )
    assert np.array_equal(one.xy_px, two.xy_px, equal_nan=True)
    assert np.array_equal(one.state, two.state)


def test_unifying_twice_changes_nothing(labels_of, are_same):
    labels = labels_of(keypoints=SOURCE.keypoints, per_group=9)
    once = unify_labels(labels, conversion_from_rows(GOOD, SOURCE, UNIFIED, "t"), UNIFIED)
    identity = rows(*[(k, k) for k in UNIFIED.keypoints])
    twice = unify_labels(once, conversion_from_rows(identity, UNIFIED, UNIFIED, "t"), UNIFIED)
    assert are_same(once, twice)


def test_coverage_counts_every_label_once(labels_of):
    labels = labels_of(per_group=11)
    coverage = label_coverage(labels)
    assert coverage.datasets == ("set",)
    assert (coverage.count.sum(axis=2) == 11).all()
    assert np.array_equal(coverage.located[0], labels.is_located.sum(axis=0))
