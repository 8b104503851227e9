"""Smoothers to compare with: the ensemble's center as it is, and three common filters of it.

A filter never bridges a gap: NaN stays NaN and is left out of its neighbors' windows. None of them
has a posterior; `variance_px2` is the ensemble variance of the frame (0 for one network), which
says nothing about the filter. `strength` is NaN. Windows are in seconds and become whole frames of
the median frame interval.
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.settings.smoothing import (
    EnsembleSettings,
    MedianSmoothing,
    OneEuroSmoothing,
    SavitzkyGolaySmoothing,
)
from superanimal_core.smoothing.eks import (
    SmoothedTrack,
    check_members,
    poses_from_tracks,
    smooth_ensemble,
)
from superanimal_core.smoothing.ensemble import ensemble_moments
from superanimal_core.smoothing.pupil import smooth_pupil
from superanimal_core.smoothing.running_median import odd_window, running_median


def take_center(members: Sequence[Poses], settings: EnsembleSettings) -> SmoothedPoses:
    """No smoothing: the center of the members that saw the keypoint."""
    return _filtered(members, settings, "none", lambda xy_px: xy_px)


def smooth_by_median(members: Sequence[Poses], settings: MedianSmoothing) -> SmoothedPoses:
    """Running median of the center over `window_s`, at least three frames."""
    window = odd_window(check_members(members).time_s, settings.window_s)
    return _filtered(members, settings, "median", lambda xy_px: running_median(xy_px, window))


def smooth_by_polynomial(
    members: Sequence[Poses], settings: SavitzkyGolaySmoothing
) -> SmoothedPoses:
    """Savitzky-Golay filter of the center: polynomials of `order` over `window_s`.

    Holes are interpolated for the fit and stay holes. The window is widened to more frames than
    the order; a video shorter than the window stays as it is.
    """
    time_s, order = check_members(members).time_s, settings.order
    window = max(odd_window(time_s, settings.window_s), 2 * (order // 2) + 3)
    return _filtered(
        members, settings, "savitzky_golay", lambda xy_px: _savitzky_golay(xy_px, window, order)
    )


def smooth_by_one_euro(members: Sequence[Poses], settings: OneEuroSmoothing) -> SmoothedPoses:
    """One-Euro filter of the center (Casiez, Roussel and Vogel 2012): causal, so it lags.

    The cutoff is `min_cutoff_hz` at rest and grows by `speed_coefficient` (the paper's beta) per
    px/s of the speed, which itself is low-passed at `derivative_cutoff_hz`.
    """
    time_s = check_members(members).time_s
    s = settings
    limits = (s.min_cutoff_hz, s.speed_coefficient, s.derivative_cutoff_hz)
    return _filtered(members, settings, "one_euro", lambda xy_px: one_euro(xy_px, time_s, *limits))


SMOOTHERS: dict[str, Callable[..., SmoothedPoses]] = {
    "eks": smooth_ensemble,
    "none": take_center,
    "median": smooth_by_median,
    "savitzky_golay": smooth_by_polynomial,
    "one_euro": smooth_by_one_euro,
    "pupil": smooth_pupil,
}


def one_euro(
    values: Float[ndarray, "frame axis"],
    time_s: Float[ndarray, "frame"],
    min_cutoff_hz: float,
    speed_coefficient: float,
    derivative_cutoff_hz: float,
) -> Float[ndarray, "frame axis"]:
    """The filter frame by frame; after a hole it goes on from its last value."""
    smooth = np.full(values.shape, np.nan)
    last, last_s = np.full(values.shape[1:], np.nan), np.zeros(values.shape[1:])
    speed = np.zeros(values.shape[1:])
    for frame, (value, now_s) in enumerate(zip(values, time_s, strict=True)):
        known = np.isfinite(value)
        is_first = known & ~np.isfinite(last)
        step_s = np.where(is_first | ~known, 1.0, now_s - last_s)
        change = np.where(is_first | ~known, 0.0, (value - last) / step_s)
        speed_gain = _gain(np.full_like(step_s, derivative_cutoff_hz), step_s)
        speed = np.where(known, speed + speed_gain * (change - speed), speed)
        gain = _gain(min_cutoff_hz + speed_coefficient * np.abs(speed), step_s)
        moved = np.where(is_first, value, last + gain * (value - last))
        last, last_s = np.where(known, moved, last), np.where(known, now_s, last_s)
        smooth[frame] = np.where(known, moved, np.nan)
    return smooth


def _gain(cutoff_hz: ndarray, step_s: ndarray) -> ndarray:
    """Weight of the new value in an exponential low-pass with this cutoff."""
    turn = 2 * np.pi * cutoff_hz * step_s
    return turn / (turn + 1)


def _savitzky_golay(xy_px: ndarray, window: int, order: int) -> ndarray:
    from scipy.signal import savgol_filter  # here: it takes longer to import than to smooth

    known = np.isfinite(xy_px.sum(axis=1))
    if len(xy_px) < window or not known.any():
        return xy_px
    frame = np.arange(len(xy_px))
    filled = np.column_stack([np.interp(frame, frame[known], axis[known]) for axis in xy_px.T])
    filtered = np.asarray(savgol_filter(filled, window, order, axis=0))
    filtered[~known] = np.nan
    return filtered


def _filtered(
    members: Sequence[Poses],
    settings: EnsembleSettings,
    name: str,
    smooth: Callable[[ndarray], ndarray],
) -> SmoothedPoses:
    """The ensemble's center of every keypoint, through a filter of its (frame, axis) array."""
    first = check_members(members)

    def track(individual: int, keypoint: int) -> SmoothedTrack:
        moments = ensemble_moments(
            [member.xy_px[:, individual, keypoint] for member in members],
            [member.score[:, individual, keypoint] for member in members],
            settings,
        )
        spread = np.where(moments.members[:, None] > 0, moments.variance_px2, np.nan)
        return SmoothedTrack(smooth(moments.center_px), spread, moments, float("nan"), name)

    individuals, keypoints = first.score.shape[1:]
    return poses_from_tracks(
        first, (track(i, k) for i in range(individuals) for k in range(keypoints))
    )
