"""What videos teach to networks that they share, to disk and back: a folder per video.

`member-*.parquet` has the lessons of each network (see lesson_files), `pictures/` the frames. Their
metadata say what the look at the video said. Of frames that the verdicts are about nothing is here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import VideoError
from superanimal_core.inference.adapt import held_out_frames, labeled_frames, select_pseudo_labels
from superanimal_core.inference.adaptation_need import look_at_need
from superanimal_core.inference.lessons import TEACHERS, Knowledge
from superanimal_core.inference.teaching_frames import Looks
from superanimal_core.media.images import write_image
from superanimal_core.media.video import read_frames
from superanimal_core.pose.labels import Labels, concatenate_labels, string_array
from superanimal_core.pose.poses import Poses
from superanimal_core.tables.atomic import replacing
from superanimal_core.tables.lesson_files import read_lessons, write_lessons
from superanimal_core.tables.parquet import raise_failure_in, read_record

PICTURES, LOOK = "pictures", "look"


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
        """Write what a teacher (TEACHERS) says of the video; nothing where nobody vouches for it.

        `when` as in `pass_by`: 'always' needs no look to say that the video gains. The folder
        appears whole or not at all.
        """
        seen = [*self.members.values()]
        is_taught = np.isin(seen[0].space.keypoints, self.taught)
        look = look_at_need(seen, is_taught, known.calibration, min_score=min_score)
        told = {"can_teach": look.can_teach, "reason": look.reason}
        told |= {"is_needed": look.can_teach and (look.is_worth_it or when == "always")}
        lessons = TEACHERS[teacher](seen, min_score, known)
        held = held_out_frames(len(seen[0]), self.held_out_fraction)
        labels = {
            name: select_pseudo_labels(
                lesson, own, self.boxes_xyxy_px, self.size_px,
                **self.select, video=self.name, held=held, looks=self.looks,
            )
            for (name, own), lesson in zip(self.members.items(), lessons, strict=True)
        }  # fmt: skip
        if not look.can_teach:
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


def picture_of(frame: int) -> str:
    """The file of a frame in the folder of its video."""
    return f"{PICTURES}/{frame:06d}.jpg"


def read_offers(
    folders: Sequence[str | Path], member: str
) -> tuple[Labels | None, dict[str, int], dict[str, str]]:
    """What videos teach a network: labels, how many are of each video, and why some teach nothing.

    No labels where none of the videos can gain.
    """
    labels, taught, without, is_needed = [], {}, {}, False
    for folder in map(Path, folders):
        try:
            raise_failure_in(folder)
        except VideoError as error:
            without[folder.name] = error.reason
            continue
        table = folder / f"{member}.parquet"
        own, look = read_lessons(table)[0], read_record(table)[LOOK]
        if len(own):
            labels.append(own)
            taught[folder.name] = len(own)
            is_needed |= look["is_needed"]
        else:
            without[folder.name] = (
                look["reason"] if not look["can_teach"] else "no keypoint is sure"
            )
    return (concatenate_labels(labels) if is_needed else None), taught, without
