"""Keypoint gradient masking (Ye et al. 2024): what a data set does not define teaches nothing.

Many data sets share one network with one heatmap per unified keypoint. A keypoint that a data set
does not define is neither present nor absent in its images, so its output gets weight zero.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from superanimal_core.pose.labels import LabelState
from superanimal_core.training.picture_edge import BEYOND

SumAndWeight = tuple[Float[Tensor, ""], Float[Tensor, ""]]


def keypoint_weights(
    state: Int[Tensor, "batch keypoint"], *, not_labeled_weight: float, masking: bool
) -> Float[Tensor, "batch keypoint"]:
    """Weight of every heatmap in the loss: 1 where it is known that and where, or that not.

    NOT_IN_DATASET: 0. NOT_LABELED: `not_labeled_weight` (towards background; DeepLabCut's generic
    head uses 0). Without `masking`, the ablation, every missing keypoint counts as background.
    """
    weight = ((state >= LabelState.OCCLUDED) | (state == BEYOND)).to(torch.float32)
    if not masking:
        return torch.ones_like(weight)
    return weight + (state == LabelState.NOT_LABELED).to(torch.float32) * not_labeled_weight


def masked_loss(
    per_keypoint: Float[Tensor, "batch keypoint"], weight: Float[Tensor, "batch keypoint"]
) -> SumAndWeight:
    """Sum of the weighted losses of keypoints, and of the weights.

    Ye et al. 2024, keypoint gradient masking: a keypoint that a dataset does not define says
    nothing about the image, so it must not push its heatmap towards background. A batch that
    defines none has loss 0 and gradient 0.
    """
    return (per_keypoint * weight).sum(), weight.sum()
