"""Variance inflation: views that contradict the others are trusted less.

Lightning Pose's Ensemble Kalman smoother for several cameras: networks can agree with each other
and still all be wrong in one view. What the views share is a few latent dimensions (factor
analysis); a view whose Mahalanobis distance from what the others predict is large gets a larger
variance, and the analysis is repeated.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

DISTANCE_LIMIT = 5.0  # EKS 4.6.2
FACTOR = 10.0  # EKS 4.6.2
TRUSTED_QUANTILE = 50.0  # percent; EKS 4.6.2 fits on the better half of the frames
MIN_VARIANCE_PX2 = 1e-6
LIKELIHOOD_GAIN = 1e-2  # where the iteration of the factor analysis stops


def inflate_variances(
    centered_px: Float[ndarray, "frame view 2"],
    variance_px2: Float[ndarray, "frame view 2"],
    *,
    latent: int,
    max_rounds: int,
) -> Float[ndarray, "frame view 2"]:
    """Variances times 10 for every round in which a view's squared distance exceeds 5.

    `centered_px` is NaN (or its variance infinite) where a view did not see the keypoint; such a
    view is never inflated and does not count. With two views it cannot be said which of them is
    wrong, so both are inflated. With one view, or too few good frames, nothing changes.

    Unlike ensemble-kalman-smoother 4.6.2 the number of rounds has a limit.
    """
    views = centered_px.shape[1]
    inflated = np.where(np.isfinite(centered_px), variance_px2, np.inf)
    if views < 2:
        return inflated
    for _ in range(max_rounds):
        far = _squared_distances(centered_px, inflated, latent) > DISTANCE_LIMIT
        if views == 2:
            far = np.broadcast_to(far.any(axis=1, keepdims=True), far.shape)
        if not far.any():
            break
        inflated = np.where(far[..., None], inflated * FACTOR, inflated)
    return inflated


def _squared_distances(centered_px: ndarray, variance_px2: ndarray, latent: int) -> ndarray:
    """Mahalanobis distance of each view from what all views together say; 0 where unknown."""
    frames, views, _ = centered_px.shape
    x = np.where(np.isfinite(centered_px), centered_px, 0.0).reshape(frames, -1)
    v = variance_px2.reshape(frames, -1)
    worst = v.max(axis=1)
    is_seen = np.isfinite(worst)
    if is_seen.sum() <= 2 * x.shape[1]:
        return np.zeros((frames, views))
    limit = np.percentile(worst[is_seen], TRUSTED_QUANTILE)
    trusted = worst < limit if (worst < limit).sum() > x.shape[1] else worst <= limit
    if trusted.sum() <= x.shape[1]:
        return np.zeros((frames, views))
    loadings, mean = factor_analysis(x[trusted], latent)
    weight = 1 / (v + MIN_VARIANCE_PX2)
    information = np.einsum("to,oi,oj->tij", weight, loadings, loadings, optimize=True)
    information += 1e-12 * np.eye(loadings.shape[1])  # frames in which nothing was seen
    covariance = np.linalg.inv(information)
    latent_mean = np.einsum("tij,tj->ti", covariance, ((x - mean) * weight) @ loadings)
    residual = (x - mean - latent_mean @ loadings.T).reshape(frames, views, 2)
    distances = np.zeros((frames, views))
    for view in range(views):
        rows = slice(2 * view, 2 * view + 2)
        seen = np.isfinite(v[:, rows]).all(axis=1)
        spread = loadings[rows] @ covariance[seen] @ loadings[rows].T
        spread[:, [0, 1], [0, 1]] += v[seen, rows]
        solved = np.linalg.solve(spread, residual[seen, view, :, None])[..., 0]
        distances[seen, view] = (residual[seen, view] * solved).sum(axis=1)
    return distances


def factor_analysis(
    x: Float[ndarray, "row seen"], latent: int
) -> tuple[Float[ndarray, "seen latent"], Float[ndarray, "seen"]]:
    """Maximum-likelihood loadings and mean, x = W z + mean + independent noise.

    Alternates the loadings given the noise (leading eigenvectors of the covariance in units of the
    noise; Barber 2012, section 21.2) and the noise given the loadings.
    """
    mean = x.mean(axis=0)
    covariance = np.cov(x, rowvar=False, ddof=0)
    noise = np.ones(x.shape[1])
    loadings, previous = np.zeros((x.shape[1], latent)), -np.inf
    for _ in range(1000):
        scale = np.sqrt(noise) + 1e-12
        values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
        values, vectors = values[::-1], vectors[:, ::-1]
        kept = np.maximum(values[:latent], 1e-300)
        loadings = scale[:, None] * vectors[:, :latent] * np.sqrt(np.maximum(kept - 1, 0))
        constant = x.shape[1] * np.log(2 * np.pi) + latent
        misfit = constant + np.log(kept).sum() + values[latent:].sum() + np.log(noise).sum()
        likelihood = -0.5 * len(x) * misfit
        if likelihood - previous < LIKELIHOOD_GAIN:
            break
        previous = likelihood
        noise = np.maximum(np.diag(covariance) - np.square(loadings).sum(axis=1), 1e-12)
    return loadings, mean
