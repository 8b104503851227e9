"""One cell of the transfer table: what a lab's labels have taught, and what was forgotten for it.

Ye et al. 2024: errors against the number of labels, and keypoints dropped by networks that were
fine-tuned without memory replay.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Shaped
from numpy import ndarray

from superanimal_core.evaluation.metrics import ALL, euclidean_error_px, evaluate
from superanimal_core.evaluation.stability import dropped_keypoints
from superanimal_core.pose.boxes import longer_side_px
from superanimal_core.pose.labels import Labels

FIGURES = (  # of the EvaluationTable, all keypoints together
    "mean_error_px",
    "mean_error_low_px",
    "mean_error_high_px",
    "normalized_error",
    "pck_10",
    "oks_map",
    "dlc_map",
)


@dataclass(frozen=True)
class TransferTable:
    """One row per training. `labeled_animals` were learned from.

    Errors and precision are those on the data set's held-out labels (EvaluationTable).
    `pretraining_normalized_error` and `pretraining_dropped_keypoints` (mean per animal, of what the
    parent was taught) are those on held-out labels of the pretraining data sets: how much was
    forgotten. NaN where there are no such labels, and the error where none has a prediction.
    """

    model: Shaped[ndarray, "row"]
    dataset: Shaped[ndarray, "row"]
    mode: Shaped[ndarray, "row"]
    fraction: Shaped[ndarray, "row"]
    seed: Shaped[ndarray, "row"]
    labeled_animals: Shaped[ndarray, "row"]
    mean_error_px: Shaped[ndarray, "row"]
    mean_error_low_px: Shaped[ndarray, "row"]
    mean_error_high_px: Shaped[ndarray, "row"]
    normalized_error: Shaped[ndarray, "row"]
    pck_10: Shaped[ndarray, "row"]
    oks_map: Shaped[ndarray, "row"]
    dlc_map: Shaped[ndarray, "row"]
    pretraining_normalized_error: Shaped[ndarray, "row"]
    pretraining_dropped_keypoints: Shaped[ndarray, "row"]


@runtime_checkable
class Cell(Protocol):
    """Which training it is; numbers as they stand in its path."""

    model: str
    dataset: str
    mode: str
    fraction: str
    seed: str


@dataclass(frozen=True)
class Seen:
    """Positions (px) and scores (0-1) that a network sees of labeled animals, and their labels."""

    xy_px: Float[ndarray, "animal keypoint 2"]
    score: Float[ndarray, "animal keypoint"]
    labels: Labels


def transfer_row(
    own: Seen,
    others: Seen,
    is_taught: Bool[ndarray, "keypoint"],
    labeled_animals: int,
    min_score: float,
    cell: Cell,
) -> TransferTable:
    """The row of a network that saw held-out animals of `dataset` and of the pretraining sets.

    The `others` are in the parent's space; of the keypoints that the parent `is_taught`, one that
    is absent or scores below `min_score` is dropped.
    """
    table = evaluate(own.xy_px[None], own.score[None], own.labels)
    at = np.flatnonzero(table.keypoint == ALL)[:1]

    def figure(name: str) -> float:
        return float(getattr(table, name)[at[0]]) if len(at) else np.nan

    seen = others.xy_px[:, None], others.score[:, None]
    dropped = dropped_keypoints(*seen, is_taught, min_score=min_score)
    has_others = others.labels.is_located.any()
    row = {
        "model": cell.model,
        "dataset": cell.dataset,
        "mode": cell.mode,
        "fraction": float(cell.fraction),
        "seed": int(cell.seed),
        "labeled_animals": labeled_animals,
        **{name: figure(name) for name in FIGURES},
        "pretraining_normalized_error": _normalized_error(others.xy_px, others.labels),
        "pretraining_dropped_keypoints": float(dropped.mean()) if has_others else np.nan,
    }
    return TransferTable(**{name: np.array([value]) for name, value in row.items()})


def _normalized_error(xy_px: Float[ndarray, "animal keypoint 2"], labels: Labels) -> float:
    """Mean error over the longer side of the animal's box; NaN where none is known."""
    error = euclidean_error_px(xy_px, labels.xy_px) / longer_side_px(labels.box_xyxy_px)[:, None]
    return float(np.nanmean(error)) if np.isfinite(error).any() else np.nan
