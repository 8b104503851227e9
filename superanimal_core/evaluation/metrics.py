"""Errors of predicted keypoints against labels, by the field's definitions.

"Mean error" is the mean Euclidean distance, which DeepLabCut calls RMSE; the true root mean square
stands under its own name. The normalized error divides by a length of the animal, PCK counts the
part of keypoints within a part of that length (Yang & Ramanan 2013), OKS is COCO's similarity.
Means stand with their 95 % interval over the groups (videos, animals) of images.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float, Shaped
from numpy import ndarray

from superanimal_core.evaluation.average_precision import AveragePrecision, average_precision
from superanimal_core.evaluation.bootstrap import group_interval
from superanimal_core.pose.boxes import box_area_px2, boxes_from_keypoints, longer_side_px
from superanimal_core.pose.labels import Labels
from superanimal_core.pose.members import middle_of_members

PCK_FRACTION = 0.1
DEEPLABCUT_SIGMA = 0.1  # of every keypoint (DeepLabCut 3)
BOOTSTRAP_SEED = 0
ALL = "all"


@dataclass(frozen=True)
class EvaluationTable:
    """One row per member, data set, split and keypoint; also 'all' keypoints together.

    `boxes` says in whose boxes the animals were looked at: `label`, those of the labels, or
    `detector`, those that the model's videos get. An animal that the detector has missed has no
    error; `animals` then counts fewer, and the precisions count it as wrong.
    `animals` counts labeled keypoints; errors are in original pixels, `normalized_error` and
    `pck_10` relative to the longer side of the animal's box. `_low`, `_high` are 95 % intervals.
    `oks_map`, `oks_mar` are COCO's with the area of the box and the space's sigmas (0.1 where it
    has none), `dlc_map`, `dlc_mar` DeepLabCut's; both are NaN for single keypoints.
    """

    member: Shaped[ndarray, "row"]
    dataset: Shaped[ndarray, "row"]
    split: Shaped[ndarray, "row"]
    keypoint: Shaped[ndarray, "row"]
    animals: Shaped[ndarray, "row"]
    mean_error_px: Shaped[ndarray, "row"]
    mean_error_low_px: Shaped[ndarray, "row"]
    mean_error_high_px: Shaped[ndarray, "row"]
    median_error_px: Shaped[ndarray, "row"]
    root_mean_square_error_px: Shaped[ndarray, "row"]
    normalized_error: Shaped[ndarray, "row"]
    normalized_error_low: Shaped[ndarray, "row"]
    normalized_error_high: Shaped[ndarray, "row"]
    pck_10: Shaped[ndarray, "row"]
    oks_map: Shaped[ndarray, "row"]
    oks_mar: Shaped[ndarray, "row"]
    dlc_map: Shaped[ndarray, "row"]
    dlc_mar: Shaped[ndarray, "row"]
    boxes: Shaped[ndarray, "row"]


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


def extent_area_px2(
    xy_px: Float[ndarray, "animal keypoint 2"],
) -> Float[ndarray, "animal"]:
    """Area of the rectangle around the labeled keypoints, as DeepLabCut takes it for OKS.

    NaN where it is empty: fewer than two keypoints, or all on one line along an axis.
    """
    area = box_area_px2(boxes_from_keypoints(xy_px, margin_px=0.0))
    return np.where(area > 0, area, np.nan)


def pose_precision(
    predicted_px: Float[ndarray, "animal keypoint 2"],
    score: Float[ndarray, "animal keypoint"],
    labels: Labels,
    area_px2: Float[ndarray, "animal"],
    sigma: Float[ndarray, "keypoint"],
) -> AveragePrecision:
    """mAP and mAR of one predicted pose per labeled animal, matched anew within each image.

    A pose is as sure as its mean score. Animals without a label or without an area are left out.
    """
    usable = labels.is_located.any(axis=1) & np.isfinite(area_px2)
    _, image = np.unique(labels.image.astype(str), return_inverse=True)
    similarity, sure = [], []
    for each in np.unique(image[usable]):
        rows = np.flatnonzero(usable & (image == each))
        labeled, predicted = np.meshgrid(rows, rows)
        found = object_keypoint_similarity(
            euclidean_error_px(predicted_px[predicted.ravel()], labels.xy_px[labeled.ravel()]),
            area_px2[labeled.ravel()],
            sigma,
            labels.is_located[labeled.ravel()],
        )
        similarity.append(found.reshape(labeled.shape))
        sure.append(score[rows].mean(axis=1))
    return average_precision(similarity, sure)


def evaluate(
    predicted_px: Float[ndarray, "member animal keypoint 2"],
    score: Float[ndarray, "member animal keypoint"],
    labels: Labels,
    boxes: str = "label",
) -> EvaluationTable:
    """Figures of every member and of the ensemble, by data set, split and keypoint.

    `boxes` names the boxes that the predictions were made in.

    The ensemble is the median position and the mean score. A labeled keypoint that no network was
    taught has no error and no row; the precisions count it as wrong.
    """
    named = [(str(i), *member) for i, member in enumerate(zip(predicted_px, score, strict=True))]
    if len(named) > 1:
        named.append(("ensemble", *middle_of_members(predicted_px, score)))
    parts = sorted({(str(d), str(s)) for d, s in zip(labels.source, labels.split, strict=True)})
    rows = []
    for member, predicted, sure in named:
        for source, part in parts:
            chosen = np.flatnonzero((labels.source == source) & (labels.split == part))
            some = labels.select(chosen)
            error = euclidean_error_px(predicted[chosen], some.xy_px)
            if not np.isfinite(error).any():
                continue
            precision = _precisions(predicted[chosen], sure[chosen], some)
            rows.append((member, source, part, ALL, *_figures(error, some), *precision, boxes))
            for column, keypoint in enumerate(labels.space.keypoints):
                own = error[:, [column]]
                if np.isfinite(own).any():
                    figures = _figures(own, some)
                    rows.append((member, source, part, keypoint, *figures, *[np.nan] * 4, boxes))
    columns_of = zip(*rows, strict=True) if rows else ((),) * len(fields(EvaluationTable))
    return EvaluationTable(*(np.array(column) for column in columns_of))


def joined(tables: Sequence[EvaluationTable]) -> EvaluationTable:
    """The rows of several tables, one after the other."""
    filled = [table for table in tables if len(table.member)] or tables[:1]
    names = [field.name for field in fields(EvaluationTable)]
    return EvaluationTable(*(np.concatenate([getattr(t, n) for t in filled]) for n in names))


def _precisions(
    predicted_px: Float[ndarray, "animal keypoint 2"],
    score: Float[ndarray, "animal keypoint"],
    labels: Labels,
) -> tuple[float, ...]:
    """mAP and mAR by COCO's definition, and by DeepLabCut's."""
    theirs = np.full(len(labels.space), DEEPLABCUT_SIGMA)
    sigma = np.array(labels.space.oks_sigmas) if labels.space.oks_sigmas else theirs
    area, extent = box_area_px2(labels.box_xyxy_px), extent_area_px2(labels.xy_px)
    coco = pose_precision(predicted_px, score, labels, area, sigma)
    return *coco, *pose_precision(predicted_px, score, labels, extent, theirs)


def _figures(error: Float[ndarray, "animal keypoint"], labels: Labels) -> tuple[int | float, ...]:
    """Number of labels, and the figures of which each label is a part."""
    known = np.isfinite(error)
    length_px = longer_side_px(labels.box_xyxy_px)
    relative = error / length_px[:, None]
    flat = error[known]
    return (
        len(flat),
        float(flat.mean()),
        *group_interval(error, labels.group, BOOTSTRAP_SEED),
        float(np.median(flat)),
        float(np.sqrt((flat**2).mean())),
        float(relative[known].mean()),
        *group_interval(relative, labels.group, BOOTSTRAP_SEED),
        float((relative[known] <= PCK_FRACTION).mean()),
    )
