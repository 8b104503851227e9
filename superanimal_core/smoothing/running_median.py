"""The running median: what no short jump moves."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.pose.frame_rate import frames_per_second

BLOCK_FRAMES = 65_536  # at a time: the windows of a long recording would fill the memory


def odd_window(time_s: Float[ndarray, "frame"], window_s: float) -> int:
    """An odd number of frames, at least three, that lasts about `window_s`."""
    if len(time_s) < 2:
        return 3
    frames = window_s * frames_per_second(time_s)
    return max(2 * round((frames - 1) / 2) + 1, 3)


def running_median(
    values: Float[ndarray, "frame axis"], window: int
) -> Float[ndarray, "frame axis"]:
    """Median of the known values in a centered window of `window` frames; NaN stays NaN."""
    half = window // 2
    padded = np.pad(values, ((half, half), (0, 0)), constant_values=np.nan)
    found = np.empty_like(values)
    for start in range(0, len(values), BLOCK_FRAMES):
        rows = slice(start, start + BLOCK_FRAMES)
        found[rows] = _medians(padded[start : start + BLOCK_FRAMES + 2 * half], window)
    return np.where(np.isfinite(values), found, np.nan)


def _medians(padded: ndarray, window: int) -> ndarray:
    """Median of the known values of each whole window."""
    windows = np.lib.stride_tricks.sliding_window_view(padded, window, axis=0)
    ordered = np.sort(windows, axis=-1)
    count = np.isfinite(ordered).sum(axis=-1, keepdims=True)
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=-1)
    high = np.take_along_axis(ordered, np.minimum(count // 2, window - 1), axis=-1)
    return (low + high)[..., 0] / 2
