"""How good a classifier of behavior is on frames that it has not learned from.

By behavior, against every rater: of frames, of bouts, of whole recordings; beside them what the
raters reach among themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped
from numpy import ndarray

from superanimal_core.behavior.actions import bouts_where
from superanimal_core.behavior.class_bouts import classes_of_bouts, seconds_of
from superanimal_core.evaluation.behavior_bouts import bout_scores, correlation, total_time_s
from superanimal_core.evaluation.behavior_frames import (
    average_precision_of_frames,
    confusion,
    frame_scores,
    macro_f1,
    raters_f1,
)
from superanimal_core.training.behavior_classifier import HeldOut, Recording

ALL = "all"
BLANK = float("nan")


@dataclass(frozen=True)
class ClassifierScores:
    """One row per behavior, then `all`: see tables.study_columns.CLASSIFIER."""

    behavior: Shaped[ndarray, "row"]
    precision: Shaped[ndarray, "row"]
    recall: Shaped[ndarray, "row"]
    f1: Shaped[ndarray, "row"]
    average_precision: Shaped[ndarray, "row"]
    raters_f1: Shaped[ndarray, "row"]
    frames: Shaped[ndarray, "row"]
    bouts: Shaped[ndarray, "row"]
    predicted_bouts: Shaped[ndarray, "row"]
    bout_f1_25: Shaped[ndarray, "row"]
    bout_f1_50: Shaped[ndarray, "row"]
    onset_error_s: Shaped[ndarray, "row"]
    onset_distance_s: Shaped[ndarray, "row"]
    time_s: Shaped[ndarray, "row"]
    predicted_time_s: Shaped[ndarray, "row"]
    count_correlation: Shaped[ndarray, "row"]
    time_correlation: Shaped[ndarray, "row"]
    raters: Shaped[ndarray, "row"]
    held_out_by: Shaped[ndarray, "row"]


@dataclass(frozen=True)
class Judged:
    """One recording as one rater sees it, beside what was predicted; only frames that are told."""

    true: ndarray
    predicted: ndarray
    probability: Float[ndarray, "frame class"]
    weight: ndarray
    true_s: list[Float[ndarray, "_bout 2"]]
    predicted_s: list[Float[ndarray, "_bout 2"]]


def classifier_scores(
    recordings: Sequence[Recording], held_out: HeldOut, behaviors: Sequence[str]
) -> tuple[ClassifierScores, Float[ndarray, "true predicted"]]:
    """The table, and the confusion matrix in frames (first 'none', then the behaviors)."""
    classes = len(behaviors) + 1
    judged = [
        each
        for number, recording in enumerate(recordings)
        for each in _by_rater(recording, held_out, number, classes)
    ]
    true, predicted, probability, weight = (
        np.concatenate([getattr(each, name) for each in judged])
        for name in ("true", "predicted", "probability", "weight")
    )
    confused = confusion(true, predicted, classes, weight)
    frames = frame_scores(confused)
    said = _aligned([recording.said for recording in recordings])
    ceiling, _ = raters_f1(said, classes)
    constant = {"raters": len(said), "held_out_by": held_out.parts_are}
    rows = []
    for number, behavior in enumerate(behaviors, start=1):
        own: dict[str, Any] = {
            "behavior": behavior,
            **{name: float(getattr(frames, name)[number]) for name in frames._fields},
            "average_precision": average_precision_of_frames(
                true == number, probability[:, number], weight
            ),
            "raters_f1": float(ceiling[number]),
            "frames": float(confused[number].sum()),
            **_bout_figures(judged, number - 1),
        }
        rows.append(own | constant)
    numbers = range(1, classes)
    known = ceiling[1:][np.isfinite(ceiling[1:])]
    rows.append(
        dict.fromkeys(rows[0], BLANK)
        | {
            "behavior": ALL,
            "f1": macro_f1(frames, numbers),
            "average_precision": float(np.nanmean([row["average_precision"] for row in rows])),
            "raters_f1": float(known.mean()) if len(known) else BLANK,
            "frames": float(confused.sum()),
            **constant,
        }
    )
    columns = {f.name: np.array([row[f.name] for row in rows]) for f in fields(ClassifierScores)}
    return ClassifierScores(**columns), confused


def _bout_figures(judged: Sequence[Judged], behavior: int) -> dict[str, float]:
    pairs = [(each.true_s[behavior], each.predicted_s[behavior]) for each in judged]
    scores = bout_scores(pairs)
    counts = np.array([[len(bouts) for bouts in pair] for pair in pairs], dtype=float).T
    times = np.array([[total_time_s(bouts) for bouts in pair] for pair in pairs]).T
    return {
        "bouts": scores.true,
        "predicted_bouts": scores.predicted,
        "bout_f1_25": scores.f1_25,
        "bout_f1_50": scores.f1_50,
        "onset_error_s": scores.onset_error_median_s,
        "onset_distance_s": scores.onset_error_abs_median_s,
        "time_s": float(times[0].sum()),
        "predicted_time_s": float(times[1].sum()),
        "count_correlation": correlation(*counts),
        "time_correlation": correlation(*times),
    }


def _by_rater(recording: Recording, held_out: HeldOut, number: int, classes: int) -> list[Judged]:
    """What is predicted part by part, each by the rule that the other parts chose."""
    probability, part = held_out.probability[number], held_out.part[number]
    predicted = np.zeros(len(part), dtype=np.int64)
    for own, rules in enumerate(held_out.rules):
        if (part == own).any():
            _, found = classes_of_bouts(probability, recording.time_s, rules)
            predicted[part == own] = found[part == own]
    weight = 1 / np.maximum((recording.said >= 0).sum(axis=0), 1)
    return [
        Judged(
            said[said >= 0],
            predicted[said >= 0],
            probability[said >= 0],
            weight[said >= 0],
            _intervals(said, recording.time_s, classes),
            _intervals(np.where(said >= 0, predicted, 0), recording.time_s, classes),
        )
        for said in recording.said
        if (said >= 0).any()
    ]


def _intervals(
    classes_of_frames: ndarray, time_s: ndarray, classes: int
) -> list[Float[ndarray, "_bout 2"]]:
    return [
        seconds_of(bouts_where(classes_of_frames == number, time_s, 0.0, 0.0), time_s)
        for number in range(1, classes)
    ]


def _aligned(said: Sequence[ndarray]) -> ndarray:
    """All recordings one after the other, as many raters as any has; -1 where one is lacking."""
    raters = max(len(each) for each in said)
    filled = [np.pad(each, ((0, raters - len(each)), (0, 0)), constant_values=-1) for each in said]
    return np.concatenate(filled, axis=1)
