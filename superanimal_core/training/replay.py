"""Memory replay (Ye et al. 2024): a network that learns a lab's keypoints keeps its other ones.

A lab labels some keypoints of the unified space. Where it defines none, the network from before the
training, the teacher, says on the lab's own images what it sees, and the full head is trained on
both. What a person labeled, or left unlabeled on purpose, is never overruled.

Unlike DeepLabCut, which trains a keypoint without any score as absent, what the teacher is not sure
of is masked. And since the teacher looks into the labeled animal's own box, whether it looked at
that animal is decided on the keypoints that both know, not on the boxes that it was given.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.pose.boxes import box_iou, boxes_from_keypoints, longer_side_px
from superanimal_core.pose.labels import Labels, LabelState

BOX_MARGIN = 0.1  # of the longer side of the animal's box, around the keypoints that both know


def complete_labels(
    labels: Labels,
    taught_xy_px: Float[ndarray, "animal keypoint 2"],
    taught_score: Float[ndarray, "animal keypoint"],
    *,
    min_score: float,
    min_overlap: float,
) -> Labels:
    """Labels in which keypoints that the lab does not define are TAUGHT where the teacher is sure.

    `taught_xy_px` (px of the image) and `taught_score` (0-1) are the teacher's predictions in the
    animals' boxes. Predictions below `min_score`, and all of an animal that the teacher took for
    another one (`is_same_animal`), leave a keypoint undefined: masked in training.
    """
    same = is_same_animal(labels, taught_xy_px, taught_score, min_score, min_overlap)
    is_sure = (taught_score >= min_score) & np.isfinite(taught_xy_px).all(axis=2)
    is_taught = (labels.state == LabelState.NOT_IN_DATASET) & is_sure & same[:, None]
    return replace(
        labels,
        xy_px=np.where(is_taught[..., None], taught_xy_px, labels.xy_px),
        state=np.where(is_taught, LabelState.TAUGHT, labels.state).astype(labels.state.dtype),
        score=np.where(is_taught, taught_score, labels.score),
    )


def is_same_animal(
    labels: Labels,
    taught_xy_px: Float[ndarray, "animal keypoint 2"],
    taught_score: Float[ndarray, "animal keypoint"],
    min_score: float,
    min_overlap: float,
) -> Bool[ndarray, "animal"]:
    """True where the teacher's pose and the labels lie on the same animal.

    The boxes around the keypoints that are labeled and that the teacher is sure of overlap (IoU) by
    at least `min_overlap`. Without such a keypoint nothing speaks for it.
    """
    is_common = labels.is_located & (taught_score >= min_score)
    side_px = longer_side_px(labels.box_xyxy_px)[:, None]
    wider = BOX_MARGIN * side_px * np.array([-1, -1, 1, 1])
    taught, labeled = (
        boxes_from_keypoints(np.where(is_common[..., None], xy_px, np.nan), 0.0) + wider
        for xy_px in (taught_xy_px, labels.xy_px)
    )
    overlap = [box_iou(a[None], b[None])[0, 0] for a, b in zip(taught, labeled, strict=True)]
    return np.array(overlap).reshape(len(labels)) >= max(min_overlap, np.nextafter(0, 1))
