"""The subspace that poses lie in, fitted on labels: how far another pose is from what was labeled.

Biderman et al. 2024. One fit serves both of their uses: a row is all keypoints of an animal (pose
PCA), or the places where several views see one part of the body (multi-view PCA).

All positions, of the fit and of what is measured with it, are pixels of the original image. Unlike
Lightning Pose since 2024, which fits in pixels of the resized image and measures in those of the
original one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor

from superanimal_core.errors import TrainingError

Centering = Literal["mean", "median"]
PERCENTILE = 99.0  # of the labels' own distances: what is further away is unusual
VIEW_COMPONENTS = 3  # what several views see of a part of the body has three dimensions


@dataclass(frozen=True)
class PoseSubspace:
    """A mean, directions around it, and the distance from it that is usual (px).

    `points` are the keypoints of a row, for each of its rows: (1, all) for pose PCA, (part of the
    body, view) for multi-view PCA. A row has the coordinates x, y of its points one after the
    other. With `centering` the mean or median of the points of a row is taken from each first.
    """

    points: Int[ndarray, "row point"]
    mean_px: Float[ndarray, "coordinate"]
    directions: Float[ndarray, "component coordinate"]
    epsilon_px: float
    centering: Centering | None

    def distances(
        self, xy_px: Float[Tensor, "frame keypoint 2"]
    ) -> Float[Tensor, "frame row point"]:
        """How far each point is from its place in the nearest pose of the subspace (px).

        A row with an unknown position has NaN for all of its points.
        """
        rows = _rows(xy_px, torch.from_numpy(self.points).to(xy_px.device), self.centering)
        offset = rows.flatten(2) - xy_px.new_tensor(self.mean_px)
        directions = xy_px.new_tensor(self.directions)
        residual = offset - offset @ directions.mT @ directions
        return _length(residual.view_as(rows))

    def allowing(self, epsilon_px: float | None) -> "PoseSubspace":
        """The same with another distance that is usual; None: what the labels say."""
        return self if epsilon_px is None else replace(self, epsilon_px=epsilon_px)

    def described(self) -> dict[str, Any]:
        """Plain values, as JSON holds them; `subspace_from` reads them."""
        return {k: v.tolist() if isinstance(v, ndarray) else v for k, v in asdict(self).items()}


def subspace_from(described: Mapping[str, Any]) -> PoseSubspace:
    """The subspace that was described, to the last bit."""
    return PoseSubspace(
        points=np.array(described["points"], np.int64),
        mean_px=np.array(described["mean_px"], np.float64),
        directions=np.array(described["directions"], np.float64),
        epsilon_px=described["epsilon_px"],
        centering=described["centering"],
    )


def fit_pose(
    xy_px: Float[ndarray, "animal keypoint 2"],
    keypoints: Sequence[int],
    *,
    components: float,
    centering: Centering | None,
) -> PoseSubspace:
    """Pose PCA: the subspace of whole poses of the keypoints (original px, NaN where unknown).

    `components`: the share of the variance to keep (below 1), or a number of directions.
    TrainingError for fewer animals than coordinates: their subspace would hold whatever they do.
    """
    points = np.array([list(keypoints)], np.int64)
    return _fit(xy_px, points, components, centering)


def fit_views(
    xy_px: Float[ndarray, "animal keypoint 2"], views: Sequence[Sequence[int]]
) -> PoseSubspace:
    """Multi-view PCA: what several views see of any one part of the body (original px).

    `views` are the keypoints of each view, in the same order of parts: mirrors show them in one
    image; keypoints of separate cameras are put one after the other, frames that were taken at once
    in one row. TrainingError as in `fit_pose`.
    """
    points = np.array([list(view) for view in views], np.int64).T
    return _fit(xy_px, points, VIEW_COMPONENTS, None)


def _fit(
    xy_px: Float[ndarray, "animal keypoint 2"],
    points: Int[ndarray, "row point"],
    components: float,
    centering: Centering | None,
) -> PoseSubspace:
    labeled = torch.from_numpy(np.asarray(xy_px, np.float64))
    rows = _rows(labeled, torch.from_numpy(points), centering).flatten(2).flatten(0, 1).numpy()
    known = rows[np.isfinite(rows).any(axis=1)]
    if len(known) < max(rows.shape[1], 2):
        raise TrainingError(
            f"{len(known)} labeled poses are too few for a subspace of {rows.shape[1]} "
            "coordinates; name fewer keypoints, or label more images"
        )
    mean, covariance = mean_and_covariance(known)
    variances, directions = np.linalg.eigh(covariance)
    order = np.argsort(-variances, kind="stable")
    kept = components_kept(variances[order], components)
    fitted = PoseSubspace(points, mean, directions[:, order[:kept]].T, 0.0, centering)
    usual = np.nanpercentile(fitted.distances(labeled).numpy(), PERCENTILE)
    return replace(fitted, epsilon_px=float(usual))


def mean_and_covariance(
    rows: Float[ndarray, "row coordinate"],
) -> tuple[Float[ndarray, "coordinate"], Float[ndarray, "coordinate coordinate"]]:
    """Of each coordinate the mean, and of each pair the covariance, where they are known.

    TrainingError for a pair of coordinates that fewer than two rows know.
    """
    is_known = np.isfinite(rows)
    together = is_known.T.astype(np.float64) @ is_known
    if together.min() < 2:
        raise TrainingError(
            "some keypoints of a subspace are labeled together in fewer than two images; leave one "
            "of them out"
        )
    mean = np.nanmean(rows, axis=0)
    offset = np.where(is_known, rows - mean, 0.0)
    return mean, offset.T @ offset / (together - 1)


def components_kept(variances: Float[ndarray, "component"], components: float) -> int:
    """How many of the directions, in which poses vary so much, are kept; the largest come first.

    The fewest that hold the share `components` of the variance together, or that number of them.
    Of labels with gaps the covariance is no true one: variances below zero count as zero.
    """
    if components >= 1:
        return min(int(components), len(variances))
    held = np.cumsum(variances.clip(min=0))
    return min(int(np.searchsorted(held / held[-1], components)) + 1, len(variances))


def _rows(
    xy_px: Float[Tensor, "frame keypoint 2"],
    points: Int[Tensor, "row point"],
    centering: Centering | None,
) -> Float[Tensor, "frame row point 2"]:
    """The points of each row; unknown ones are NaN, all of a centered row with one of them."""
    rows = xy_px[:, points]
    if centering == "mean":
        return rows - rows.mean(dim=2, keepdim=True)
    if centering == "median":
        return rows - rows.quantile(0.5, dim=2, keepdim=True)
    return rows


def _length(offset: Float[Tensor, "*shape 2"]) -> Float[Tensor, "*shape"]:
    """Lengths whose gradient is 0, and not undefined, at 0."""
    squared = offset.square().sum(dim=-1)
    return torch.where(squared == 0, 0.0, torch.where(squared == 0, 1.0, squared).sqrt())
