"""What is kept along a video for networks that look at neighboring frames.

Each frame passes the backbone once. Its features wait until those of the frames behind it are
there, and are kept as long as frames in front of them need them. A frame in which an animal has no
box is replaced by the next one towards the middle of the window, as beyond the ends of a video.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy import ndarray

from superanimal_core.inference.passes import Features
from superanimal_core.network.context import REACH, window_of

FEATURES, RECENT_SCORES = "features", "recent_scores"  # names of what is carried
FrameFeatures = Mapping[tuple[int, int], Features]  # of a network and an individual


def window_around(
    frames: Sequence[FrameFeatures], place: int, key: tuple[int, int]
) -> list[Features]:
    """The features of an animal in the window of frames around a place where it is."""

    def beside(by: int) -> Features | None:
        is_inside = 0 <= place + by < len(frames)
        return frames[place + by].get(key) if is_inside else None

    return window_of(frames[place][key], beside)


@dataclass
class Carried:
    """What a prediction knows behind some frames of a video, and needs to go on there.

    `features` are those of the last frames, for networks that look at neighboring ones;
    `recent_scores` those of the last poses in detected boxes (predict.Redetection).
    """

    features: list[FrameFeatures] = field(default_factory=list)
    recent_scores: Sequence[float] = ()

    def saved(self) -> dict[str, ndarray]:
        """All of it as named arrays, the same to the last bit."""
        arrays = {
            f"{FEATURES}-{ago}-{member}-{individual}": features.float().cpu().numpy()
            for ago, frame in enumerate(reversed(self.features), start=1)
            for (member, individual), features in frame.items()
        }
        return {RECENT_SCORES: np.array(self.recent_scores), **arrays}


def carried_from(saved: Mapping[str, ndarray], device: torch.device) -> Carried:
    """What `Carried.saved` made arrays of, among others; nothing without them."""
    frames: list[dict[tuple[int, int], Features]] = [{} for _ in range(REACH)]
    for name, array in saved.items():
        if name.startswith(FEATURES):
            ago, member, individual = map(int, name.split("-")[1:])
            frames[-ago][member, individual] = torch.from_numpy(array).to(device)
    return Carried([*frames], saved.get(RECENT_SCORES, np.empty(0)).tolist())
