"""Motion from positions: velocities on real time stamps, body axes, angles, areas.

Angles are counterclockwise as seen on the screen (image y points down), in radians, zero to the
right. NaN in, NaN out; a missing keypoint never becomes zero.
"""

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.behavior.windows import window_moments


def velocity_px_per_s(
    xy_px: Float[ndarray, "frame *shape"], time_s: Float[ndarray, "frame"], window_s: float
) -> Float[ndarray, "frame *shape"]:
    """Slope of the least-squares line through the known positions within +-`window_s`/2.

    The window is widened to the two neighboring frames where it holds fewer. NaN where the position
    is NaN or the window holds fewer than two known positions. On a regular grid this is the
    Savitzky-Golay derivative of first (and second) order; on an irregular one it still is the line.
    """
    flat = xy_px.reshape(len(time_s), -1 if xy_px.size else 0).astype(np.float64)
    found = window_moments(flat, time_s, *_windows(time_s, window_s))
    usable = np.isfinite(flat) & (found.count >= 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(usable, found.tx / found.tt, np.nan).reshape(xy_px.shape)


def acceleration_px_per_s2(
    xy_px: Float[ndarray, "frame 2"], time_s: Float[ndarray, "frame"], window_s: float
) -> Float[ndarray, "frame"]:
    """Slope of a point's speed: positive where it gets faster. Windows as `velocity_px_per_s`."""
    speed = magnitude(velocity_px_per_s(xy_px, time_s, window_s))
    return velocity_px_per_s(speed, time_s, window_s)


def magnitude(vector: Float[ndarray, "*shape 2"]) -> Float[ndarray, "*shape"]:
    """Length of vectors."""
    return np.hypot(vector[..., 0], vector[..., 1])


def velocity_sd_px_per_s(
    sd_px: Float[ndarray, "frame"],
    correlation_time_s: float,
    time_s: Float[ndarray, "frame"],
    window_s: float,
) -> Float[ndarray, "frame"]:
    """Standard deviation of one coordinate of `velocity_px_per_s`, where all positions are known.

    `sd_px` is that of the position. Errors a time t apart have the correlation exp(-t / correlation
    time): those that last longer than the window hardly change a slope. On uneven time stamps the
    frames of a window count as if they were evenly spaced.
    """
    if len(time_s) < 2:
        return np.full(len(time_s), np.nan)
    first, stop = _windows(time_s, window_s)
    frame, spacing_s = np.arange(len(time_s)), float(np.median(np.diff(time_s)))
    longest = int((stop - frame).max()) + 1  # one number for both sides: their rows sort slowly
    sides, window = np.unique((frame - first) * longest + (stop - frame), return_inverse=True)
    slopes = [
        _slope_sd(np.arange(-before, after) * spacing_s, correlation_time_s)
        for before, after in zip(*np.divmod(sides, longest), strict=True)
    ]
    return sd_px * np.array(slopes)[window]


def _slope_sd(offset_s: Float[ndarray, "frame"], correlation_time_s: float) -> float:
    """Standard deviation of the slope of the line through values of variance 1."""
    weight = offset_s - offset_s.mean()
    weight /= np.square(weight).sum()
    apart_s = np.abs(offset_s[:, None] - offset_s)
    correlation = (apart_s == 0).astype(float)
    if correlation_time_s != 0:
        correlation = np.exp(-apart_s / correlation_time_s)
    return float(np.sqrt(weight @ correlation @ weight))


def _windows(time_s: ndarray, window_s: float) -> tuple[ndarray, ndarray]:
    """First and past-the-last frame of each frame's window, at least one neighbor each side."""
    frame = np.arange(len(time_s))
    tolerance = 1e-9 + 1e-6 * window_s
    first = np.searchsorted(time_s, time_s - window_s / 2 - tolerance)
    stop = np.searchsorted(time_s, time_s + window_s / 2 + tolerance, side="right")
    first = np.maximum(np.minimum(first, frame - 1), 0)
    stop = np.minimum(np.maximum(stop, frame + 2), len(time_s))
    return first, stop


def moving_mean(
    values: Float[ndarray, "frame *shape"], time_s: Float[ndarray, "frame"], window_s: float
) -> Float[ndarray, "frame *shape"]:
    """Mean of the known values within +-`window_s`/2; NaN where the value itself is NaN."""
    first = np.searchsorted(time_s, time_s - window_s / 2 - 1e-9)
    stop = np.searchsorted(time_s, time_s + window_s / 2 + 1e-9, side="right")
    flat = values.reshape(len(time_s), -1 if values.size else 0).astype(np.float64)
    mean = window_moments(flat, time_s, first, stop).value
    return np.where(np.isfinite(flat), mean, np.nan).reshape(values.shape)


def direction_rad(vector: Float[ndarray, "*shape 2"]) -> Float[ndarray, "*shape"]:
    """Angle of a vector on the screen, -pi ... pi, counterclockwise from the right."""
    return np.arctan2(-vector[..., 1], vector[..., 0])


def elevation_rad(vector: Float[ndarray, "*shape 2"]) -> Float[ndarray, "*shape"]:
    """Angle of a vector above the image's horizontal, -pi/2 ... pi/2, whichever way it faces."""
    return np.arctan2(-vector[..., 1], np.abs(vector[..., 0]))


def angle_between_rad(
    vector: Float[ndarray, "*shape 2"], reference: Float[ndarray, "*shape 2"]
) -> Float[ndarray, "*shape"]:
    """Angle from `reference` to `vector`, -pi ... pi, counterclockwise on the screen."""
    cross = reference[..., 0] * vector[..., 1] - reference[..., 1] * vector[..., 0]
    return np.arctan2(-cross, (reference * vector).sum(axis=-1))


def angular_velocity_rad_per_s(
    angle_rad: Float[ndarray, "frame *shape"], time_s: Float[ndarray, "frame"], window_s: float
) -> Float[ndarray, "frame *shape"]:
    """Rate of change of an angle, without jumps at +-pi, on known frames only."""
    known = np.isfinite(angle_rad)
    step = np.diff(_carried_forward(angle_rad), axis=0)
    step = (step + np.pi) % (2 * np.pi) - np.pi
    unwrapped = np.concatenate([np.zeros((min(len(time_s), 1), *angle_rad.shape[1:])), step])
    unwrapped = np.where(known, np.cumsum(np.nan_to_num(unwrapped), axis=0), np.nan)
    return velocity_px_per_s(unwrapped, time_s, window_s)


def _carried_forward(values: ndarray) -> ndarray:
    """Unknown values replaced by the last known one."""
    frame = np.arange(len(values)).reshape(-1, *([1] * (values.ndim - 1)))
    last = np.maximum.accumulate(np.where(np.isfinite(values), frame, 0), axis=0)
    return np.take_along_axis(values, last, axis=0)


def hull_area_px2(xy_px: Float[ndarray, "frame keypoint 2"]) -> Float[ndarray, "frame"]:
    """Area of the convex hull of the known keypoints; NaN where fewer than three are known.

    Gift wrapping over all frames at once: as many turns as the largest hull has corners.
    """
    frames, keypoints, _ = xy_px.shape
    known = np.isfinite(xy_px[..., 0]) & np.isfinite(xy_px[..., 1])
    area = np.full(frames, np.nan)
    usable = np.flatnonzero(known.sum(axis=1) >= 3)
    if not len(usable):
        return area
    known = known[usable]
    filler = xy_px[usable, np.argmax(known, axis=1)]
    points = np.where(known[..., None], xy_px[usable], filler[:, None]).astype(np.float64)
    points -= points.mean(axis=1, keepdims=True)
    row = np.arange(len(usable))
    start = np.lexsort((points[..., 1], points[..., 0]), axis=1)[:, 0]
    corner, twice = start, np.zeros(len(usable))
    open_hull = np.ones(len(usable), bool)
    for _ in range(keypoints):
        following = _next_corner(points, points[row, corner])
        here, there = points[row, corner], points[row, following]
        twice += np.where(open_hull, here[:, 0] * there[:, 1] - here[:, 1] * there[:, 0], 0)
        open_hull &= (there != points[row, start]).any(axis=1)
        corner = following
        if not open_hull.any():
            break
    area[usable] = np.abs(twice) / 2
    return area


def _next_corner(points: ndarray, corner: ndarray) -> ndarray:
    """Per frame, the point that leaves every other on one side; the farthest of those in line."""
    row = np.arange(len(points))
    best = np.argmax(np.abs(points - corner[:, None]).sum(axis=2) > 0, axis=1)
    for candidate in range(points.shape[1]):
        to_best, to_new = points[row, best] - corner, points[:, candidate] - corner
        cross = to_best[:, 0] * to_new[:, 1] - to_best[:, 1] * to_new[:, 0]
        farther = (to_new**2).sum(axis=1) > (to_best**2).sum(axis=1)
        best = np.where((cross < 0) | ((cross == 0) & farther), candidate, best)
    return best


def elongation(xy_px: Float[ndarray, "frame keypoint 2"]) -> Float[ndarray, "frame"]:
    """1 - minor / major axis of the spread of the known keypoints; NaN with fewer than two."""
    known = np.isfinite(xy_px[..., 0])
    count = known.sum(axis=1)
    filled = np.where(known[..., None], xy_px, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = filled.sum(axis=1) / count[:, None]
        apart = np.where(known[..., None], xy_px - middle[:, None], 0.0)
        xx, yy = (apart**2).sum(axis=1).T / count
        xy = apart.prod(axis=2).sum(axis=1) / count
        half, root = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
        ratio = np.sqrt(np.maximum(half - root, 0) / (half + root))
    return np.where(count >= 2, 1 - ratio, np.nan)


def runs_of(is_true: Bool[ndarray, "frame"]) -> list[tuple[int, int]]:
    """Start and stop (exclusive) of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_true.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
