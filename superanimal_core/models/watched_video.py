"""Some stretches of a video as an ensemble sees and smooths them, for its student.

One stretch, in the middle of the video, is held out: on it the student is compared with the
ensemble. Of each of the others a frame may be taught.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import VideoError
from superanimal_core.inference.cohort_lessons import candidates, informativeness, sure_lesson
from superanimal_core.inference.ensemble_smoothing import EnsembleSmoothing
from superanimal_core.inference.teachers import lesson_labels
from superanimal_core.inference.watching import Watching, no_animal
from superanimal_core.media.windows import read_timed_window
from superanimal_core.network.crops import Image
from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.labels import Labels
from superanimal_core.pose.poses import Poses, SmoothedPoses


@dataclass(frozen=True)
class Stretch:
    """Some consecutive frames of a video, and what an ensemble says of them.

    `first` is what its first frame is called: frames of all stretches count on.
    """

    first: int
    is_held_out: bool
    images: list[Image]
    time_s: Float[ndarray, "frame"]
    boxes_xyxy_px: Float[ndarray, "frame individual 4"]
    members: list[Poses]
    smoothed: SmoothedPoses
    expected: ExpectedError


def stretches_of(
    video: str, watching: Watching, smoothing: EnsembleSmoothing, *, stretches: int, neighbors: int
) -> Iterator[Stretch]:
    """The stretches of a video that show an animal, evenly spread, none of which meets another.

    Each has `neighbors` frames on either side of its middle. VideoError when no animal is in any.
    """
    first, end_s = 0, -np.inf
    for number in range(stretches):
        place = (number + 0.5) / stretches
        images, time_s = read_timed_window(video, place, 2 * neighbors + 1)
        if time_s[0] <= end_s:
            continue
        end_s = time_s[-1]
        try:
            boxes = watching.find(images, time_s)
        except VideoError:
            continue
        members = watching.see(images, boxes, time_s)
        is_held_out = number == stretches // 2
        yield Stretch(first, is_held_out, images, time_s, boxes, members, *smoothing.of(members))
        first += len(images)
    if not first:
        raise no_animal(stretches)


def lessons_of(
    stretch: Stretch, video: str, neighbors: int, *, min_score: float, max_error: float
) -> tuple[Labels, Float[ndarray, "animal"]]:
    """What may be taught of a stretch, and how informative it is: the animals of one of its frames.

    Pictures are called <video>/pictures/<frame>.jpg.
    """
    lesson = sure_lesson(
        stretch.smoothed, stretch.expected, min_score=min_score, max_error=max_error
    )
    informative = informativeness(stretch.smoothed, lesson)
    frame, individual = candidates(informative, lesson, neighbors).T
    is_boxed = np.isfinite(stretch.boxes_xyxy_px[frame, individual]).all(axis=1)
    frame, individual = frame[is_boxed], individual[is_boxed]
    height, width = stretch.images[0].shape[:2]
    names = [f"{video}/{picture_name(stretch.first + f)}" for f in frame.tolist()]
    labels = lesson_labels(
        lesson,
        stretch.boxes_xyxy_px,
        (width, height),
        frame,
        individual,
        images=names,
        source=video,
    )
    return labels, informative[frame, individual]


def picture_name(frame: int) -> str:
    """The file of a frame in the folder of what the ensemble says of a video."""
    return f"pictures/{frame:06d}.jpg"
