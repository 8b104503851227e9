"""What networks saw in some frames of a video."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray


@dataclass(frozen=True)
class SeenFrames:
    """What all networks saw in some frames in a row, and in which boxes (px; NaN: no animal)."""

    xy_px: Float[ndarray, "member frame individual keypoint 2"]
    score: Float[ndarray, "member frame individual keypoint"]
    boxes_xyxy_px: Float[ndarray, "frame individual 4"]
    is_found_again: Bool[ndarray, "frame individual"]
    is_looked_again: Bool[ndarray, "frame"]  # by the detector, whether it found any or not

    def __len__(self) -> int:
        return len(self.boxes_xyxy_px)


def join_seen(parts: Sequence[SeenFrames]) -> SeenFrames:
    """Frames that follow each other, as one."""
    return SeenFrames(
        np.concatenate([part.xy_px for part in parts], axis=1),
        np.concatenate([part.score for part in parts], axis=1),
        np.concatenate([part.boxes_xyxy_px for part in parts]),
        np.concatenate([part.is_found_again for part in parts]),
        np.concatenate([part.is_looked_again for part in parts]),
    )


def nothing_seen(
    members: int, keypoints: int, boxes_xyxy_px: Float[ndarray, "frame individual 4"]
) -> SeenFrames:
    """Frames with boxes in which no network has looked yet."""
    shape = (members, *boxes_xyxy_px.shape[:2], keypoints)
    is_found_again = np.zeros(boxes_xyxy_px.shape[:2], bool)
    return SeenFrames(
        np.full((*shape, 2), np.nan),
        np.zeros(shape),
        boxes_xyxy_px,
        is_found_again,
        np.zeros(len(boxes_xyxy_px), bool),
    )
