"""Which frames of a video a network is taught, when there are more than it is to see.

Each choice is given what the teacher says and the network itself, the animals that may teach (frame
and individual, as pairs), at most how many are wanted, and how animals look. Nothing is drawn by
lot.
"""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.inference.cohort_lessons import choose_lessons
from superanimal_core.inference.far_apart import far_apart
from superanimal_core.inference.teachers import Lesson
from superanimal_core.pose.poses import Poses
from superanimal_core.smoothing.labeled_errors import animal_size_px

Row = Int[ndarray, "row"]
Chosen = Int[ndarray, "chosen"]
Looks = Callable[[Row, Row], Float[ndarray, "row feature"]]  # of animals, frame and individual
Choose = Callable[[Lesson, Poses, Row, Row, int, Looks], Chosen]
NEW = 0.5  # of the frames are chosen for what they teach, the others for how they differ
CANDIDATES = 4  # times as many as are wanted are looked at, to tell kinds
DIRECTIONS = 32  # in which looks differ most: distances in these tell kinds


def alike(frame: Row, individual: Row) -> Float[ndarray, "row feature"]:
    """The looks of animals that nobody looks at, for choices that do not ask."""
    return np.zeros((len(frame), 1))


def spread_rows(
    lesson: Lesson, own: Poses, frame: Row, individual: Row, most: int, looks: Looks
) -> Chosen:
    """At most so many of the animals, evenly over the video."""
    return _evenly(len(frame), most)


def informative_rows(
    lesson: Lesson, own: Poses, frame: Row, individual: Row, most: int, looks: Looks
) -> Chosen:
    """Those that teach most, one of each stretch of the video, and those that differ most.

    What a frame teaches is how far the network is from its teacher, in parts of the animal's size,
    by the weight of each position: large where the network errs and the neighbors of a frame know
    better. How animals differ is told by their poses around their middle; the next one chosen is
    always the one that is least like all before it.
    """
    if len(frame) <= most:
        return np.arange(len(frame))
    news = _news(lesson, own)[frame, individual]
    wanted = max(round(NEW * most), 1)
    stretches = np.array_split(np.arange(len(frame)), wanted)
    first = [int(rows[np.argmax(news[rows])]) for rows in stretches]
    return np.unique(far_apart(_form(lesson.poses)[frame, individual], first, most))


def kinds_rows(
    lesson: Lesson, own: Poses, frame: Row, individual: Row, most: int, looks: Looks
) -> Chosen:
    """Of each kind of look, the animal that teaches most.

    Kinds are clusters (k-means) of how animals look to a network, of four times as many as are
    wanted, evenly over the video. Where there are fewer kinds, further ones are those least like
    all before.
    """
    some = _evenly(len(frame), CANDIDATES * most)
    if len(some) <= most:
        return some
    frame, individual = frame[some], individual[some]
    features = main_directions(looks(frame, individual), DIRECTIONS)
    chosen = choose_lessons(features, _news(lesson, own)[frame, individual], most)
    return np.sort(some[far_apart(features, chosen.tolist(), most)])


def main_directions(
    features: Float[ndarray, "row _feature"], most: int
) -> Float[ndarray, "row _direction"]:
    """Features along the directions in which they vary most (PCA), at most so many."""
    centered = features - features.mean(axis=0)
    sides, sizes, _ = np.linalg.svd(centered, full_matrices=False)
    return sides[:, :most] * sizes[:most]


CHOICES: Mapping[str, Choose] = {
    "spread": spread_rows,
    "informative": informative_rows,
    "kinds": kinds_rows,
}


def _evenly(count: int, most: int) -> Chosen:
    """At most so many numbers below a count, evenly spread."""
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).round().astype(int)


def _news(lesson: Lesson, own: Poses) -> Float[ndarray, "frame individual"]:
    """How far a network is from its teacher, weighed and summed over the keypoints."""
    apart = own.xy_px - lesson.poses.xy_px
    of_size = np.hypot(apart[..., 0], apart[..., 1]) / animal_size_px(lesson.poses)[..., None]
    return np.nansum(np.minimum(of_size, 1.0) * lesson.weight, axis=2)


def _form(poses: Poses) -> Float[ndarray, "frame individual coordinate"]:
    """Positions around the animal's middle, in parts of its size; 0 where unknown."""
    known = np.isfinite(poses.xy_px)
    count = np.maximum(known.sum(axis=2, keepdims=True), 1)
    middle = np.where(known, poses.xy_px, 0.0).sum(axis=2, keepdims=True) / count
    form = (poses.xy_px - middle) / animal_size_px(poses)[..., None, None]
    return np.nan_to_num(form.reshape(*form.shape[:2], -1), nan=0.0)
