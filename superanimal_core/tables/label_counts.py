"""coverage.parquet: how many labels of each keypoint there are, in which state."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from superanimal_core.datasets.coverage import label_coverage
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.tables.label_files import read_labels


def read_label_counts(paths: Sequence[str]) -> pa.Table:
    """One row per data set, keypoint and state, with the number of labels (coverage.parquet)."""
    columns = ("space", "dataset", "keypoint", "state")
    schema = pa.schema([*((name, pa.string()) for name in columns), ("labels", pa.int64())])
    return pa.concat_tables(
        [schema.empty_table(), *(_label_counts(read_labels(path)) for path in paths)]
    )


def _label_counts(labels: Labels) -> pa.Table:
    coverage = label_coverage(labels)
    dataset, keypoint, state = (index.ravel() for index in np.indices(coverage.count.shape))
    return pa.table(
        {
            "space": pa.array([labels.space.name] * len(dataset)),
            "dataset": pa.array(np.array(coverage.datasets)[dataset]),
            "keypoint": pa.array(np.array(coverage.keypoints)[keypoint]),
            "state": pa.array([LabelState(s).name.lower() for s in state]),
            "labels": pa.array(coverage.count.ravel()),
        }
    )
