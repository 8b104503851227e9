"""Where published networks agree on a real video: as near to its truth as there is."""

from pathlib import Path

import numpy as np
from numpy import ndarray

from superanimal_core.formats.prediction_files import read_predictions
from superanimal_core.pose.members import middle_poses
from superanimal_core.pose.poses import Poses

AGREED_PX = 5.0  # each of them is so near to their center


def open_field_poses(shared: Path) -> tuple[Poses, ndarray]:
    """The center of three networks on DeepLabCut's open field, and the same where they agree.

    The latter has the shape frame, individual, keypoint, 2; NaN where they do not agree.
    """
    tables = sorted((shared / "openfield_ensemble").glob("net*.h5"))
    members = [read_predictions(table, fps=30.0) for table in tables]
    middle = middle_poses(members)
    apart = np.stack([np.linalg.norm(poses.xy_px - middle.xy_px, axis=-1) for poses in members])
    is_agreed = (apart <= AGREED_PX).all(axis=0)
    return middle, np.where(is_agreed[..., None], middle.xy_px, np.nan)
