"""A network adapted to one video: taught by its own confident predictions, judged on other frames.

Prediction and training meet here (inference.adapt says which predictions teach and what the verdict
is; training.label_training teaches). What networks may see of the frames that they learn from, and
of those they are judged on, is cut out in one decoding for all members.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import SuperAnimalError
from superanimal_core.inference.adapt import (
    Verdict,
    adaptation_training,
    frame_name,
    held_out_block,
    judge_adaptation,
    labeled_frames,
    poses_in_block,
    select_pseudo_labels,
)
from superanimal_core.inference.predict import predict_batches
from superanimal_core.inference.regions import (
    Region,
    boxed_regions,
    cut_regions,
    labels_in_regions,
    region_around,
    visible_reach,
)
from superanimal_core.inference.seen import join_seen
from superanimal_core.media.frame_store import FrameStore
from superanimal_core.media.video import read_frames
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.context import ContextNetwork
from superanimal_core.pose.labels import Labels
from superanimal_core.pose.poses import Poses
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.training.history import History
from superanimal_core.training.label_training import fit_labels


@dataclass(frozen=True)
class Pictures:
    """Regions of frames by number, and their pixels by the frame's name."""

    regions: Mapping[int, Region]
    store: FrameStore


@dataclass(frozen=True)
class Adaptation:
    """A video with the boxes of its animals, and how networks learn from it and are judged.

    `select`, `judge`, `training` and `inference` are the named arguments of `select_pseudo_labels`,
    `judge_adaptation`, `adaptation_training` and `predict_batches`.
    """

    video: str
    size_px: tuple[int, int]
    boxes_xyxy_px: Float[ndarray, "frame individual 4"]
    held_out_fraction: float
    select: Mapping[str, Any]
    judge: Mapping[str, Any]
    training: Mapping[str, Any]
    augment: AugmentSettings
    inference: Mapping[str, Any]

    @cached_property
    def _block(self) -> slice:
        return held_out_block(len(self.boxes_xyxy_px), self.held_out_fraction)

    @property
    def training_settings(self) -> TrainingSettings:
        """How the networks are taught."""
        return adaptation_training(**self.training)

    def pseudo_labels(self, poses: Poses) -> Labels:
        """What a network teaches itself: its confident predictions, but for the held-out block."""
        chosen = {**self.select, "video": self.video, "held": self._block}
        return select_pseudo_labels(poses, self.boxes_xyxy_px, self.size_px, **chosen)

    def pictures(self, labels: Iterable[Labels], bundle: ModelBundle) -> Pictures:
        """What networks may see of the frames to learn from and to be judged on; one decoding."""
        wanted = {frame for each in labels for frame in labeled_frames(each)}
        wanted |= set(range(self._block.start, self._block.stop))
        reach = visible_reach(self.augment, self.inference["scales"])
        regions = {
            frame: region_around(self.boxes_xyxy_px[frame], bundle.crop, reach, self.size_px)
            for frame in wanted
        }
        cut = cut_regions(read_frames(self.video), regions)
        named = ((frame_name(self.video, frame), image) for frame, image in cut)
        return Pictures(regions, FrameStore(named))

    def adapt(
        self,
        bundle: ModelBundle,
        poses: Poses,
        labels: Labels,
        pictures: Pictures,
        *,
        seed: int,
        device: torch.device,
        tell: Callable[[int, str], None],
    ) -> tuple[Verdict, History]:
        """Teaches the bundle's network, in place, and judges it by what it saw before (`poses`).

        SuperAnimalError for one that looks at neighboring frames: labels here have none.
        """
        if isinstance(bundle.network, ContextNetwork):
            raise SuperAnimalError(
                "a network that looks at neighboring frames cannot be adapted to a video; write "
                "adaptation.enabled: false"
            )
        regions = [pictures.regions[frame] for frame in labeled_frames(labels)]
        history = fit_labels(
            bundle,
            labels_in_regions(labels, regions),
            pictures.store,
            self.training_settings,
            self.augment,
            seed=seed,
            device=device,
            tell=tell,
        )
        before = poses_in_block(poses, self._block)
        after = self._predict_block(bundle, before, pictures, device)
        return judge_adaptation(before, after, bundle.is_taught, **self.judge), history

    def _predict_block(
        self, bundle: ModelBundle, before: Poses, pictures: Pictures, device: torch.device
    ) -> Poses:
        """What an adapted network sees in the frames that it is judged on."""
        numbers = range(self._block.start, self._block.stop)
        regions = [pictures.regions[number] for number in numbers]
        images = (pictures.store(frame_name(self.video, number)) for number in numbers)
        frames = boxed_regions(images, self.boxes_xyxy_px[self._block], regions)
        seen = join_seen([*predict_batches([bundle], frames, device=device, **self.inference)])
        corners = np.array(regions)[:, None, None, :2]
        return replace(before, xy_px=seen.xy_px[0] + corners, score=seen.score[0])
