"""Errors of predicted keypoints against labels, by the field's definitions.

"Mean error" is the mean Euclidean distance, which DeepLabCut calls RMSE; the true root mean square
stands under its own name. The normalized error divides by a length of the animal, PCK counts the
part of keypoints within a part of that length (Yang & Ramanan 2013), OKS is COCO's similarity.
"""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float, Shaped
from numpy import ndarray

from superanimal_core.pose.labels import Labels

PCK_FRACTION = 0.1


@dataclass(frozen=True)
class EvaluationTable:
    """One row per member, data set, split and keypoint; also 'all' keypoints together.

    `animals` counts labeled keypoints; errors are in original pixels, `normalized_error` and
    `pck_10` relative to the longer side of the animal's box.
    """

    member: Shaped[ndarray, "row"]
    dataset: Shaped[ndarray, "row"]
    split: Shaped[ndarray, "row"]
    keypoint: Shaped[ndarray, "row"]
    animals: Shaped[ndarray, "row"]
    mean_error_px: Shaped[ndarray, "row"]
    median_error_px: Shaped[ndarray, "row"]
    root_mean_square_error_px: Shaped[ndarray, "row"]
    normalized_error: Shaped[ndarray, "row"]
    pck_10: Shaped[ndarray, "row"]


def euclidean_error_px(
    predicted_px: Float[ndarray, "*shape 2"], true_px: Float[ndarray, "*shape 2"]
) -> Float[ndarray, "*shape"]:
    """Distance of each keypoint to its label; NaN where either is unknown."""
    return np.linalg.norm(predicted_px - true_px, axis=-1)


def object_keypoint_similarity(
    error_px: Float[ndarray, "animal keypoint"],
    area_px2: Float[ndarray, "animal"],
    sigma: Float[ndarray, "keypoint"],
    is_labeled: Bool[ndarray, "animal keypoint"],
) -> Float[ndarray, "animal"]:
    """COCO's OKS: the mean over labeled keypoints of exp(-d^2 / (2 s^2 (2 sigma)^2)).

    s^2 is the area. A labeled keypoint without a prediction counts 0; no labeled one gives NaN.
    """
    scale = 2 * area_px2[:, None] * (2 * sigma[None]) ** 2
    similarity = np.nan_to_num(np.exp(-(error_px**2) / scale), nan=0.0)
    count = is_labeled.sum(axis=1)
    total = np.where(is_labeled, similarity, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)


def evaluate(
    predicted_px: Float[ndarray, "member animal keypoint 2"], labels: Labels
) -> EvaluationTable:
    """Errors of every member and of the ensemble's median, by data set, split and keypoint."""
    named = [(str(i), predicted) for i, predicted in enumerate(predicted_px)]
    if len(named) > 1:
        named.append(("ensemble", np.median(predicted_px, axis=0)))
    length_px = (labels.box_xyxy_px[:, 2:] - labels.box_xyxy_px[:, :2]).max(axis=1)
    parts = sorted({(str(d), str(s)) for d, s in zip(labels.source, labels.split, strict=True)})
    rows = []
    for member, predicted in named:
        error = euclidean_error_px(predicted, labels.xy_px)
        for source, part in parts:
            chosen = (labels.source == source) & (labels.split == part)
            for name, columns in [("all", slice(None)), *_each(labels.space.keypoints)]:
                figures = _figures(error[chosen][:, columns], length_px[chosen])
                if figures:
                    rows.append((member, source, part, name, *figures))
    columns_of = zip(*rows, strict=True) if rows else ((),) * len(fields(EvaluationTable))
    return EvaluationTable(*(np.array(column) for column in columns_of))


def _each(keypoints: tuple[str, ...]) -> list[tuple[str, slice]]:
    return [(keypoint, slice(i, i + 1)) for i, keypoint in enumerate(keypoints)]


def _figures(
    error: Float[ndarray, "animal keypoint"], length_px: Float[ndarray, "animal"]
) -> tuple[int, float, float, float, float, float] | None:
    """Number of labels and the five figures; None when nothing is labeled."""
    known = np.isfinite(error)
    if not known.any():
        return None
    relative = (error / length_px[:, None])[known]
    flat = error[known]
    return (
        len(flat),
        float(flat.mean()),
        float(np.median(flat)),
        float(np.sqrt((flat**2).mean())),
        float(relative.mean()),
        float((relative <= PCK_FRACTION).mean()),
    )
