"""How the animals of a video look to a network; each frame is decoded when it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.inference.appearances import appearances
from superanimal_core.inference.teaching_frames import Looks
from superanimal_core.media.video import read_frames
from superanimal_core.models.bundles import read_bundle
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.crops import Crop
from superanimal_core.network.devices import use_device


def looks_of_member(
    member: str,
    video: str,
    boxes_xyxy_px: Float[ndarray, "frame individual 4"],
    inference: Mapping[str, Any],
    threads: int,
) -> Looks:
    """How a video looks to the network of a model folder; `inference` as for `predict_batches`.

    The network is read when a choice of frames first asks for looks, which most do not.
    """

    @cache
    def seen() -> VideoLooks:
        how = {key: inference[key] for key in ("batch", "precision")}
        how["device"] = use_device(threads, seed=0)
        return VideoLooks(read_bundle(member), video, boxes_xyxy_px, how)

    return lambda frame, individual: seen()(frame, individual)


@dataclass
class VideoLooks:
    """A video with the boxes of its animals, as a network sees it.

    `settings` are the named arguments of `appearances`. What was asked for before is known.
    """

    bundle: ModelBundle
    video: str
    boxes_xyxy_px: Float[ndarray, "frame individual 4"]
    settings: Mapping[str, Any]
    known: dict[tuple[int, int], Float[ndarray, "feature"]] = field(default_factory=dict)

    def __call__(
        self, frame: Int[ndarray, "row"], individual: Int[ndarray, "row"]
    ) -> Float[ndarray, "row feature"]:
        """Features of animals with a box, by frame and individual as pairs."""
        asked = list(zip(frame.tolist(), individual.tolist(), strict=True))
        if new := sorted({*asked} - {*self.known}):
            found = appearances(self.bundle, self._crops(new), **self.settings)
            self.known.update(zip(new, found, strict=True))
        return np.array([self.known[place] for place in asked])

    def _crops(self, places: list[tuple[int, int]]) -> list[Crop]:
        """The crops around animals in the order of their frames, in one decoding."""
        crops, wanted = [], iter(places)
        frame, individual = next(wanted)
        for number, image in enumerate(read_frames(self.video, stop=places[-1][0] + 1)):
            while number == frame:
                crops.append(self.bundle.crop.cut(image, self.boxes_xyxy_px[frame, individual]))
                frame, individual = next(wanted, (-1, -1))
        return crops
