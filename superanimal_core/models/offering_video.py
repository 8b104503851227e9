"""What a video teaches to networks that it shares with others, to disk: see offered_lessons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.inference.adapt import held_out_frames, labeled_frames, select_pseudo_labels
from superanimal_core.inference.adaptation_need import look_at_need
from superanimal_core.inference.lessons import TEACHERS, Knowledge
from superanimal_core.inference.teaching_frames import Looks
from superanimal_core.media.images import write_image
from superanimal_core.media.video import read_frames
from superanimal_core.models.offered_lessons import LOOK, PICTURES, picture_of
from superanimal_core.pose.labels import string_array
from superanimal_core.pose.poses import Poses
from superanimal_core.tables.atomic import replacing
from superanimal_core.tables.lesson_files import write_lessons


@dataclass(frozen=True)
class OfferingVideo:
    """A video with the boxes of its animals, and what networks saw of it before any adaptation.

    `members` are their poses by name. `select` are the named arguments of `select_pseudo_labels`
    that say which frames are chosen, `looks` is how its animals look, for choices that ask.
    """

    name: str
    path: str
    size_px: tuple[int, int]
    boxes_xyxy_px: Float[ndarray, "frame individual 4"]
    members: Mapping[str, Poses]
    taught: Sequence[str]
    held_out_fraction: float
    select: Mapping[str, Any]
    looks: Looks

    def write(
        self,
        folder: str | Path,
        when: str,
        teacher: str,
        known: Knowledge,
        record: Mapping[str, Any],
        *,
        min_score: float,
    ) -> None:
        """Write what a teacher (TEACHERS) says of the video; nothing where it is not even tried.

        `when` as in `pass_by`: 'always' needs no look to say that the video gains. The folder
        appears whole or not at all.
        """
        seen = [*self.members.values()]
        is_taught = np.isin(seen[0].space.keypoints, self.taught)
        look = look_at_need(seen, is_taught, known.calibration, min_score=min_score)
        told = {"can_teach": look.can_teach, "reason": look.reason}
        told |= {"is_needed": look.is_worth_it or (look.can_teach and when == "always")}
        lessons = TEACHERS[teacher](seen, min_score, known)
        held = held_out_frames(len(seen[0]), self.held_out_fraction)
        labels = {
            name: select_pseudo_labels(
                lesson, own, self.boxes_xyxy_px, self.size_px,
                **self.select, video=self.name, held=held, looks=self.looks,
            )
            for (name, own), lesson in zip(self.members.items(), lessons, strict=True)
        }  # fmt: skip
        if not (look.can_teach or look.is_worth_it):
            labels = {name: of.select(np.arange(0)) for name, of in labels.items()}
        with replacing(folder) as temporary:
            (temporary / PICTURES).mkdir(parents=True)
            frames = {frame for of in labels.values() for frame in labeled_frames(of)}
            self._write_pictures(frames, temporary)
            for name, of in labels.items():
                images = [f"{self.name}/{picture_of(frame)}" for frame in labeled_frames(of)]
                named = replace(of, image=string_array(images))
                path = temporary / f"{name}.parquet"
                write_lessons(named, np.zeros(len(of)), path, {**record, LOOK: told})

    def _write_pictures(self, frames: set[int], folder: Path) -> None:
        for number, image in enumerate(read_frames(self.path, stop=max(frames, default=-1) + 1)):
            if number in frames:
                write_image(image, folder / picture_of(number))
