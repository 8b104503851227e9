"""A student and the ensemble that taught it look at a few frames of a video: who goes on?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import VideoError
from superanimal_core.inference.trusted_student import (
    Trust,
    as_one_frame,
    has_box,
    judge_student,
)
from superanimal_core.inference.watching import Watching
from superanimal_core.media.windows import read_timed_window
from superanimal_core.models.bundles import read_members
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.crops import Image
from superanimal_core.network.detector import DetectorBundle
from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.poses import Poses
from superanimal_core.settings.smoothing import METHODS
from superanimal_core.smoothing.baselines import SMOOTHERS
from superanimal_core.smoothing.calibration import predict_error
from superanimal_core.tables.calibration_files import read_calibration

Members = Mapping[str, ModelBundle]
Seen = tuple[Poses, ExpectedError]


@dataclass(frozen=True)
class Probe:
    """How a student is judged in a video: frames, limits, and how both are run and smoothed.

    `calibrations` are the tables of both models, laid out as in the results folder.
    """

    frames: int
    max_disagreement: float
    min_score: float
    detector: DetectorBundle | None
    detection: Mapping[str, Any]
    inference: Mapping[str, Any]
    method: str
    smoothing: Mapping[str, Any]
    calibrations: Sequence[str]

    def judge(self, video: str, student: Members, teachers: Members, names: Sequence[str]) -> Trust:
        """The verdict; `names` are those of the student and of its teacher.

        A video of which nothing can be looked at speaks for nobody: the ensemble goes on, and says
        of it what it says of any.
        """
        try:
            images, boxes = self._look(video)
        except VideoError as error:
            return Trust(False, error.reason, float("nan"), 0)
        own, theirs = (
            self._seen([*bundles.values()], images, boxes, name)
            for bundles, name in zip((student, teachers), names, strict=True)
        )
        taught = np.any([bundle.is_taught for bundle in teachers.values()], axis=0)
        limits = {"min_score": self.min_score, "max_disagreement": self.max_disagreement}
        return judge_student(*own, *theirs, taught, **limits)

    def _look(self, video: str) -> tuple[list[list[Image]], list[Float[ndarray, "1 individual 4"]]]:
        """Frames, evenly over the video, that show an animal, and its boxes."""
        images, boxes, watching = [], [], self._watching([])
        told = None
        for place in (np.arange(self.frames) + 0.5) / self.frames:
            image, time_s = read_timed_window(video, float(place), 1)
            try:
                boxes.append(watching.find(image, time_s))
                images.append(image)
            except VideoError as error:
                told = error
        if not images:
            raise told or VideoError("predict_poses", "no frame was looked at")
        return images, boxes

    def _seen(
        self,
        bundles: Sequence[ModelBundle],
        images: Sequence[list[Image]],
        boxes: Sequence[Float[ndarray, "1 individual 4"]],
        name: str,
    ) -> Seen:
        """What networks see, smoothed as labeled animals are, and its expected error."""
        every, where = [image for one in images for image in one], np.concatenate(boxes)
        seen = self._watching(bundles).see(every, where, np.arange(len(every), dtype=float))
        together = as_one_frame(seen, has_box(where))
        smoothed = SMOOTHERS[self.method](together, METHODS[self.method](**self.smoothing))
        known = [path for path in self.calibrations if Path(path).parent.name == name]
        calibration = read_calibration(known[0]) if known else None
        return smoothed.poses, predict_error(calibration, smoothed)

    def _watching(self, bundles: Sequence[ModelBundle]) -> Watching:
        return Watching(bundles, self.detector, self.detection, self.inference)


def student_or_ensemble(
    video: str,
    members: Sequence[str],
    teachers: Sequence[str],
    settings: Mapping[str, Any],
    **how: Any,
) -> tuple[dict[str, ModelBundle], dict[str, Any]]:
    """The networks that see a student's video, and what the record of their poses says of them.

    `members` and `teachers` are the model folders of both; `settings` and `how` make the `Probe`
    that decides.
    """
    student, ensemble = read_members(members), read_members(teachers)
    names = [Path(folders[0]).parent.name for folders in (members, teachers)]
    trust = Probe(**settings, **how).judge(video, student, ensemble, names)
    print(f"{names[0] if trust.is_trusted else names[1]} sees the video: {trust.reason}")
    record = {"model": names[0], "teacher": names[1], **asdict(trust)}
    return student if trust.is_trusted else ensemble, {"student": record}
