"""held_out.parquet: what every member of an ensemble sees on labels that no training has seen.

In the boxes that videos get, so that what is calibrated is what is used.

One row per member, labeled animal and keypoint; `label_x_px`, `label_y_px` are NaN where the
keypoint has no position. From it the uncertainty is calibrated without asking the networks again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Shaped
from numpy import ndarray

from superanimal_core.pose.labels import (
    Labels,
    concatenate_labels,
    fill_boxes,
    held_out_labels,
)
from superanimal_core.pose.poses import Poses
from superanimal_core.tables.label_files import read_labels
from superanimal_core.tables.parquet import read_parquet, read_record, write_parquet
from superanimal_core.tables.schemas import dictionary_array
from superanimal_core.tables.spaces import read_space


@dataclass(frozen=True)
class HeldOut:
    """Predictions of labeled animals: one frame in which every animal is an individual.

    `group` is what the split keeps together (the video or the animal).
    """

    members: list[Poses]
    label_xy_px: Float[ndarray, "animal keypoint 2"]
    group: Shaped[ndarray, "animal"]


def read_unseen_labels(
    trained: Sequence[str | Path], evaluated: Sequence[str | Path], box_margin: float
) -> Labels:
    """Labels with boxes that no network of the study has seen.

    Of data sets that are `trained` on, those that were held out; those that are only `evaluated`
    are unseen as a whole, whatever their own split is, and count as `test`.
    """
    whole = [read_labels(path) for path in evaluated]
    whole = [replace(labels, split=np.full(len(labels), "test")) for labels in whole]
    every = concatenate_labels([*(read_labels(path) for path in trained), *whole])
    return held_out_labels(fill_boxes(every, box_margin))


def write_held_out(
    xy_px: Float[ndarray, "member animal keypoint 2"],
    score: Float[ndarray, "member animal keypoint"],
    labels: Labels,
    path: str | Path,
    record: Mapping[str, object],
) -> None:
    """Write predictions beside the labels that they are of."""
    members, animals, keypoints = score.shape

    def of_animal(values: ndarray) -> pa.Array:
        return dictionary_array([str(v) for v in np.tile(np.repeat(values, keypoints), members)])

    labeled = np.broadcast_to(labels.xy_px, xy_px.shape)
    positions = {
        "x_px": xy_px[..., 0],
        "y_px": xy_px[..., 1],
        "score": score,
        "label_x_px": labeled[..., 0],
        "label_y_px": labeled[..., 1],
    }
    table = pa.table(
        {
            "member": np.repeat(np.arange(members, dtype=np.int16), animals * keypoints),
            "animal": np.tile(np.repeat(np.arange(animals, dtype=np.int32), keypoints), members),
            **{name: of_animal(getattr(labels, name)) for name in ("image", "group")},
            "dataset": of_animal(labels.source),
            "keypoint": dictionary_array([*labels.space.keypoints] * (members * animals)),
            **{name: values.astype(np.float32).ravel() for name, values in positions.items()},
        }
    )
    shape = {"members": members, "animals": animals}
    write_parquet(table, path, {**record, **shape, "space": asdict(labels.space)})


def read_held_out(path: str | Path) -> HeldOut:
    """Read what `write_held_out` wrote."""
    table, record, space = read_parquet(path), read_record(path), read_space(path)
    shape = record["members"], record["animals"], len(space)

    def dense(x: str, y: str) -> Float[ndarray, "member animal keypoint 2"]:
        columns = [table[name].to_numpy().astype(np.float64).reshape(shape) for name in (x, y)]
        return np.stack(columns, axis=-1)

    score = table["score"].to_numpy().astype(np.float64).reshape(shape)
    names = tuple(str(animal) for animal in range(shape[1]))
    members = [
        Poses(space, names, np.zeros(1), xy[None], s[None])
        for xy, s in zip(dense("x_px", "y_px"), score, strict=True)
    ]
    first = slice(0, shape[1] * shape[2], shape[2])
    group = np.array(table["group"][first].to_pylist() if len(table) else [])
    return HeldOut(members, dense("label_x_px", "label_y_px")[0], group)
