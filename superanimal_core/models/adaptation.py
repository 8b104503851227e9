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
from superanimal_core.inference.lessons import can_tell_strange, strange_animals
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
from superanimal_core.smoothing.calibration import Calibration
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
class Change:
    """What a network says of held-out frames, before and after it was taught, and how that went.

    `beside_before` and `beside_after` are of boxes that lie a little beside (`crops_beside`).
    """

    before: Poses
    after: Poses
    beside_before: Poses
    beside_after: Poses
    is_taught: Bool[ndarray, "keypoint"]
    history: History


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

    def change(
        self,
        bundle: ModelBundle,
        own: Poses,
        taught: Taught,
        pictures: Pictures,
        *,
        device: torch.device,
    ) -> tuple[Change, ModelBundle]:
        """What changes in the held-out frames when the bundle's network is `taught`, and that.

        `own` is what the network saw of the video. SuperAnimalError for one that looks at
        neighboring frames.
        """
        refuse_context(bundle)
        own, boxes = own.at(self.held), self.boxes_xyxy_px[self.held]
        beside, _ = crops_beside(boxes)
        look = (pictures, device)
        beside_before = self._predict(bundle, own, beside, *look)
        adapted, history = taught(bundle)
        after = self._predict(adapted, own, boxes, *look)
        beside_after = self._predict(adapted, own, beside, *look)
        change = Change(own, after, beside_before, beside_after, adapted.is_taught, history)
        return change, adapted

    def verdicts(
        self,
        changes: Sequence[Change],
        calibration: Calibration | None,
    ) -> list[Verdict]:
        """The verdict on each network of an ensemble, by what all of them say of held-out frames.

        The `calibration` knows what labels are like.
        """
        _, shift_px = crops_beside(self.boxes_xyxy_px[self.held])
        is_strange = strange_animals([change.before for change in changes], calibration)
        after = [change.after for change in changes]
        can_tell = can_tell_strange(calibration)
        is_strange_after = strange_animals(after, calibration) if can_tell else None
        found = []
        for own in changes:
            others = [change for change in changes if change is not own]
            witness = Witness(
                [other.before for other in others],
                is_strange,
                shift_px,
                own.beside_before.xy_px,
                own.beside_after.xy_px,
                [other.after for other in others],
                is_strange_after,
            )
            verdict = judge_adaptation(
                own.before, own.after, own.is_taught, frame=self.held, witness=witness, **self.judge
            )
            found.append(replace(verdict, steps=own.history.steps, ended_by=own.history.ended_by))
        return found

    def moved(self, change: Change, pictures: Pictures) -> Image | None:
        """The held-out frames that moved most, before and after; None if none did."""
        before, after = change.before, change.after
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
