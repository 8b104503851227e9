"""Label tables on disk: the keypoint space that they speak travels in their metadata."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Shaped
from numpy import ndarray

from superanimal_core.errors import DatasetError
from superanimal_core.pose.labels import Labels, LabelState, concatenate_labels
from superanimal_core.tables.label_tables import labels_from_table, labels_to_table
from superanimal_core.tables.parquet import read_parquet, write_parquet
from superanimal_core.tables.spaces import read_space


def write_labels(labels: Labels, path: str | Path, record: Mapping[str, object]) -> None:
    """Write labels with their space."""
    write_parquet(labels_to_table(labels), path, {**record, "space": asdict(labels.space)})


def read_labels(path: str | Path) -> Labels:
    """Read labels that `write_labels` wrote."""
    return labels_from_table(read_parquet(path), read_space(path))


def read_labels_of_images(path: str | Path, images: Sequence[str]) -> Labels:
    """The animals of some images, without reading the others into memory."""
    table: pa.Table = pq.read_table(path, filters=[("image", "in", list(images))])
    return labels_from_table(table, read_space(path))


def labeled_images(path: str | Path) -> Shaped[ndarray, "image"]:
    """Names of the images that have a keypoint with a position, in the order of the table."""
    located: pa.Table = pq.read_table(
        path, columns=["image"], filters=[("state", ">=", int(LabelState.OCCLUDED))]
    )
    names = located["image"].unify_dictionaries().combine_chunks()
    return np.array(names.unique().to_pylist(), dtype=object)


def read_all_labels(paths: Sequence[str]) -> Labels:
    """The labels of several data sets in one space, one after the other."""
    return concatenate_labels([read_labels(path) for path in paths])


def read_training_labels(paths: Sequence[str]) -> Labels:
    """Those labels of several data sets that are for training. DatasetError when there are none."""
    labels = read_all_labels(paths)
    chosen = labels.select((labels.split == "train") & labels.is_located.any(axis=1))
    if not len(chosen):
        raise DatasetError(
            f"none of {len(labels)} animals in '{labels.space.name}' has a keypoint to learn from; "
            "look at the conversion tables and at labels.test_fraction"
        )
    return chosen
