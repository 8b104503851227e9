"""held_out.parquet: what every member of an ensemble sees on labels that no training has seen.

In the boxes that videos get, so that what is calibrated is what is used.

One row per member, labeled animal and keypoint; `label_x_px`, `label_y_px` are NaN where the
keypoint has no position, and `is_asked` says whether the data set knows the keypoint. Animals stand
once as their picture is, and again for each way in which it was disturbed (`disturbance`). From it
the uncertainty is calibrated without asking the networks again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int, Shaped
from numpy import ndarray

from superanimal_core.pose.labels import (
    Labels,
    LabelState,
    concatenate_labels,
    fill_boxes,
    held_out_labels,
)
from superanimal_core.pose.poses import Poses
from superanimal_core.smoothing.labeled_errors import LabeledAnimals
from superanimal_core.tables.label_files import read_labels
from superanimal_core.tables.parquet import read_parquet, read_record, write_parquet
from superanimal_core.tables.schemas import dictionary_array
from superanimal_core.tables.spaces import read_space

Found = tuple[Float[ndarray, "member animal keypoint 2"], Float[ndarray, "member animal keypoint"]]

Disturbed = tuple[
    Float[ndarray, "member shown keypoint 2"],
    Float[ndarray, "member shown keypoint"],
    Int[ndarray, "shown"],
    Shaped[ndarray, "shown"],
]

COLUMNS = (
    *("member", "animal", "image", "group", "dataset", "disturbance", "keypoint"),
    *("x_px", "y_px", "score", "label_x_px", "label_y_px", "is_asked"),
)


@dataclass(frozen=True)
class HeldOut:
    """Predictions of labeled animals: one frame in which every animal is an individual."""

    members: list[Poses]
    animals: LabeledAnimals


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
    found: Found,
    disturbed: Disturbed,
    labels: Labels,
    path: str | Path,
    record: Mapping[str, object],
) -> None:
    """Write predictions (positions, scores) beside the labels that they are of.

    `disturbed` are those in pictures that were disturbed, with the animal that is shown, and how.
    """
    xy_px, score = (np.concatenate([f, d], axis=1) for f, d in zip(found, disturbed, strict=False))
    disturbance = np.concatenate([np.full(len(labels), "", dtype=object), disturbed[3]])
    labels = labels.select(np.concatenate([np.arange(len(labels)), disturbed[2]]))
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
            "disturbance": of_animal(disturbance),
            "keypoint": dictionary_array([*labels.space.keypoints] * (members * animals)),
            **{name: values.astype(np.float32).ravel() for name, values in positions.items()},
        }
    )
    is_asked = labels.state > LabelState.NOT_IN_DATASET
    table = table.append_column("is_asked", pa.array(np.tile(is_asked.ravel(), members)))
    shape = {"members": members, "animals": animals}
    write_parquet(table, path, {**record, **shape, "space": asdict(labels.space)})


def read_held_out(path: str | Path) -> HeldOut:
    """Read what `write_held_out` wrote; groups are named after their data set and themselves."""
    table, record, space = read_parquet(path, COLUMNS), read_record(path), read_space(path)
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

    def of_animal(name: str) -> Shaped[ndarray, "animal"]:
        return np.array(table[name][first].to_pylist() if len(table) else [], dtype=object)

    named = zip(of_animal("dataset"), of_animal("group"), strict=True)
    asked = table["is_asked"].to_numpy(zero_copy_only=False).reshape(shape)
    animals = LabeledAnimals(
        label_xy_px=dense("label_x_px", "label_y_px")[0],
        is_asked=asked[0],
        group=np.array([f"{dataset}/{group}" for dataset, group in named], dtype=object),
        dataset=of_animal("dataset"),
        image=of_animal("image"),
        is_disturbed=of_animal("disturbance") != "",
    )
    return HeldOut(members, animals)
