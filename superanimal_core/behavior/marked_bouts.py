"""What a person marked in a video, and the class of each frame that follows from it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.errors import SuperAnimalError
from superanimal_core.pose.frame_rate import end_s, frames_per_second
from superanimal_core.pose.keypoints import did_you_mean

END_TOLERANCE_S = 0.25  # programs do not agree on how long a video is
UNSAID = -1


class MarkedBout(NamedTuple):
    """From `start` up to, not including, `stop`: in seconds, or in frames from 0."""

    behavior: str
    start: float
    stop: float


class Marks(NamedTuple):
    """All bouts of a video and animal.

    `seen`: of which stretches anything is said; None: all. `frames` are those of the video, where
    the file knows them.
    """

    bouts: list[MarkedBout]
    in_frames: bool
    seen: list[tuple[float, float]] | None = None
    frames: int | None = None


def classes_of_marks(
    marks: Marks,
    behaviors: Sequence[str],
    ignored: Sequence[str],
    time_s: Float[ndarray, "frame"],
    where: str,
) -> Int[ndarray, "frame"]:
    """The class of each frame: 0 none of the behaviors, then their numbers from 1, -1 not said.

    SuperAnimalError, with `where` in front, for marks of a video with other frames, a behavior that
    is neither learned nor ignored, a bout without duration or beyond the video's end, and bouts
    that overlap.
    """
    if marks.frames is not None and abs(marks.frames - len(time_s)) > _spare_frames(time_s):
        raise SuperAnimalError(
            f"{where}: is about {marks.frames} frames, and the video has {len(time_s)}: are these "
            "the labels of another video, or of another frame rate?"
        )
    bouts = [bout for bout in marks.bouts if bout.behavior not in ignored]
    unknown = unknown_behaviors(marks, behaviors, ignored)
    if unknown:
        raise SuperAnimalError(f"{where}: {unknown[0]}")
    for bout in bouts:
        _check(bout, marks.in_frames, time_s, where)
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


def unknown_behaviors(marks: Marks, behaviors: Sequence[str], ignored: Sequence[str]) -> list[str]:
    """A sentence on each behavior that is neither learned nor ignored."""
    known = [*behaviors, *ignored]
    return [
        f"unknown behavior '{name}': name it in 'behaviors' of the classifier, or in 'ignored'"
        + did_you_mean(name, known)
        for name in dict.fromkeys(bout.behavior for bout in marks.bouts)
        if name not in known
    ]


def _frames(start: float, stop: float, in_frames: bool, time_s: ndarray) -> slice:
    if in_frames:
        return slice(int(start), int(stop))
    first, last = np.searchsorted(time_s, [start - 1e-9, stop - 1e-9])
    return slice(int(first), int(last))


def _check(bout: MarkedBout, in_frames: bool, time_s: ndarray, where: str) -> None:
    said = f"{where}: '{bout.behavior}' from {bout.start:g} to {bout.stop:g}"
    unit = "frames" if in_frames else "s"
    if not bout.stop > bout.start or bout.start < 0:
        raise SuperAnimalError(
            f"{said} {unit} has no duration; a bout has a start and a later stop"
        )
    frames, lasting_s = len(time_s), end_s(time_s, len(time_s))
    end = frames + _spare_frames(time_s) if in_frames else lasting_s + END_TOLERANCE_S
    if bout.stop > end:
        length = f"{frames} frames" if in_frames else f"{lasting_s:.2f} s"
        raise SuperAnimalError(
            f"{said} {unit} lies beyond the video's end, which has {length}: are these the labels "
            "of another video, or of another frame rate?"
        )


def _spare_frames(time_s: Float[ndarray, "frame"]) -> float:
    """As many frames as the tolerance of times."""
    return END_TOLERANCE_S * frames_per_second(time_s) if len(time_s) > 1 else 0.0


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
