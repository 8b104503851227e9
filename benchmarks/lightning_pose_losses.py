"""Our losses of Lightning Pose, with names and arrays of lightning_pose_cases.py."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from lightning_pose_cases import CENTERINGS, SIGMA_PX, STRIDE_PX, ours
from torch import Tensor

from superanimal_core.network.soft_argmax import probability_maps, sub_pixel_maxima
from superanimal_core.training import semisupervised as losses
from superanimal_core.training.pose_pca import fit_pose, fit_views

Results = dict[str, Tensor]


def targets(
    *, positions: Tensor, size: Tensor, grid: Tensor, visibility: Tensor | None = None
) -> Results:
    """Maps of positions; of keypoints that are not labeled none, of hidden ones flat."""
    sized = tuple(grid.tolist()), STRIDE_PX, SIGMA_PX
    if visibility is None:
        return {"maps": probability_maps(ours(positions), *sized)}
    labeled = positions.where((visibility != 0)[..., None], np.nan)
    return {"maps": probability_maps(ours(labeled), *sized, visibility == 1)}


def soft_argmax(*, maps: Tensor, enlargements: Tensor) -> Results:
    """Maxima and their confidence."""
    times = int(enlargements)
    found, confidence = sub_pixel_maxima(maps, 2**times, enlargements=times)
    return {"positions": found - 2**times / 2, "confidence": confidence}


def of_labels(loss: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Results]:
    """The mean of a loss over the keypoints that have a target; 0 where none has."""

    def of(*, target: Tensor, predicted: Tensor) -> Results:
        is_labeled = target.sum(dim=(2, 3)) > 0
        each = loss(predicted, target) * is_labeled
        return {"loss": each.sum() / is_labeled.sum().clamp(min=1)}

    return of


def unimodal(loss: Callable[..., Tensor]) -> Callable[..., Results]:
    """How far maps are from the one Gaussian at their own maximum."""

    def of(*, maps: Tensor, size: Tensor) -> Results:
        found, confidence = sub_pixel_maxima(maps, STRIDE_PX, enlargements=2)
        ideal = probability_maps(found, tuple(maps.shape[2:]), STRIDE_PX, SIGMA_PX)
        return {"loss": loss(maps, ideal, confidence, min_confidence=0.0).mean()}

    return of


def one_or_each(epsilon: Tensor) -> float | Tensor:
    """An epsilon of all keypoints, or one of each."""
    return epsilon if epsilon.ndim else epsilon.item()


def temporal(
    *, positions: Tensor, epsilon: Tensor, threshold: Tensor, confidence: Tensor | None = None
) -> Results:
    """Jumps of positions."""
    how: dict[str, Any] = {"epsilon_px": one_or_each(epsilon), "min_confidence": threshold.item()}
    return {"loss": losses.temporal_difference(positions, confidence, **how).mean()}


def temporal_heatmap(loss: Callable[..., Tensor]) -> Callable[..., Results]:
    """Changes of maps."""

    def of(*, maps: Tensor, epsilon: Tensor, threshold: Tensor, confidence: Tensor) -> Results:
        how = {"epsilon": one_or_each(epsilon), "min_confidence": threshold.item()}
        return {"loss": loss(maps, confidence, **how).mean()}

    return of


def pose_pca(
    *,
    labels: Tensor,
    predicted: Tensor,
    points: Tensor,
    share: Tensor,
    epsilon: Tensor | None = None,
    centering: Tensor | None = None,
) -> Results:
    """Distances of poses from the subspace of labels."""
    how = None if centering is None else CENTERINGS[int(centering)]
    found = fit_pose(
        labels.numpy(), points[0].tolist(), components=share.item(), centering=how
    ).allowing(None if epsilon is None else epsilon.item())
    return {
        "loss": losses.pose_pca(predicted, found).mean(),
        "epsilon": torch.tensor(found.epsilon_px),
    }


def view_pca(*, labels: Tensor, predicted: Tensor, points: Tensor) -> Results:
    """Distances of what two views see from the subspace of labels."""
    found = fit_views(labels.numpy(), points.tolist())
    return {
        "loss": losses.pose_pca(predicted, found).mean(),
        "epsilon": torch.tensor(found.epsilon_px),
    }


def pairwise(*, labeled: Tensor, predicted: Tensor) -> Results:
    """Distances in space, over those that are known."""
    found, is_known = losses.pairwise_projections(predicted, labeled)
    return {"loss": found.sum() / is_known.sum().clamp(min=1)}


def reprojection(*, target: Tensor, positions: Tensor, size: Tensor) -> Results:
    """Maps of reprojected positions against targets, like all maps."""
    maps = targets(positions=positions, size=size, grid=torch.tensor(target.shape[2:]))["maps"]
    return of_labels(losses.heatmap_mse)(target=target, predicted=maps)


def weight(*, log_weight: Tensor) -> Results:
    """What a loss is multiplied by."""
    return {"weight": torch.tensor(losses.weight_of(log_weight.item()))}


OURS: Mapping[str, Callable[..., Results]] = {
    "targets": targets,
    "soft-argmax": soft_argmax,
    "heatmap mse": of_labels(losses.heatmap_mse),
    "heatmap kl": of_labels(losses.heatmap_kl),
    "heatmap js": of_labels(losses.heatmap_js),
    "unimodal mse": unimodal(losses.unimodal_mse),
    "unimodal kl": unimodal(losses.unimodal_kl),
    "temporal": temporal,
    "temporal heatmap mse": temporal_heatmap(losses.temporal_heatmap_mse),
    "temporal heatmap kl": temporal_heatmap(losses.temporal_heatmap_kl),
    "pca singleview": pose_pca,
    "pca multiview": view_pca,
    "pairwise projections": pairwise,
    "reprojection": reprojection,
    "weight": weight,
}
