"""What a person marked in a video, and the class of each frame that follows from it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.behavior.actions import end_s
from superanimal_core.errors import SuperAnimalError
from superanimal_core.pose.keypoints import did_you_mean

END_TOLERANCE_S = 0.25  # programs do not agree on how long a video is
UNSAID = -1


class MarkedBout(NamedTuple):
    """From `start` up to, not including, `stop`: in seconds, or in frames from 0."""

    behavior: str
    start: float
    stop: float


class Marks(NamedTuple):
    """All bouts of a video and animal. `seen`: of which stretches anything is said; None: all."""

    bouts: list[MarkedBout]
    in_frames: bool
    seen: list[tuple[float, float]] | None = None


def classes_of_marks(
    marks: Marks,
    behaviors: Sequence[str],
    ignored: Sequence[str],
    time_s: Float[ndarray, "frame"],
    where: str,
) -> Int[ndarray, "frame"]:
    """The class of each frame: 0 none of the behaviors, then their numbers from 1, -1 not said.

    SuperAnimalError, with `where` in front, for a behavior that is neither learned nor ignored, a
    bout without duration or beyond the video's end, and bouts that overlap.
    """
    bouts = [bout for bout in marks.bouts if bout.behavior not in ignored]
    for bout in bouts:
        _check(bout, behaviors, marks.in_frames, time_s, where)
    _check_overlaps(bouts, marks.in_frames, time_s, where)
    classes = np.zeros(len(time_s), dtype=np.int64)
    if marks.seen is not None:
        classes[:] = UNSAID
        for start, stop in marks.seen:
            classes[_frames(start, stop, marks.in_frames, time_s)] = 0
    for bout in bouts:
        number = 1 + list(behaviors).index(bout.behavior)
        classes[_frames(bout.start, bout.stop, marks.in_frames, time_s)] = number
    return classes


def _frames(start: float, stop: float, in_frames: bool, time_s: ndarray) -> slice:
    if in_frames:
        return slice(int(start), int(stop))
    first, last = np.searchsorted(time_s, [start - 1e-9, stop - 1e-9])
    return slice(int(first), int(last))


def _check(
    bout: MarkedBout, behaviors: Sequence[str], in_frames: bool, time_s: ndarray, where: str
) -> None:
    said = f"{where}: '{bout.behavior}' from {bout.start:g} to {bout.stop:g}"
    unit = "frames" if in_frames else "s"
    if bout.behavior not in behaviors:
        hint = did_you_mean(bout.behavior, list(behaviors))
        raise SuperAnimalError(
            f"{where}: unknown behavior '{bout.behavior}'{hint}; name it in "
            "'behaviors' of the classifier, or in 'ignored'"
        )
    if not bout.stop > bout.start or bout.start < 0:
        raise SuperAnimalError(
            f"{said} {unit} has no duration; a bout has a start and a later stop"
        )
    end = len(time_s) if in_frames else end_s(time_s, len(time_s)) + END_TOLERANCE_S
    if bout.stop > end:
        length = f"{len(time_s)} frames" if in_frames else f"{end - END_TOLERANCE_S:.2f} s"
        raise SuperAnimalError(
            f"{said} {unit} lies beyond the video's end, which has {length}: are these the labels "
            "of another video, or of another frame rate?"
        )


def _check_overlaps(
    bouts: Sequence[MarkedBout], in_frames: bool, time_s: ndarray, where: str
) -> None:
    ordered = sorted(bouts, key=lambda bout: (bout.start, bout.stop))
    for one, other in pairwise(ordered):
        first = _frames(one.start, one.stop, in_frames, time_s)
        second = _frames(other.start, other.stop, in_frames, time_s)
        if second.start < first.stop:
            raise SuperAnimalError(
                f"{where}: bouts overlap: '{one.behavior}' from {one.start:g} to {one.stop:g} and "
                f"'{other.behavior}' from {other.start:g} to {other.stop:g}; a frame has one "
                "class: mend them, or learn the two behaviors by two classifiers"
            )
