"""Whole trajectories that are as likely as the smoothed one.

A radius says how far off each frame may be; it does not say that neighboring frames err together.
Draws do: measure strides or bouts on each draw, and the spread of the results is their uncertainty.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.linalg import get_lapack_funcs

from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.smoothing import DrawSettings

(dtbtrs,) = get_lapack_funcs(("tbtrs",), dtype=np.float64)


def sample_poses(
    smoothed: SmoothedPoses, expected: ExpectedError, settings: DrawSettings
) -> Iterator[SmoothedPoses]:
    """`draws` poses, one after the other: the smoothed one plus errors as they are expected.

    The error of each coordinate is Gaussian with the expected standard deviation of its frame, and
    lasts as long as `expected.correlation_time_s` says; errors of different keypoints are
    independent. Only `keypoints` are drawn, the others stay as they are; names that the space lacks
    are left out. Where nothing is known of the error, or how long it lasts, a position is NaN;
    where that is so of all of them, as without a calibration or in a very short video, there is no
    draw.
    """
    names = smoothed.poses.space.keypoints
    columns = [k for k, name in enumerate(names) if name in settings.keypoints]
    is_known = np.isfinite(expected.sd_px * expected.correlation_time_s)
    if not is_known[:, :, columns].any():
        return
    rng = np.random.default_rng(settings.seed)
    for _ in range(settings.draws):
        xy = smoothed.poses.xy_px.copy()
        for i, k in np.ndindex(xy.shape[1], len(columns)):
            column = columns[k]
            lasting_s = float(expected.correlation_time_s[i, column])
            error = lasting_noise(smoothed.poses.time_s, lasting_s, 2, rng)
            xy[:, i, column] += error * expected.sd_px[:, i, column, None]
        yield replace(smoothed, poses=replace(smoothed.poses, xy_px=xy))


def lasting_noise(
    time_s: Float[ndarray, "frame"],
    correlation_time_s: float,
    series: int,
    rng: np.random.Generator,
) -> Float[ndarray, "frame series"]:
    """Gaussian noise of variance 1 whose correlation after a time t is exp(-t / correlation time).

    Exact on uneven time stamps too. Without a memory (0) frames are independent; NaN where the
    correlation time is NaN.
    """
    white = rng.standard_normal((len(time_s), series))
    if not correlation_time_s > 0:
        return white if correlation_time_s == 0 else np.full(white.shape, np.nan)
    memory = np.exp(-np.diff(time_s) / correlation_time_s)
    white[1:] *= np.sqrt(1 - np.square(memory))[:, None]
    band = np.ones((2, len(time_s)))
    band[1, :-1], band[1, -1:] = -memory, 0
    return dtbtrs(band, white, uplo="L", diag="U")[0]
