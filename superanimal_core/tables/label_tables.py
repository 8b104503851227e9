"""`Labels` as a long Arrow table and back: one row per animal x keypoint (labels.parquet)."""

import numpy as np
import pyarrow as pa
from numpy import ndarray

from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState

_TEXT = pa.dictionary(pa.int32(), pa.string())
LABEL_SCHEMA = pa.schema(
    [
        ("dataset", _TEXT),
        ("image", _TEXT),
        ("width_px", pa.int32()),
        ("height_px", pa.int32()),
        ("animal", pa.int32()),  # row of `Labels`: which keypoints belong together
        ("individual", _TEXT),
        ("group", _TEXT),  # what a split must not tear apart
        ("x0_px", pa.float64()),
        ("y0_px", pa.float64()),
        ("x1_px", pa.float64()),
        ("y1_px", pa.float64()),
        ("keypoint", _TEXT),
        ("x_px", pa.float64()),
        ("y_px", pa.float64()),
        ("state", pa.int8()),
        ("score", pa.float64()),
        ("split", _TEXT),
    ]
)
_BOX = ("x0_px", "y0_px", "x1_px", "y1_px")
_NAMES = {"source": "dataset", "image": "image", "individual": "individual", "group": "group"}


def labels_to_table(labels: Labels) -> pa.Table:
    """The long table of `LABEL_SCHEMA`, sorted by animal and keypoint; NaN = no position."""
    n, k = len(labels), len(labels.space)
    columns = {column: _repeated(getattr(labels, f), k) for f, column in _NAMES.items()}
    columns["split"] = _repeated(labels.split, k)
    columns["animal"] = np.repeat(np.arange(n), k)
    columns["width_px"], columns["height_px"] = np.repeat(labels.image_size_px, k, axis=0).T
    columns |= dict(zip(_BOX, np.repeat(labels.box_xyxy_px, k, axis=0).T, strict=True))
    columns["keypoint"] = pa.DictionaryArray.from_arrays(
        pa.array(np.tile(np.arange(k, dtype=np.int32), n)),
        pa.array(labels.space.keypoints, pa.string()),
    )
    columns["x_px"], columns["y_px"] = labels.xy_px.reshape(n * k, 2).T
    columns["state"], columns["score"] = labels.state.reshape(-1), labels.score.reshape(-1)
    arrays = [
        values if isinstance(values := columns[f.name], pa.Array) else _numbers(values, f.type)
        for f in LABEL_SCHEMA
    ]
    return pa.Table.from_arrays(arrays, schema=LABEL_SCHEMA)


def labels_from_table(table: pa.Table, space: KeypointSpace) -> Labels:
    """The labels in a long table, whatever the order of its rows.

    DatasetError when a column is missing, a keypoint is not in `space`, or an animal does not have
    every keypoint once.
    """
    missing = [name for name in LABEL_SCHEMA.names if name not in table.column_names]
    if missing:
        raise DatasetError(f"label table: no column {', '.join(missing)}")
    k = len(space)
    animal = table["animal"].to_numpy()
    keypoint = _keypoint_indices(table["keypoint"], space)
    if len(animal) % max(k, 1) or (len(animal) and not k):
        raise DatasetError(f"label table: {len(animal)} rows do not fit {k} keypoints per animal")
    order = np.lexsort((keypoint, animal))
    n = len(animal) // max(k, 1)
    if not np.array_equal(keypoint[order], np.tile(np.arange(k), n)):
        raise DatasetError("label table: an animal does not have every keypoint exactly once")
    by_animal = animal[order].reshape(n, k)
    if (by_animal != by_animal[:, :1]).any() or len(np.unique(by_animal[:, :1])) != n:
        raise DatasetError("label table: the column 'animal' does not number the animals")
    first = order[::k] if k else order

    def numbers(*names: str) -> ndarray:
        return np.stack([table[name].to_numpy() for name in names], axis=1)

    def names(column: str) -> ndarray:
        return np.array(table[column].take(pa.array(first)).to_pylist(), dtype=object).reshape(n)

    return Labels(
        space=space,
        **{field: names(column) for field, column in _NAMES.items()},
        split=names("split"),
        image_size_px=numbers("width_px", "height_px")[first].astype(np.int64),
        box_xyxy_px=numbers(*_BOX)[first],
        xy_px=numbers("x_px", "y_px")[order].reshape(n, k, 2),
        state=_states(table["state"].to_numpy()[order].reshape(n, k)),
        score=table["score"].to_numpy()[order].reshape(n, k),
    )


def _repeated(names: ndarray, times: int) -> pa.DictionaryArray:
    """Each name `times` times in a row, stored once."""
    encoded = pa.array([str(name) for name in names], pa.string()).dictionary_encode()
    indices = np.repeat(encoded.indices.to_numpy(), times).astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(indices), encoded.dictionary)


def _numbers(values: ndarray, kind: pa.DataType) -> pa.Array:
    return pa.array(np.ascontiguousarray(values), from_pandas=False).cast(kind)


def _keypoint_indices(column: pa.ChunkedArray, space: KeypointSpace) -> ndarray:
    """Position in `space` of every row's keypoint. DatasetError for an unknown one."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    parts = [np.empty(0, dtype=np.int64)]
    for chunk in column.unify_dictionaries().chunks:
        place = np.array([space.index(k) for k in chunk.dictionary.to_pylist()], dtype=np.int64)
        parts.append(place[chunk.indices.to_numpy()] if len(chunk) else parts[0])
    return np.concatenate(parts)


def _states(written: ndarray) -> ndarray:
    if written.size and not np.isin(written, [int(s) for s in LabelState]).all():
        raise DatasetError("label table: a state is none of LabelState")
    return written.astype(np.int64)
