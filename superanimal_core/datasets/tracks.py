"""Dense tracks over one video -> `Labels` of its frames."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.datasets.deeplabcut import texts
from superanimal_core.datasets.folder import DatasetFolder, frame_name
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState

VIDEO_SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".m4v", ".mpg", ".mpeg", ".webm")


def labels_from_tracks(
    space: KeypointSpace,
    dataset: str,
    folder: DatasetFolder,
    video: str,
    frames: Sequence[int],
    individuals: Sequence[str],
    xy_px: Float[ndarray, "row individual keypoint 2"],
    state: Int[ndarray, "row individual keypoint"],
    score: Float[ndarray, "row individual keypoint"],
) -> Labels:
    """One animal per row and individual that has a position; row r is frame `frames[r]`.

    `group` is the video. NaN in `xy_px` exactly where `state` < OCCLUDED.
    """
    row, individual = np.nonzero((state >= LabelState.OCCLUDED).any(axis=2))
    n = len(row)
    size = folder.image_size_px(frame_name(video, 0))
    return Labels(
        space=space,
        source=texts([dataset] * n),
        image=texts([frame_name(video, frames[r]) for r in row.tolist()]),
        image_size_px=np.tile(np.array(size, dtype=np.int64), (n, 1)),
        individual=texts([individuals[i] for i in individual.tolist()]),
        group=texts([video] * n),
        split=texts([""] * n),
        box_xyxy_px=np.full((n, 4), np.nan),
        xy_px=xy_px[row, individual],
        state=state[row, individual],
        score=score[row, individual],
    )
