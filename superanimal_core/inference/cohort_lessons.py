"""Which frames an ensemble teaches to its student, and what of them.

The smoothed ensemble is better than any member where its neighbors in time help. So frames are
worth most where members disagree, or are corrected, while the smoother is sure. Unlike Lightning
Pose's distillation, which keeps the frames with the least variance and thereby the easy ones, and
then clusters poses that are not centered, lessons are chosen among poses as such (centered, by the
animal's size) and pictures, one of each kind, the most informative of its kind.
"""

import cv2
import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from scipy.cluster.vq import kmeans2

from superanimal_core.inference.far_apart import far_apart
from superanimal_core.inference.teachers import Lesson, ensemble_lesson, error_of_size
from superanimal_core.network.crops import Image
from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.labels import Labels
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.smoothing.labeled_errors import animal_size_px

LOOK_PX = 8  # side of the small gray picture that says how an animal looks
ROUNDS = 20  # of k-means


def sure_lesson(
    smoothed: SmoothedPoses, expected: ExpectedError, *, min_score: float, max_error: float
) -> Lesson:
    """The smoothed ensemble as a teacher; masked where its error may exceed `max_error`.

    In parts of the animal's size; so is what has a mean score below `min_score`.
    """
    lesson = ensemble_lesson(smoothed, expected, min_score=min_score)
    is_sure = error_of_size(smoothed, expected) <= max_error
    return Lesson(lesson.poses, np.where(is_sure, lesson.weight, 0.0))


def informativeness(smoothed: SmoothedPoses, lesson: Lesson) -> Float[ndarray, "frame individual"]:
    """How much a frame has to teach, in parts of the animal's size; 0 where nothing is taught.

    The mean over keypoints of the members' spread and the smoother's correction, by weight.
    """
    spread = np.sqrt(np.nan_to_num(smoothed.ensemble_variance_px2).sum(axis=-1))
    moved = np.linalg.norm(smoothed.poses.xy_px - smoothed.raw_xy_px, axis=-1)
    size = animal_size_px(smoothed.poses)[..., None]
    taught = lesson.weight * (spread + np.nan_to_num(moved)) / size
    return np.asarray(taught.mean(axis=-1))


def candidates(
    informative: Float[ndarray, "frame individual"], lesson: Lesson, neighbors: int
) -> Int[ndarray, "animal 2"]:
    """The frame of a stretch to teach, and the animals in it of which anything is taught, as pairs.

    It is the most informative of the middle third, so that the smoother has neighbors on each side.
    """
    first = neighbors - neighbors // 3
    middle = slice(first, len(informative) - first)
    is_taught = np.asarray(lesson.is_taught().any(axis=2))[middle]
    if not is_taught.any():
        return np.empty((0, 2), int)
    worth = np.where(is_taught, informative[middle], -1.0).max(axis=1)
    frame = first + int(worth.argmax())
    animals = np.flatnonzero(lesson.is_taught()[frame].any(axis=1))
    return np.column_stack([np.full(len(animals), frame), animals])


def look_of(image: Image, box_xyxy_px: Float[ndarray, "4"]) -> Float[ndarray, "cell"]:
    """How an animal looks: its box as a small gray picture of unit contrast."""
    height, width = image.shape[:2]
    x0, y0 = np.clip(np.floor(box_xyxy_px[:2]), 0, [width - 1, height - 1]).astype(int)
    x1, y1 = np.maximum(np.clip(np.ceil(box_xyxy_px[2:]), 1, [width, height]), [x0 + 1, y0 + 1])
    gray = cv2.cvtColor(image[y0 : int(y1), x0 : int(x1)], cv2.COLOR_RGB2GRAY)
    small = cv2.resize(gray, (LOOK_PX, LOOK_PX), interpolation=cv2.INTER_AREA).astype(float).ravel()
    return (small - small.mean()) / max(small.std(), 1.0)


def descriptors(
    lessons: Labels, looks: Float[ndarray, "animal cell"]
) -> Float[ndarray, "animal feature"]:
    """Poses, centered and by their size, beside looks; both vary alike as a whole."""
    xy = np.where(lessons.is_located[..., None], lessons.xy_px, np.nan)
    known = np.isfinite(xy).all(axis=-1, keepdims=True)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    apart = xy - np.where(known, xy, 0.0).sum(axis=1, keepdims=True) / count
    size = np.sqrt(np.where(known, apart**2, 0.0).sum(axis=(1, 2), keepdims=True) / count)
    shape = np.where(known, apart / np.maximum(size, 1e-9), 0.0).reshape(len(xy), 2 * xy.shape[1])
    return np.concatenate([_of_unit_variance(shape), _of_unit_variance(looks)], axis=1)


def choose_lessons(
    features: Float[ndarray, "animal feature"], informative: Float[ndarray, "animal"], count: int
) -> Int[ndarray, "chosen"]:
    """At most `count` of the lessons, in their order: the most informative of each kind.

    Kinds are clusters (k-means) that begin at lessons which are far from each other. All follows
    from the lessons alone.
    """
    if len(features) <= count:
        return np.arange(len(features))
    middle = int(np.linalg.norm(features - features.mean(axis=0), axis=1).argmin())
    start = features[far_apart(features, [middle], count)]
    _, kind = kmeans2(features, start, iter=ROUNDS, minit="matrix", missing="warn")
    best = [
        rows[informative[rows].argmax()]
        for rows in (np.flatnonzero(kind == one) for one in range(count))
        if len(rows)
    ]
    return np.sort(np.array(best, dtype=int))


def _of_unit_variance(values: Float[ndarray, "animal _feature"]) -> Float[ndarray, "animal _f"]:
    centered = values - values.mean(axis=0) if len(values) else values
    return centered / max(np.sqrt((centered**2).sum(axis=1).mean()) if len(values) else 1.0, 1e-9)
