"""lessons.parquet: labels of an ensemble, as label tables are, with the `weight` of each position.

Beside it, per animal (each value stands in all rows of it), how `informative` it is.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.pose.labels import Labels
from superanimal_core.tables.label_tables import labels_from_table, labels_to_table
from superanimal_core.tables.parquet import read_parquet, write_parquet
from superanimal_core.tables.spaces import read_space


def write_lessons(
    lessons: Labels,
    informative: Float[ndarray, "animal"],
    path: str | Path,
    record: Mapping[str, object],
) -> None:
    """Write labels with weights."""
    weight = np.ones(lessons.state.shape) if lessons.weight is None else lessons.weight
    table = labels_to_table(lessons).append_column("weight", pa.array(weight.ravel()))
    repeated = pa.array(np.repeat(informative, len(lessons.space)))
    table = table.append_column("informative", repeated)
    write_parquet(table, path, {**record, "space": asdict(lessons.space)})


def read_lessons(path: str | Path) -> tuple[Labels, Float[ndarray, "animal"]]:
    """Read what `write_lessons` wrote: labels with weights, and how informative each animal is.

    VideoError when it stands for a failed video.
    """
    table, space = read_parquet(path, ("weight", "informative")), read_space(path)
    shape = len(table) // len(space), len(space)
    labels = labels_from_table(table, space)
    weight, informative = (
        table[name].to_numpy().reshape(shape) for name in ("weight", "informative")
    )
    return replace(labels, weight=weight), informative[:, 0]
