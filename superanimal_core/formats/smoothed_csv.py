"""Smoothed poses as the csv that ensemble-kalman-smoother writes, so that either can be read.

Nine columns per keypoint under DeepLabCut's header rows: x, y, likelihood, x_ens_median,
y_ens_median, x_ens_var, y_ens_var, x_posterior_var, y_posterior_var. As there, `ens_var` is the
ensemble's variance over the mean likelihood, the noise that the smoother is told; for one network
its assumed variance over the likelihood. Positions count pixel centers from 0, so 0.5 is
subtracted. Unknown numbers are empty cells; numbers have the seven digits of float32.

Unlike there, `posterior_var` never contains the ensemble's variance, and `ens_var` of several views
is not inflated.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.formats.prediction_files import PIXEL_CENTER
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.smoothing.eks import confidence_weighted_variance_px2
from superanimal_core.smoothing.ensemble import EnsembleMoments
from superanimal_core.tables.atomic import replacing

COLUMNS = ("x", "y", "likelihood", "x_ens_median", "y_ens_median", "x_ens_var", "y_ens_var",
           "x_posterior_var", "y_posterior_var")  # fmt: skip
SCORER = "ensemble-kalman_tracker"  # as ensemble-kalman-smoother names itself
ROWS = 100_000  # written at a time


def write_reference_csv(
    smoothed: SmoothedPoses, path: Path, *, single_network_variance_px2: float
) -> None:
    """Write the nine columns; several individuals get the header row `individuals`.

    `single_network_variance_px2` is the noise of one network at score 1, as it was smoothed with.
    """
    poses = smoothed.poses
    keypoints = [(i, k) for i in poses.individuals for k in poses.space.keypoints]
    columns = [(SCORER, i, k, c) for i, k in keypoints for c in COLUMNS]
    levels = ("scorer", "individuals", "bodyparts", "coords")
    header = [
        [name, *parts] for name, parts in zip(levels, zip(*columns, strict=True), strict=True)
    ]
    if poses.individuals == ("animal0",):
        del header[1]
    names = [str(number) for number in range(len(columns) + 1)]
    options = pc.WriteOptions(include_header=False)
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.writelines(",".join(map(_quoted, row)).encode() + b"\n" for row in header)
        for start in range(0, len(poses), ROWS):
            rows = slice(start, start + ROWS)
            values = reference_columns(smoothed, rows, single_network_variance_px2)
            frame = pa.py_buffer(np.arange(start, start + len(values)))
            frames = pa.Array.from_buffers(pa.int64(), len(values), [None, frame])
            arrays = [_with_empty_cells(column) for column in values.T]
            pc.write_csv(pa.Table.from_arrays([frames, *arrays], names=names), file, options)


def reference_columns(
    smoothed: SmoothedPoses, rows: slice, single_network_variance_px2: float
) -> Float[ndarray, "row column"]:
    """The nine columns of every individual and keypoint, for some frames; NaN = unknown."""
    moments = EnsembleMoments(
        smoothed.raw_xy_px[rows], smoothed.ensemble_variance_px2[rows], smoothed.poses.score[rows],
        smoothed.members[rows],
    )  # fmt: skip
    noise = confidence_weighted_variance_px2(moments, single_network_variance_px2)
    parts = [
        smoothed.poses.xy_px[rows] - PIXEL_CENTER,
        smoothed.poses.score[rows][..., None],
        smoothed.raw_xy_px[rows] - PIXEL_CENTER,
        np.where(np.isfinite(noise), noise, np.nan),
        smoothed.variance_px2[rows],
    ]
    together = np.concatenate(parts, axis=-1, dtype=np.float32)
    return together.reshape(len(together), -1)


def _quoted(cell: str) -> str:
    """A cell of a csv, in quotes where it must be."""
    return f'"{cell.replace(chr(34), 2 * chr(34))}"' if set(cell) & set(',"\n\r') else cell


def _with_empty_cells(column: Float[ndarray, "row"]) -> pa.Array:
    """The numbers, null where NaN. Not by `pa.array`, which imports pandas: half a second."""
    known = np.packbits(np.isfinite(column), bitorder="little")
    buffers = [pa.py_buffer(known), pa.py_buffer(np.ascontiguousarray(column))]
    return pa.Array.from_buffers(pa.float32(), len(column), buffers)
