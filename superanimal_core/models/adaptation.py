"""A network adapted to one video: taught by a lesson about it, judged on other frames.

Prediction and training meet here (inference.adapt says which predictions teach, inference.verdicts
what the verdict is; training.label_training teaches). What networks may see of the frames that they
learn from, and of those they are judged on, is cut out in one decoding for all members.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from superanimal_core.inference.adapt import (
    frame_name,
    held_out_frames,
    labeled_frames,
    select_pseudo_labels,
)
from superanimal_core.inference.adaptation_training import training_on
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
from superanimal_core.inference.teachers import Lesson
from superanimal_core.inference.teaching_frames import Looks
from superanimal_core.inference.verdicts import Verdict, judge_adaptation
from superanimal_core.inference.witnesses import Witness, crops_beside
from superanimal_core.media.frame_store import FrameStore
from superanimal_core.media.video import read_frames
from superanimal_core.models.adaptable import refuse_context
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.crops import Image
from superanimal_core.pose.labels import Labels
from superanimal_core.pose.poses import Poses
from superanimal_core.report.moved_frames import draw_moved, most_moved
from superanimal_core.settings import AugmentSettings
from superanimal_core.training.history import History
from superanimal_core.training.label_training import fit_labels
from superanimal_core.training.time_limit import time_limit

# a network before -> the same after it was taught, and how that went
Taught = Callable[[ModelBundle], tuple[ModelBundle, History]]


@dataclass(frozen=True)
class Pictures:
    """Regions of frames by number, and their pixels by the frame's name."""

    regions: Mapping[int, Region]
    store: FrameStore


@dataclass(frozen=True)
class Adaptation:
    """A video with the boxes of its animals, and how networks learn from it and are judged.

    `select`, `judge`, `training` and `inference` are the named arguments of `select_pseudo_labels`,
    `judge_adaptation`, `adaptation_training` and `predict_batches`. A network learns for
    `max_minutes` at most, if they are given.
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
    max_minutes: float | None = None

    @cached_property
    def held(self) -> Int[ndarray, "held"]:
        """The frames that networks are judged on, and do not learn from."""
        return held_out_frames(len(self.boxes_xyxy_px), self.held_out_fraction)

    def pseudo_labels(self, lesson: Lesson, own: Poses, looks: Looks) -> Labels:
        """What a network that sees `own` is taught: some of a lesson, but for held-out frames."""
        chosen = {**self.select, "video": self.video, "held": self.held, "looks": looks}
        return select_pseudo_labels(lesson, own, self.boxes_xyxy_px, self.size_px, **chosen)

    def pictures(self, labels: Iterable[Labels], bundle: ModelBundle) -> Pictures:
        """What networks may see of the frames to learn from and to be judged on; one decoding."""
        wanted = {frame for each in labels for frame in labeled_frames(each)}
        wanted |= set(self.held.tolist())
        beside = dict(zip(self.held, crops_beside(self.boxes_xyxy_px[self.held])[0], strict=True))
        nothing, reach = np.empty((0, 4)), visible_reach(self.augment, self.inference["scales"])
        regions = {
            frame: region_around(
                np.concatenate([self.boxes_xyxy_px[frame], beside.get(frame, nothing)]),
                bundle.crop,
                reach,
                self.size_px,
            )
            for frame in wanted
        }
        cut = cut_regions(read_frames(self.video), regions)
        named = ((frame_name(self.video, frame), image) for frame, image in cut)
        return Pictures(regions, FrameStore(named))

    def adapt(
        self,
        bundle: ModelBundle,
        members: Sequence[Poses],
        number: int,
        is_strange: Bool[ndarray, "frame individual"],
        taught: Taught,
        pictures: Pictures,
        *,
        device: torch.device,
    ) -> tuple[Verdict, ModelBundle, History, Image | None]:
        """The bundle's network, `taught`, and the verdict on it by what was seen before.

        With them comes a picture of the held-out frames that moved most, if any did.

        `members` are what all networks saw, of which this is the one with this `number`;
        `is_strange` says where an animal is unlike all labels.
        SuperAnimalError for one that looks at neighboring frames.
        """
        refuse_context(bundle)
        before = [poses.at(self.held) for poses in members]
        own, boxes = before.pop(number), self.boxes_xyxy_px[self.held]
        beside, shift_px = crops_beside(boxes)
        look = (pictures, device)
        beside_before = self._predict(bundle, own, beside, *look)
        adapted, history = taught(bundle)
        after = self._predict(adapted, own, boxes, *look)
        beside_after = self._predict(adapted, own, beside, *look)
        witness = Witness(
            before, is_strange[self.held], shift_px, beside_before.xy_px, beside_after.xy_px
        )
        verdict = judge_adaptation(
            own, after, adapted.is_taught, frame=self.held, witness=witness, **self.judge
        )
        verdict = replace(verdict, steps=history.steps, ended_by=history.ended_by)
        return verdict, adapted, history, self._moved(own, after, pictures)

    def by(self, labels: Labels, pictures: Pictures, **how: Any) -> Taught:
        """Teaching by labels of this video, in place; `how` as for `fit_labels`."""

        def taught(bundle: ModelBundle) -> tuple[ModelBundle, History]:
            return bundle, self.teach(bundle, labels, pictures, **how)

        return taught

    def teach(self, bundle: ModelBundle, labels: Labels, pictures: Pictures, **how: Any) -> History:
        """Teaches the bundle's network, in place; `how` as for `fit_labels`."""
        regions = [pictures.regions[frame] for frame in labeled_frames(labels)]
        return fit_labels(
            bundle,
            labels_in_regions(labels, regions),
            pictures.store,
            training_on(labels, **self.training),
            self.augment,
            is_time_over=time_limit(self.max_minutes),
            **how,
        )

    def _moved(self, before: Poses, after: Poses, pictures: Pictures) -> Image | None:
        """The held-out frames that moved most."""
        places = most_moved(before, after)
        if not len(places):
            return None
        row, individual = places.T
        numbers = self.held[row].tolist()
        corners = np.array([pictures.regions[number][:2] for number in numbers])
        return draw_moved(
            [pictures.store(frame_name(self.video, number)) for number in numbers],
            self.boxes_xyxy_px[numbers, individual] - np.tile(corners, 2),
            [*before.xy_px[row, individual] - corners[:, None]],
            [*after.xy_px[row, individual] - corners[:, None]],
        )

    def _predict(
        self,
        bundle: ModelBundle,
        before: Poses,
        boxes_xyxy_px: Float[ndarray, "held individual 4"],
        pictures: Pictures,
        device: torch.device,
    ) -> Poses:
        """What a network sees in the held-out frames, in these boxes; NaN without a box."""
        numbers = self.held.tolist()
        regions = [pictures.regions[number] for number in numbers]
        images = (pictures.store(frame_name(self.video, number)) for number in numbers)
        frames = boxed_regions(images, boxes_xyxy_px, regions)
        seen = join_seen([*predict_batches([bundle], frames, device=device, **self.inference)])
        corners = np.array(regions)[:, None, None, :2]
        return replace(before, xy_px=seen.xy_px[0] + corners, score=seen.score[0])
