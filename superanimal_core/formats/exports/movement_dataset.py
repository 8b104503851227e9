"""Poses as the netCDF file of `movement`: positions and confidence over time.

netCDF 4 is HDF5 whose axes are arrays with a name ("dimension scales"), so that h5py writes it.
Dimensions are called as movement 0.17 and later do (`keypoint`, `individual`); up to 0.16 they were
plural. Times are seconds, positions have pixel centers at whole numbers as movement's other files.
"""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from superanimal_core.formats.exports.exported import ExportedPoses
from superanimal_core.tables.atomic import replacing

DIMENSIONS = ("time", "space", "keypoint", "individual")
OF = {
    "position": DIMENSIONS,
    "confidence": ("time", "keypoint", "individual"),
    "position_var": DIMENSIONS,
}


def write_movement(exported: ExportedPoses, folder: Path) -> None:
    """`<video>.nc`; beside movement's own variables the smoother's variance (px²)."""
    poses = exported.poses
    scales: dict[str, Any] = {
        "time": poses.time_s.astype(np.float64),
        "space": ["x", "y"],
        "keypoint": list(poses.space.keypoints),
        "individual": list(poses.individuals),
    }
    variables = {
        "position": exported.centered_px.transpose(0, 3, 2, 1),
        "confidence": exported.score.transpose(0, 2, 1),
        "position_var": exported.smoothed.variance_px2.transpose(0, 3, 2, 1),
    }
    about = {
        "ds_type": "poses",
        "source_software": "superanimal",
        "source_file": exported.file,
        "time_unit": "seconds",
        "fps": float(poses.fps),
    }
    with (
        replacing(folder / f"{exported.video}.nc") as temporary,
        h5py.File(temporary, "w", track_order=True) as file,
    ):
        for name, values in scales.items():
            kind = h5py.string_dtype() if isinstance(values, list) else None
            file.create_dataset(name, data=values, dtype=kind).make_scale(name)
        for name, values in variables.items():
            array = file.create_dataset(name, data=values.astype(np.float64), compression="gzip")
            for axis, dimension in enumerate(OF[name]):
                array.dims[axis].attach_scale(file[dimension])
        file.attrs.update(about)
