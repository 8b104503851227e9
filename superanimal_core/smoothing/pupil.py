"""The Ensemble Kalman smoother for a pupil: one diameter and one center behind four points.

Biderman, Whiteway et al. 2024 (Lightning Pose), pupil model of the International Brain Laboratory:
the top, bottom, right and left of a pupil are determined by its diameter and center, and each of
these returns to its mean, x_t = s x_{t-1} + w_t with the variance that keeps it stationary.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.settings.smoothing import PupilSmoothing
from superanimal_core.smoothing.eks import (
    SmoothedTrack,
    check_members,
    observation_noise_px2,
    poses_from_tracks,
)
from superanimal_core.smoothing.ensemble import EnsembleMoments, ensemble_moments
from superanimal_core.smoothing.kalman import (
    Observations,
    StateModel,
    smooth_states,
    state_log_likelihood,
)

# Rows (x, y) of top, bottom, right, left; columns diameter, center x, center y; y points down.
DESIGN = np.array(
    [
        [0, 1, 0], [-0.5, 0, 1],
        [0, 1, 0], [0.5, 0, 1],
        [0.5, 1, 0], [0, 0, 1],
        [-0.5, 1, 0], [0, 0, 1],
    ]
)  # fmt: skip
MEMORY_MARGIN = 1e-3  # EKS 4.6.2: the memories stay within (0.001, 0.999)
LEAST_SPREAD_PX2 = 1e-6  # of a center that stands still: no covariance is singular
START = (0.99, 0.98)  # EKS 4.6.2: where the search begins


@dataclass(frozen=True)
class PupilTrack:
    """Diameter and center (px) of one pupil, their covariance, and the memories used."""

    diameter_px: Float[ndarray, "frame"]
    center_px: Float[ndarray, "frame 2"]
    covariance_px2: Float[ndarray, "frame 3 3"]
    diameter_memory: float
    center_memory: float


def smooth_pupil(members: Sequence[Poses], settings: PupilSmoothing) -> SmoothedPoses:
    """Posterior mean and variance of the four points of every individual's pupil.

    `points` are the keypoints at the top, bottom, right and left; the others stay unknown.
    `memories` are the AR(1) coefficients per frame of diameter and center (0-1, near 1 is smooth);
    None finds the most likely ones. Frames are taken as equally spaced; frames without any point
    are filled in. `strength` is the diameter's memory. The pupil itself follows from the points:
    its diameter is the distance of top and bottom, its center their middle.

    A pupil that is seen in fewer than two frames has no mean to return to: its points stay where
    they were seen, with the noise of the observation as their variance.

    Unlike ensemble-kalman-smoother 4.6.2, every value stands under its own keypoint, with its own
    variance. DatasetError when the space lacks one of the points.
    """
    first = check_members(members)
    columns = [first.space.index(name) for name in settings.points]
    tracks = []
    for i in range(len(first.individuals)):
        moments = ensemble_moments(
            [m.xy_px[:, i] for m in members], [m.score[:, i] for m in members], settings
        )
        noise = observation_noise_px2(moments, settings)
        pupil = fit_pupil(
            moments.center_px[:, columns], noise[:, columns], memories=settings.memories
        )
        tracks += [_track(pupil, moments, noise, columns, k) for k in range(len(first.space))]
    return poses_from_tracks(first, tracks)


def fit_pupil(
    xy_px: Float[ndarray, "frame 4 2"],
    noise_px2: Float[ndarray, "frame 4 2"],
    *,
    memories: tuple[float, float] | None,
) -> PupilTrack:
    """Posterior of diameter and center from the points at the top, bottom, right and left.

    Their spread over the frames is that of the model; one that is next to none is taken as small.
    """
    diameter, middle = pupil_geometry(xy_px)
    if np.isfinite(diameter).sum() < 2 or np.isfinite(middle).sum() < 2:
        unknown = np.full((len(xy_px), 3, 3), np.nan)
        return PupilTrack(unknown[:, 0, 0], unknown[:, 0, :2], unknown, np.nan, np.nan)
    origin = np.nanmean(middle, axis=0)
    frames = len(xy_px)
    y = (xy_px - origin).reshape(frames, 8)
    weight = np.where(np.isfinite(y), 1 / noise_px2.reshape(frames, 8), 0.0)
    seen = Observations(np.nan_to_num(y), weight, DESIGN)
    spread = np.array([np.nanvar(diameter), *np.nanvar(middle, axis=0)])
    mean = float(np.nanmean(diameter))
    spread = np.maximum(spread, [_least_spread_px2(mean), LEAST_SPREAD_PX2, LEAST_SPREAD_PX2])
    if memories is None:
        memories = _most_likely_memories(mean, spread, seen)
    posterior = smooth_states(_model(mean, spread, memories, frames), seen)
    return PupilTrack(
        posterior.mean[:, 0],
        posterior.mean[:, 1:] + origin,
        posterior.covariance,
        *memories,
    )


def pupil_geometry(
    xy_px: Float[ndarray, "frame 4 2"],
) -> tuple[Float[ndarray, "frame"], Float[ndarray, "frame 2"]]:
    """Raw diameter (median of six estimates from pairs of points) and center of each frame."""
    top, bottom, right, left = np.moveaxis(xy_px, 1, 0)
    across = [_distance(top, bottom), _distance(left, right)]
    corner = [_distance(a, b) for a in (top, bottom) for b in (left, right)]
    diameter = _known_median(np.stack([*across, *(np.sqrt(2) * c for c in corner)]))
    vertical = _known_median(np.stack([top, bottom]))
    horizontal = _known_median(np.stack([right, left]))
    return diameter, _known_median(np.stack([vertical, horizontal]))


def _least_spread_px2(mean_px: float) -> float:
    """The spread of a diameter from which on its steps are as large as its decay towards 0.

    It decays so because, as in the reference, not it but the center is taken from its mean. A
    diameter that hardly changes (by less than 2 % of itself) would be drawn to 0 otherwise.
    """
    return max(mean_px**2 * MEMORY_MARGIN / (2 - MEMORY_MARGIN), LEAST_SPREAD_PX2)


def _most_likely_memories(
    mean: float, spread: Float[ndarray, "state"], seen: Observations
) -> tuple[float, float]:
    """Memories of diameter and center with the highest likelihood (Nelder-Mead on logits)."""
    from scipy.optimize import minimize  # here: given memories need no search
    from scipy.special import expit, logit

    def memories(u: ndarray) -> tuple[float, float]:
        first, second = MEMORY_MARGIN + (1 - 2 * MEMORY_MARGIN) * expit(u)
        return float(first), float(second)

    found = minimize(
        lambda u: -state_log_likelihood(_model(mean, spread, memories(u), len(seen.y)), seen),
        logit((np.array(START) - MEMORY_MARGIN) / (1 - 2 * MEMORY_MARGIN)),
        method="Nelder-Mead",
        options={"xatol": 1e-3, "fatol": 1e-3},
    )
    return memories(found.x)


def _model(mean: float, spread: ndarray, memories: tuple[float, float], frames: int) -> StateModel:
    memory = np.array([memories[0], memories[1], memories[1]])
    return StateModel(
        np.array([mean, 0.0, 0.0]),
        np.diag(spread),
        np.diag(memory),
        np.diag(spread * (1 - memory**2)),
        np.ones(max(frames - 1, 0)),
    )


def _track(
    pupil: PupilTrack, moments: EnsembleMoments, noise_px2: ndarray, columns: list[int], k: int
) -> SmoothedTrack:
    """One keypoint's track: a point of the pupil, what was seen of it, or unknown."""
    own = EnsembleMoments(
        moments.center_px[:, k], moments.variance_px2[:, k], moments.score[:, k],
        moments.members[:, k],
    )  # fmt: skip
    unknown = np.full(own.center_px.shape, np.nan)
    if k not in columns:
        return SmoothedTrack(unknown, unknown, own, float("nan"), "pupil")
    if np.isnan(pupil.diameter_memory):
        seen = np.where(np.isfinite(noise_px2[:, k]), noise_px2[:, k], np.nan)
        return SmoothedTrack(own.center_px, seen, own, float("nan"), "none")
    rows = DESIGN[2 * columns.index(k) :][:2]
    state = np.column_stack([pupil.diameter_px, pupil.center_px])
    variance = np.einsum("oi,tij,oj->to", rows, pupil.covariance_px2, rows)
    return SmoothedTrack(state @ rows.T, variance, own, pupil.diameter_memory, "pupil")


def _distance(first: ndarray, second: ndarray) -> ndarray:
    return np.hypot(*(first - second).T)


def _known_median(values: ndarray) -> ndarray:
    """Median over axis 0 of the known values, without a warning where there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmedian(values, axis=0)
