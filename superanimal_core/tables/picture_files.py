"""Pictures of data sets as tables: pictures.parquet, and repeats.parquet of those that repeat."""

import os
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa

from superanimal_core.datasets.same_pictures import (
    SIDE,
    pixel_digest,
    repeated_pictures,
    thumbnail,
)
from superanimal_core.media.images import read_image
from superanimal_core.media.picture_names import picture_path
from superanimal_core.pose.labels import Labels
from superanimal_core.tables.parquet import read_parquet

PICTURE_SCHEMA = pa.schema(
    [
        ("dataset", pa.string()),
        ("image", pa.string()),
        ("split", pa.string()),
        ("digest", pa.string()),
        ("thumbnail", pa.binary(SIDE * SIDE)),
    ]
)


REPEAT_SCHEMA = pa.schema(
    [
        ("dataset", pa.string()),
        ("image", pa.string()),
        ("split", pa.string()),
        ("kind", pa.string()),
        ("difference", pa.float64()),  # largest of a cell, in parts of the contrast
        ("other_dataset", pa.string()),
        ("other_image", pa.string()),
        ("other_split", pa.string()),
        ("is_leak", pa.bool_()),  # one is trained on, the other is for the test
    ]
)


def fingerprint_pictures(labels: Labels, places: Mapping[str, str]) -> pa.Table:
    """One row per picture, in order of names; none for a set of labels alone.

    `places` as for `picture_path`. One picture at a time is in memory. DatasetError for a picture
    that cannot be decoded, or is missing where others of its set are there.
    """
    _, first = np.unique(labels.image.astype(str), return_index=True)
    paths = {row: picture_path(str(labels.image[row]), places) for row in first}
    if not any(os.path.isfile(path) for path in paths.values()):
        return PICTURE_SCHEMA.empty_table()
    rows = [
        {
            "dataset": str(labels.source[row]),
            "image": str(labels.image[row]),
            "split": str(labels.split[row]),
            **_fingerprint(path),
        }
        for row, path in paths.items()
    ]
    return pa.Table.from_pylist(rows, schema=PICTURE_SCHEMA)


def _fingerprint(path: str) -> dict[str, object]:
    image = read_image(path)
    return {"digest": pixel_digest(image), "thumbnail": thumbnail(image).tobytes()}


def find_repeats(
    paths: Sequence[str], max_difference: float, evaluated: Collection[str]
) -> pa.Table:
    """One row per picture that stands twice, over the pictures.parquet of all data sets.

    `evaluated` names the data sets that no training sees, whatever the split of their pictures.

    Memory grows by 1 KB per picture.
    """
    table = pa.concat_tables(
        [PICTURE_SCHEMA.empty_table(), *(read_parquet(path) for path in paths)]
    )
    columns = {c: np.array(table[c].to_pylist(), dtype=object) for c in PICTURE_SCHEMA.names[:4]}
    cells = np.frombuffer(b"".join(table["thumbnail"].to_pylist()), dtype=np.uint8)
    repeats = repeated_pictures(
        columns["dataset"], columns["digest"], cells.reshape(-1, SIDE * SIDE), max_difference
    )
    is_trained_on = (columns["split"] == "train") & ~np.isin(columns["dataset"], list(evaluated))
    rows = [
        {
            **{c: columns[c][r.picture] for c in ("dataset", "image", "split")},
            "kind": r.kind,
            "difference": r.difference,
            **{f"other_{c}": columns[c][r.earlier] for c in ("dataset", "image", "split")},
            "is_leak": bool(is_trained_on[r.picture] != is_trained_on[r.earlier]),
        }
        for r in repeats
    ]
    return pa.Table.from_pylist(rows, schema=REPEAT_SCHEMA)
