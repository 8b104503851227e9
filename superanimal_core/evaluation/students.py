"""A student beside the ensemble that taught it: errors on labels, and jitter on the same frames."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped
from numpy import ndarray

from superanimal_core.evaluation.metrics import euclidean_error_px
from superanimal_core.evaluation.stability import jitter_px

LABELS, FRAMES = "labels", "frames"


@dataclass(frozen=True)
class StudentTable:
    """A row per data set (labels held out) and per video (frames that were not taught).

    `positions` are those that both know. Of labels, errors are to them, `*_within_90` the part in
    its own circle of 90 % (the calibration made without the data set). Of frames, `apart_px` is how
    far both are from each other, and the jitter is that of the smoothed poses. `*_lost` are labels,
    or positions of the other, for which one has none. NaN where it does not apply.
    """

    of: Shaped[ndarray, "row"]
    name: Shaped[ndarray, "row"]
    positions: Shaped[ndarray, "row"]
    student_error_px: Shaped[ndarray, "row"]
    ensemble_error_px: Shaped[ndarray, "row"]
    student_within_90: Shaped[ndarray, "row"]
    ensemble_within_90: Shaped[ndarray, "row"]
    student_jitter_px: Shaped[ndarray, "row"]
    ensemble_jitter_px: Shaped[ndarray, "row"]
    apart_px: Shaped[ndarray, "row"]
    student_lost: Shaped[ndarray, "row"]
    ensemble_lost: Shaped[ndarray, "row"]


Row = tuple[str | int | float, ...]
NAN = float("nan")


def row_of_labels(
    dataset: str,
    student_px: Float[ndarray, "animal keypoint 2"],
    ensemble_px: Float[ndarray, "animal keypoint 2"],
    labels_px: Float[ndarray, "animal keypoint 2"],
    within_90: tuple[float, float],
) -> Row:
    """Both on the labels of a data set; `within_90` of the student and of the ensemble."""
    errors = [euclidean_error_px(found, labels_px) for found in (student_px, ensemble_px)]
    known = [np.isfinite(error) for error in errors]
    both = known[0] & known[1]
    means = [_mean(error[both]) for error in errors]
    lost = int((known[1] & ~known[0]).sum()), int((known[0] & ~known[1]).sum())
    return LABELS, dataset, int(both.sum()), *means, *within_90, NAN, NAN, NAN, *lost


def row_of_frames(
    video: str,
    student_px: Float[ndarray, "frame individual keypoint 2"],
    ensemble_px: Float[ndarray, "frame individual keypoint 2"],
) -> Row:
    """Both on frames of a video that follow each other."""
    known = [np.asarray(np.isfinite(found).all(axis=-1)) for found in (student_px, ensemble_px)]
    both = known[0] & known[1]
    apart = _mean(np.linalg.norm(student_px - ensemble_px, axis=-1)[both])
    common = [np.where(both[..., None], found, np.nan) for found in (student_px, ensemble_px)]
    steps = [jitter_px(found) for found in common]
    jitter = [_mean(step[np.isfinite(step)]) for step in steps]
    lost = int((known[1] & ~known[0]).sum()), int((known[0] & ~known[1]).sum())
    return FRAMES, video, int(both.sum()), NAN, NAN, NAN, NAN, *jitter, apart, *lost


def student_table(rows: list[Row]) -> StudentTable:
    """The rows as columns."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(StudentTable.__dataclass_fields__)
    return StudentTable(*(np.array(column) for column in columns))


def _mean(values: ndarray) -> float:
    return float(values.mean()) if len(values) else NAN
