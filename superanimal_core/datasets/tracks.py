"""Dense tracks over one video -> `Labels` of its frames."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.datasets.folder import DatasetFolder, frame_name
from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState, concatenate_labels, string_array


def together(parts: Mapping[str, Labels], where: str) -> Labels:
    """The labels of several files, by what messages call each.

    DatasetError when two files are about the same frame (filtered and unfiltered poses, two
    networks, two versions of a project), which would make two animals of one, and when there is no
    animal at all.
    """
    file_of: dict[str, str] = {}
    for file, labels in parts.items():
        for image in dict.fromkeys(labels.image):
            other = file_of.setdefault(image, file)
            if other != file:
                raise DatasetError(
                    f"{other} and {file} are both about {image}; keep one of them, or name one "
                    "file in `path`"
                )
    if not file_of:
        raise DatasetError(f"{where}: not one animal in any frame")
    return concatenate_labels(list(parts.values()))


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
        source=string_array([dataset] * n),
        image=string_array([frame_name(video, frames[r]) for r in row.tolist()]),
        image_size_px=np.tile(np.array(size, dtype=np.int64), (n, 1)),
        individual=string_array([individuals[i] for i in individual.tolist()]),
        group=string_array([video] * n),
        split=string_array([""] * n),
        box_xyxy_px=np.full((n, 4), np.nan),
        xy_px=xy_px[row, individual],
        state=state[row, individual],
        score=score[row, individual],
    )
