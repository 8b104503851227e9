"""An ensemble looks at a few frames of a video: boxes, and what each network sees in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import VideoError
from superanimal_core.inference.detect import STAGE, whole_frames
from superanimal_core.inference.detect_where_needed import detected_boxes
from superanimal_core.inference.predict import predict_video
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.crops import Image
from superanimal_core.network.detector import DetectorBundle
from superanimal_core.pose.poses import Poses


@dataclass(frozen=True)
class Watching:
    """How an ensemble looks at frames: its networks, what finds animals, and how they are run.

    Without a `detector` each frame is the box of one animal. `detection` are the settings of
    `detected_boxes` beside, `inference` those of `predict_video`.
    """

    bundles: Sequence[ModelBundle]
    detector: DetectorBundle | None
    detection: Mapping[str, Any]
    inference: Mapping[str, Any]

    def find(
        self, images: Sequence[Image], time_s: Float[ndarray, "frame"]
    ) -> Float[ndarray, "frame individual 4"]:
        """The boxes of the animals (px; NaN: none). VideoError where there is none at all."""
        if self.detector is None:
            height, width = images[0].shape[:2]
            return whole_frames(len(images), width, height).boxes_xyxy_px
        how = {key: self.inference[key] for key in ("device", "precision")}
        source = detected_boxes(self.detector, time_s, **how, **self.detection)
        return np.stack([frame.boxes_xyxy_px for frame in source.boxed(images, 0)])

    def see(
        self,
        images: Sequence[Image],
        boxes_xyxy_px: Float[ndarray, "frame individual 4"],
        time_s: Float[ndarray, "frame"],
    ) -> list[Poses]:
        """What each network sees in the boxes."""
        return predict_video(self.bundles, images, boxes_xyxy_px, time_s, **self.inference)


def no_animal(stretches: int) -> VideoError:
    """What is wrong with a video in which no stretch shows an animal."""
    return VideoError(STAGE, f"no animal was found in any of {stretches} stretches")
