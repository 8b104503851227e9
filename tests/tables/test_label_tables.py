import time

import numpy as np
import pyarrow as pa
import pytest

from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.tables.label_tables import LABEL_SCHEMA, labels_from_table, labels_to_table


def some_labels(n=7, k=3):
    random = np.random.default_rng(0)
    state = random.integers(0, 5, (n, k))
    xy = random.uniform(0, 100, (n, k, 2))
    xy[state < LabelState.OCCLUDED] = np.nan
    text = np.array([f"é {i // 2}.png" for i in range(n)], dtype=object)
    box = np.where(random.random((n, 1)) < 0.5, np.nan, random.uniform(0, 9, (n, 4)))
    return Labels(
        space=KeypointSpace("s", tuple(f"k{i}" for i in range(k))),
        source=text,
        image=text,
        image_size_px=random.integers(1, 99, (n, 2)),
        individual=text,
        group=text,
        split=text,
        box_xyxy_px=box,
        xy_px=xy,
        state=state,
        score=random.random((n, k)),
    )


def equal(one, two):
    same = (
        np.array_equal(getattr(one, f), getattr(two, f))
        for f in ("source", "image", "image_size_px", "individual", "group", "split", "state")
    )
    near = (
        np.array_equal(getattr(one, f), getattr(two, f), equal_nan=True)
        for f in ("xy_px", "box_xyxy_px", "score")
    )
    return all(same) and all(near)


def test_a_label_table_reads_back_equal_whatever_the_order_of_its_rows():
    labels = some_labels()
    table = labels_to_table(labels)
    assert table.schema.equals(LABEL_SCHEMA)
    assert equal(labels, labels_from_table(table, labels.space))
    shuffled = table.take(pa.array(np.random.default_rng(1).permutation(len(table))))
    assert equal(labels, labels_from_table(shuffled, labels.space))


def test_chunks_with_other_dictionaries_read_back():
    labels = some_labels()
    table = labels_to_table(labels)
    second = labels_to_table(labels.select(np.arange(3)))
    moved = second.set_column(
        second.column_names.index("animal"),
        "animal",
        pa.array(np.repeat([90, 91, 92], 3), pa.int32()),
    )
    joined = labels_from_table(pa.concat_tables([moved, table]), labels.space)
    assert equal(labels, joined.select(np.arange(7)))


def test_no_animals_is_a_table_too():
    labels = some_labels().select(np.arange(0))
    assert len(labels_from_table(labels_to_table(labels), labels.space)) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop_columns(["state"]), "no column state"),
        (lambda t: t.slice(1), "do not fit"),
        (lambda t: t.take(pa.array([0, 1, 1])), "every keypoint exactly once"),
        (lambda t: t.take(pa.array([0, 1, 5])), "does not number the animals"),
    ],
)
def test_a_table_that_is_no_label_table_is_refused(change, message):
    labels = some_labels()
    with pytest.raises(DatasetError, match=message):
        labels_from_table(change(labels_to_table(labels)), labels.space)


def test_ten_thousand_animals_convert_in_seconds():
    labels = some_labels(10_000, 17)
    start = time.process_time()
    labels_from_table(labels_to_table(labels), labels.space)
    assert time.process_time() - start < 5
