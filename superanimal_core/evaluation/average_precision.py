"""Mean average precision and recall of poses, as COCO defines them (pycocotools' keypoint task).

Per image and threshold of the similarity, the predicted animals are matched to the labeled ones
from the surest on; over all images, precision is read off at 101 levels of recall.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)
MAX_PREDICTIONS = 20  # per image, the surest ones


class AveragePrecision(NamedTuple):
    """Means over the ten thresholds, 0-1; NaN where nothing is labeled."""

    precision: float
    recall: float


def average_precision(
    similarity: Sequence[Float[ndarray, "_predicted _labeled"]],
    score: Sequence[Float[ndarray, "_predicted"]],
) -> AveragePrecision:
    """mAP and mAR from the object keypoint similarities within each image.

    `score` says how sure each predicted animal is (0-1). Every image stands in both, also one
    without predictions or without labels.
    """
    labeled = sum(each.shape[1] for each in similarity)
    if not labeled:
        return AveragePrecision(np.nan, np.nan)
    matched, kept = [np.zeros((len(THRESHOLDS), 0), bool)], [np.zeros(0)]
    for each, sure in zip(similarity, score, strict=True):
        order = np.argsort(-sure, kind="stable")[:MAX_PREDICTIONS]
        matched.append(_match(each[order]))
        kept.append(sure[order])
    order = np.argsort(-np.concatenate(kept), kind="stable")
    is_right = np.concatenate(matched, axis=1)[:, order]
    found = np.array([_precision_recall(row, labeled) for row in is_right])
    return AveragePrecision(*(float(mean) for mean in found.mean(axis=0)))


def _match(
    similarity: Float[ndarray, "predicted labeled"],
) -> Bool[ndarray, "threshold predicted"]:
    """Which predictions, from the surest on, get a labeled animal that no other has.

    Each takes the most similar one that is left; of equals the last, as pycocotools does.
    """
    is_matched = np.zeros((len(THRESHOLDS), len(similarity)), bool)
    for row, threshold in enumerate(THRESHOLDS):
        left = similarity.copy()
        for predicted in range(len(left) if left.shape[1] else 0):
            best = left.shape[1] - 1 - int(left[predicted, ::-1].argmax())
            if left[predicted, best] >= min(threshold, 1 - 1e-10):
                is_matched[row, predicted] = True
                left[:, best] = -1.0
    return is_matched


def _precision_recall(is_right: Bool[ndarray, "predicted"], labeled: int) -> tuple[float, float]:
    """Mean precision over the levels of recall, and the recall that is reached at last."""
    right = np.cumsum(is_right)
    precision = right / np.arange(1, len(right) + 1)
    envelope = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
    recall = right / labeled
    at = np.searchsorted(recall, RECALLS, side="left")
    return float(envelope[at].mean()), float(recall[-1]) if len(recall) else 0.0
