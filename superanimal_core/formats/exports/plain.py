"""Poses as a plain long table, and in the nine columns of ensemble-kalman-smoother."""

from pathlib import Path

import numpy as np
import pandas as pd

from superanimal_core.formats.exports.exported import ExportedPoses
from superanimal_core.formats.smoothed_csv import write_reference_csv
from superanimal_core.tables.atomic import replacing


def write_plain(exported: ExportedPoses, folder: Path) -> None:
    """`<video>.csv`: a row for each keypoint of each animal in each frame, in our own pixels.

    The center of the top-left pixel is (0.5, 0.5); unknown is an empty cell.
    """
    poses, shape = exported.poses, exported.poses.score.shape
    frame, individual, keypoint = (index.ravel() for index in np.indices(shape))
    table = pd.DataFrame(
        {
            "frame": frame,
            "time_s": poses.time_s[frame],
            "individual": np.array(poses.individuals, dtype=object)[individual],
            "keypoint": np.array(poses.space.keypoints, dtype=object)[keypoint],
            "x_px": exported.xy_px[..., 0].ravel(),
            "y_px": exported.xy_px[..., 1].ravel(),
            "score": exported.score.ravel(),
            "expected_error_px": exported.expected.expected_error_px.ravel(),
        }
    )
    with replacing(folder / f"{exported.video}.csv") as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g")


def write_eks(exported: ExportedPoses, folder: Path) -> None:
    """`<video>.csv`, with the ensemble's and the posterior variances."""
    path = folder / f"{exported.video}.csv"
    write_reference_csv(exported.smoothed, path, single_network_variance_px2=exported.noise_px2)
