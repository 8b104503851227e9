"""Losses of Lightning Pose (Biderman et al. 2024): on labels, and on video that nobody labeled.

Each function gives the loss of every entry. The published loss is their mean, the entries that are
zero included; of losses on labels, over the labeled keypoints. Positions are pixels of the original
image, frames are consecutive ones of a video, and maps are those of network.soft_argmax.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from superanimal_core.training.pose_pca import PoseSubspace

TINY = 1e-10  # added to maps before logarithms (published)

Maps = Float[Tensor, "frame keypoint height width"]
PerKeypoint = Float[Tensor, "frame keypoint"]
PerPair = Float[Tensor, "pair keypoint"]


def weight_of(log_weight: float) -> float:
    """What a loss is multiplied by, once. Until 2026 Lightning Pose multiplied by it twice."""
    return 1 / (2 * math.exp(log_weight))


def annealed(
    now: float, *, frozen_until: float, initial: float, increase: float, final: float
) -> float:
    """How much losses on video count by now: nothing at first, then more and more.

    `now`, `frozen_until` and the `increase` of 1 have one unit (published: epochs).
    """
    if now < frozen_until:
        return 0.0
    return min(initial + increase * (now - frozen_until), final)


def heatmap_mse(predicted: Maps, target: Maps) -> PerKeypoint:
    """Mean squared error of each map, times the number of its cells."""
    return (predicted - target).square().sum(dim=(2, 3))


def heatmap_kl(predicted: Maps, target: Maps) -> PerKeypoint:
    """Kullback-Leibler divergence of the target from the prediction."""
    return divergence(target, predicted)


def heatmap_js(predicted: Maps, target: Maps) -> PerKeypoint:
    """Jensen-Shannon divergence: half of each one's divergence from their mean."""
    middle = (predicted + target) / 2
    return (divergence(target, middle) + divergence(predicted, middle)) / 2


def temporal_difference(
    xy_px: Float[Tensor, "frame keypoint 2"],
    confidence: PerKeypoint | None,
    *,
    epsilon_px: float | Float[Tensor, "keypoint"],
    min_confidence: float,
) -> PerPair:
    """How much further than `epsilon_px` a keypoint jumps from a frame to the next (px).

    0 where the network is less sure than `min_confidence` in either frame.
    """
    jump_px = torch.linalg.vector_norm(xy_px[1:] - xy_px[:-1], dim=2)
    return _beyond(jump_px, confidence, epsilon_px, min_confidence)


def temporal_heatmap_mse(
    maps: Maps,
    confidence: PerKeypoint | None,
    *,
    epsilon: float | Float[Tensor, "keypoint"],
    min_confidence: float,
) -> PerPair:
    """The same of maps: their mean squared difference, per cell."""
    change = (maps[1:] - maps[:-1]).square().mean(dim=(2, 3))
    return _beyond(change, confidence, epsilon, min_confidence)


def temporal_heatmap_kl(
    maps: Maps,
    confidence: PerKeypoint | None,
    *,
    epsilon: float | Float[Tensor, "keypoint"],
    min_confidence: float,
) -> PerPair:
    """The same of maps: the divergence of the later one from the earlier one."""
    return _beyond(divergence(maps[1:], maps[:-1]), confidence, epsilon, min_confidence)


def pose_pca(
    xy_px: Float[Tensor, "frame keypoint 2"], subspace: PoseSubspace
) -> Float[Tensor, "frame row point"]:
    """How much further than usual each keypoint is from the subspace of the labels (px).

    Pose PCA, or multi-view PCA: the subspace says which. No confidence counts (published).
    """
    return torch.relu(subspace.distances(xy_px) - subspace.epsilon_px)


def unimodal_mse(
    maps: Maps, ideal: Maps, confidence: PerKeypoint, *, min_confidence: float
) -> PerKeypoint:
    """How far each map is from the one Gaussian at its own maximum; 0 where it is less sure.

    `ideal` are probability_maps of the predicted positions.
    """
    return heatmap_mse(maps, ideal) * (confidence >= min_confidence)


def unimodal_kl(
    maps: Maps, ideal: Maps, confidence: PerKeypoint, *, min_confidence: float
) -> PerKeypoint:
    """The same by divergence."""
    return heatmap_kl(maps, ideal) * (confidence >= min_confidence)


def pairwise_projections(
    predicted_xyz: Float[Tensor, "frame pair keypoint 3"],
    labeled_xyz: Float[Tensor, "frame keypoint 3"],
) -> tuple[Float[Tensor, "frame pair keypoint"], Bool[Tensor, "frame pair keypoint"]]:
    """Distances of positions in space, one for each pair of views, from the labeled ones.

    And which are known; the others are 0. The published loss is the mean over the known ones.
    """
    offset = predicted_xyz - labeled_xyz[:, None]
    is_known = offset.isfinite().all(dim=3)
    return torch.linalg.vector_norm(offset.where(is_known[..., None], 0.0), dim=3), is_known


def divergence(of: Maps, from_: Maps) -> PerKeypoint:
    """Kullback-Leibler divergence of maps from others, a little added to both."""
    of, from_ = of + TINY, from_ + TINY
    return (of * (of.log() - from_.log())).sum(dim=(2, 3))


def _beyond(
    change: PerPair,
    confidence: PerKeypoint | None,
    epsilon: float | Float[Tensor, "keypoint"],
    min_confidence: float,
) -> PerPair:
    """What of a change is above epsilon, where the network is sure of both frames."""
    if confidence is not None:
        is_sure = confidence >= min_confidence
        change = change * (is_sure[1:] & is_sure[:-1])
    return torch.relu(change - epsilon)
