"""A classifier of behavior as it is kept: what it looks at, its weights, and what makes its bouts.

Frames are looked at in chunks with what lies around them, so that memory does not grow with the
video.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped
from numpy import ndarray

from superanimal_core.behavior.boosted_trees import Weights, tree_scores
from superanimal_core.behavior.class_bouts import BoutRule, classes_of_bouts
from superanimal_core.behavior.class_probabilities import Calibration, calibrated
from superanimal_core.behavior.classifier_inputs import (
    classifier_inputs,
    is_seen,
    window_samples,
    window_statistics,
)
from superanimal_core.behavior.features import FeatureTable
from superanimal_core.pose.frame_rate import end_s, frames_per_second

CHUNK_FRAMES = 20_000


def network_scores(
    weights: Weights, inputs: Float[ndarray, "frame value"]
) -> Float[ndarray, "frame class"]:
    """What the network of Sturman says: two layers with ReLU, then one score for each class."""
    scaled = np.nan_to_num((inputs - weights["mean"]) / weights["sd"], nan=0.0)
    for layer in ("first", "second"):
        scaled = np.maximum(scaled @ weights[f"{layer}_weight"].T + weights[f"{layer}_bias"], 0)
    return scaled @ weights["last_weight"].T + weights["last_bias"]


SCORES: Mapping[str, Callable[[Weights, ndarray], ndarray]] = {
    "boosting": tree_scores,
    "network": network_scores,
}


@dataclass(frozen=True)
class Classifier:
    """`window` are the settings of `window_statistics` (boosting) or `window_samples` (network)."""

    method: str
    behaviors: tuple[str, ...]
    features: tuple[str, ...]
    window: Mapping[str, Any]
    weights: Weights
    calibration: Calibration
    rules: tuple[BoutRule, ...]


@dataclass(frozen=True)
class ClassifiedTable:
    """One row per bout; the fields are the columns of the table of bouts of a classifier."""

    individual: Shaped[ndarray, "bout"]
    behavior: Shaped[ndarray, "bout"]
    start_frame: Shaped[ndarray, "bout"]
    stop_frame: Shaped[ndarray, "bout"]
    start_s: Shaped[ndarray, "bout"]
    stop_s: Shaped[ndarray, "bout"]
    probability: Shaped[ndarray, "bout"]


def windowed(
    method: str, values: Float[ndarray, "frame feature"], fps: float, window: Mapping[str, Any]
) -> Float[ndarray, "frame value"]:
    """What a method looks at."""
    if method == "boosting":
        return window_statistics(values, fps, window["half_windows_s"])
    return window_samples(values, fps, window["half_window_s"], window["samples"])


def reach_s(method: str, window: Mapping[str, Any]) -> float:
    """How far to either side a method looks (s)."""
    return max(window["half_windows_s"]) if method == "boosting" else window["half_window_s"]


def class_scores(
    classifier: Classifier, values: Float[ndarray, "frame feature"], fps: float
) -> Float[ndarray, "frame class"]:
    """Scores of one individual, not calibrated; class 0 is none of the behaviors."""
    margin = 2 * round(reach_s(classifier.method, classifier.window) * fps) + 2
    score = SCORES[classifier.method]
    parts = [np.zeros((0, len(classifier.behaviors) + 1))]
    for start in range(0, len(values), CHUNK_FRAMES):
        first, stop = max(0, start - margin), start + CHUNK_FRAMES
        seen = windowed(classifier.method, values[first : stop + margin], fps, classifier.window)
        parts.append(score(classifier.weights, seen[start - first : stop - first]))
    return np.concatenate(parts)


def frame_probabilities(
    classifier: Classifier, features: FeatureTable
) -> tuple[Float[ndarray, "row class"], ClassifiedTable]:
    """The probability of each class in every row of a feature table, and the bouts.

    NaN where nothing is known of the animal, as while it is out of the picture: no bout is there. A
    bout's probability is the mean of its frames'.
    """
    probability = np.zeros((len(features), len(classifier.behaviors) + 1))
    rows: list[tuple[Any, ...]] = []
    for individual in dict.fromkeys(features.individual):
        chosen = np.flatnonzero(features.individual == individual)
        columns = {name: values[chosen] for name, values in features.columns.items()}
        time_s = features.time_s[chosen]
        values = classifier_inputs(columns, classifier.features)
        scores = class_scores(classifier, values, _fps(time_s))
        own = calibrated(scores, classifier.calibration)
        own[~is_seen(values, classifier.features)] = np.nan
        probability[chosen] = own
        frame, own = features.frame[chosen], probability[chosen]
        rows += [(individual, *row) for row in _bouts(classifier, own, frame, time_s)]
    columns = zip(*rows, strict=True) if rows else ((),) * 7
    kinds = (object, object, np.int64, np.int64, float, float, float)
    table = (np.array(c, dtype=kind) for c, kind in zip(columns, kinds, strict=True))
    return probability, ClassifiedTable(*table)


def _bouts(
    classifier: Classifier, probability: ndarray, frame: ndarray, time_s: ndarray
) -> Iterator[tuple[Any, ...]]:
    runs, _ = classes_of_bouts(probability, time_s, classifier.rules)
    for number, (behavior, own) in enumerate(zip(classifier.behaviors, runs, strict=True), start=1):
        for start, stop in own:
            yield (
                behavior,
                int(frame[start]),
                int(frame[stop - 1]) + 1,
                float(time_s[start]),
                end_s(time_s, stop),
                float(np.nanmean(probability[start:stop, number])),
            )


def _fps(time_s: ndarray) -> float:
    return frames_per_second(time_s) if len(time_s) > 1 else 1.0
