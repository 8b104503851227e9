"""How long the errors of a video last, from the video itself.

Labels tell how large errors are, not how they run in time: labeled images are no neighbors. But a
video shows how much the position of a keypoint trembles while it moves evenly or rests, and errors
of a known size that tremble little must last long. Networks that err together are seen like this
too, as their spread cannot show them. It is asked about what the networks saw, not about what a
smoother made of it.

The error of each coordinate is taken for an Ornstein-Uhlenbeck process: with the standard deviation
s and the correlation r after a time h, the second difference over h has the variance
s^2 (6 - 8 r + 2 r^2), and even motion adds nothing to it. Accelerations do: only the quiet part of
the frames counts, at least half of them, as of a paw that stands on the ground.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.pose.frame_rate import frames_per_second

LAG_S = 0.03  # as long as the shortest stance or swing: what speeds and footfalls are read from
LOW, HIGH = 0.1, 0.4  # parts of the frames, the quietest
QUIET = np.linspace(0.5, 1.0, 26)  # parts of the frames that may be quiet
MIN_FRAMES = 50  # second differences below which nothing can be said
LONGEST_S = 60.0


def correlation_times_s(
    xy_px: Float[ndarray, "frame individual keypoint 2"],
    sd_px: Float[ndarray, "frame individual keypoint"],
    time_s: Float[ndarray, "frame"],
) -> Float[ndarray, "individual keypoint"]:
    """The time after which the correlation of an error is 1/e, for each keypoint (s).

    `sd_px` is the expected standard deviation of each coordinate's error. NaN where it is unknown,
    or where a keypoint has fewer than 50 second differences.
    """
    times = np.full(sd_px.shape[1:], np.nan)
    for i, k in np.ndindex(times.shape):
        times[i, k] = correlation_time_s(xy_px[:, i, k], sd_px[:, i, k], time_s)
    return times


def correlation_time_s(
    xy_px: Float[ndarray, "frame 2"],
    sd_px: Float[ndarray, "frame"],
    time_s: Float[ndarray, "frame"],
) -> float:
    """The same for one keypoint."""
    if len(time_s) < 2:
        return float("nan")
    fps = frames_per_second(time_s)
    least = max(round(LAG_S * fps), 1)
    for lag in (least, least + 1, least + 2):  # frames that come by turns are even two by two
        size = _second_differences(xy_px, sd_px, time_s, lag)
        if len(size) >= MIN_FRAMES:
            break
    else:
        return float("nan")
    correlation = 2 - np.sqrt(1 + _mean_of_quiet(size) / 2)
    if correlation <= 0:
        return 0.0
    lasting = -(lag / fps) / np.log(min(correlation, 1 - 1e-9))
    return float(min(lasting, LONGEST_S))


def _second_differences(
    xy_px: ndarray, sd_px: ndarray, time_s: ndarray, lag: int
) -> Float[ndarray, "frame"]:
    """Squared, over twice the variance: of mean (6 - 8 r + 2 r^2). Uneven steps are left out."""
    if len(time_s) <= 2 * lag:
        return np.empty(0)
    before, here, after = slice(None, -2 * lag), slice(lag, -lag), slice(2 * lag, None)
    step = xy_px[after].astype(np.float64) - 2 * xy_px[here] + xy_px[before]
    first, second = time_s[here] - time_s[before], time_s[after] - time_s[here]
    with np.errstate(invalid="ignore", divide="ignore"):
        size = np.square(step).sum(axis=1) / (2 * np.square(sd_px[here]))
        is_even = np.abs(first - second) < 0.1 * first
        is_even &= first < 2 * np.median(first)
    return size[is_even & np.isfinite(size)]


def _mean_of_quiet(size: Float[ndarray, "frame"]) -> float:
    """Mean of the quiet frames' values, which are exponentially distributed.

    Of a mixture in which a part p of the frames is quiet, and the others are larger, the quantile q
    is -ln(1 - q / p) times the mean. Two quantiles tell p and the mean.
    """
    low, high = np.quantile(size, [LOW, HIGH])
    if low <= 0:
        return 0.0
    of_low, of_high = -np.log1p(-LOW / QUIET), -np.log1p(-HIGH / QUIET)
    nearest = np.abs(np.log(high / low) - np.log(of_high / of_low)).argmin()
    return float(high / of_high[nearest])
