"""When a swing begins and ends: a model of the paw's way, fitted to all of its positions.

A foot rests, goes to its next foothold, and rests. Its speed in between is zero at both ends: a
parabola, or a ramp, a level and a ramp. A threshold on the speed is crossed within the swing, the
later the higher it is and the coarser the frames are; the ends of the model lie between frames and
owe nothing to either.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

ROUNDS = 8  # of Gauss-Newton; in clean walks nothing changes any more after half of them
ROBUST = 3.0  # residuals beyond so many standard deviations count less (Huber)
OWN_DURATION = 0.06  # logarithm; by how much a limb's swings usually last differently
OWN_MIDDLE = 0.25  # by how much the first guess of the middle is usually off, in swings
TAIL = 3.0  # degrees of freedom of Student's t of both: one that hesitates lasts twice as long
MOST_OFF = 0.9  # logarithm; how far a duration may be from its first guess
SHAPES = (0.0, 0.25)  # ramps' part of a swing at each end; 0: a parabola
UNLIKE, MIN_UNLIKE = 2.5, 0.02  # residuals so many times the usual, and that part of its way: a
# swing that the model does not describe
LEFT = 0.05  # part of its way after which such a swing has begun, and before which it has not ended
BATCH = 4096  # swings that are fitted at once, for memory


@dataclass(frozen=True)
class Windows:
    """What was seen around each swing, one after the other, in order of time.

    `swing` says whose each value is (its place, never falling); times are from that swing's first
    guess. `follows` is True where the frame before it was seen in the same window.
    """

    swing: Int[ndarray, "value"]
    time_s: Float[ndarray, "value"]
    way_px: Float[ndarray, "value"]
    follows: Bool[ndarray, "value"]

    def of(self, start: int, stop: int) -> "Windows":
        """Those of some swings alone, counted from 0."""
        values = slice(*np.searchsorted(self.swing, [start, stop]))
        swing = self.swing[values] - start
        return Windows(swing, self.time_s[values], self.way_px[values], self.follows[values])


@dataclass(frozen=True)
class SwingFit:
    """Middle and duration of each swing (s, from the first guess), its way, its residuals' size."""

    middle_s: Float[ndarray, "swing"]
    duration_s: Float[ndarray, "swing"]
    start_px: Float[ndarray, "swing"]
    length_px: Float[ndarray, "swing"]
    residual_px: Float[ndarray, "swing"]


def way_part(part: ndarray, ramp: float) -> tuple[ndarray, ndarray]:
    """Part of the way, and its slope, after a part of the swing.

    `ramp` is the part of the swing in which the speed rises, and falls, evenly; 0: a parabola.
    """
    q = np.clip(part, 0.0, 1.0)
    edge = np.minimum(q, 1 - q)
    if ramp == 0:
        return q * q * (3 - 2 * q), 6 * q * (1 - q)
    level = 1 / (1 - ramp)
    way = level * np.where(edge < ramp, edge**2 / (2 * ramp), edge - ramp / 2)
    return np.where(q < 0.5, way, 1 - way), level * np.clip(edge / ramp, 0, 1)


def fit_swings(
    windows: Windows, duration_s: Float[ndarray, "swing"], group: Int[ndarray, "swing"]
) -> SwingFit:
    """Fit every swing; durations are drawn to the median of their group (the limb).

    `duration_s` is the first guess. The shape is the one that fits all swings together best. Three
    frames of a swing say little about its ends: what they leave open, the limb's others say. One
    that the model does not describe begins and ends where its way does.
    """
    if not len(duration_s):
        return SwingFit(*(np.empty(0) for _ in range(5)))
    each = [_fit(windows, duration_s, duration_s, ramp, np.inf) for ramp in SHAPES]
    loss = [np.minimum(f.residual_px, np.median(f.residual_px) * 3).sum() for f in each]
    best = int(np.argmin(loss))
    first = each[best]
    typical = np.empty(len(duration_s))
    for number in np.unique(group):
        typical[group == number] = np.median(first.duration_s[group == number])
    fit = _fit(windows, first.duration_s, typical, SHAPES[best], OWN_DURATION)
    usual = np.median(first.residual_px / np.maximum(np.abs(first.length_px), 1e-9))
    is_unlike = first.residual_px > max(UNLIKE * usual, MIN_UNLIKE) * np.abs(first.length_px)
    _measure_ends(windows, first, is_unlike, fit)
    return fit


def _measure_ends(
    windows: Windows, first: SwingFit, is_unlike: Bool[ndarray, "swing"], fit: SwingFit
) -> None:
    """Middle and duration, in place, of the swings that are unlike the model, from their way."""
    for row in np.flatnonzero(is_unlike & (first.length_px > 0)).tolist():
        own = windows.of(row, row + 1)
        part = (own.way_px - first.start_px[row]) / first.length_px[row]
        middle = int(np.argmin(np.abs(own.time_s - first.middle_s[row])))
        before = np.flatnonzero(part[:middle] < LEFT)
        after = np.flatnonzero(part[middle:] > 1 - LEFT)
        if len(before) and len(after):
            lift, strike = own.time_s[before[-1]], own.time_s[middle + after[0]]
            fit.middle_s[row], fit.duration_s[row] = (lift + strike) / 2, strike - lift


def _fit(
    windows: Windows, guess_s: ndarray, typical_s: ndarray, ramp: float, own: float
) -> SwingFit:
    """Every swing by itself, in batches."""
    ends = pairwise([*range(0, len(guess_s), BATCH), len(guess_s)])
    fits = [_fit_batch(windows.of(a, b), guess_s[a:b], typical_s[a:b], ramp, own) for a, b in ends]
    columns = zip(*(vars(fit).values() for fit in fits), strict=True)
    return SwingFit(*(np.concatenate(column) for column in columns))


def _fit_batch(
    windows: Windows, guess_s: ndarray, typical_s: ndarray, ramp: float, own: float
) -> SwingFit:
    """Gauss-Newton with Huber weights; middle and duration are held by priors."""
    swing, way = windows.swing, windows.way_px
    edges = np.searchsorted(swing, np.arange(len(guess_s) + 1))
    middle, log_s = np.zeros(len(guess_s)), np.log(guess_s)
    start, length = _ends(way, edges)
    sd = np.empty(len(guess_s))
    for _ in range(ROUNDS):
        lasting, longer = np.exp(log_s)[swing], length[swing]
        part = (windows.time_s - middle[swing]) / lasting + 0.5
        done, slope = way_part(part, ramp)
        residual = way - start[swing] - longer * done
        sd = _spread(residual, edges)
        in_sd = residual / sd[swing]
        weight = 1 / np.maximum(np.abs(in_sd) / ROBUST, 1)
        slope = -longer * np.where((part > 0) & (part < 1), slope, 0.0)
        columns = [np.ones_like(done), done, slope / lasting, slope * (part - 0.5)]
        normal, right = _normal_equations(columns, weight, residual, edges)
        variance = np.square(sd) * _frames_per_word(in_sd * weight, windows.follows)
        _hold(normal, right, 2, variance, OWN_MIDDLE * guess_s, middle)
        _hold(normal, right, 3, variance, own, log_s - np.log(typical_s))
        small = 1e-9 * np.trace(normal, axis1=1, axis2=2)[:, None] + 1e-9
        normal[:, range(4), range(4)] += small
        step = np.linalg.solve(normal, right[..., None])[..., 0]
        start, length = start + step[:, 0], length + step[:, 1]
        middle = middle + np.clip(step[:, 2], -0.3 * guess_s, 0.3 * guess_s)
        off = log_s + np.clip(step[:, 3], -0.3, 0.3) - np.log(guess_s)
        log_s = np.log(guess_s) + np.clip(off, -MOST_OFF, MOST_OFF)
    return SwingFit(middle, np.exp(log_s), start, length, sd)


def _normal_equations(
    columns: list[ndarray], weight: ndarray, residual: ndarray, edges: ndarray
) -> tuple[Float[ndarray, "swing 4 4"], Float[ndarray, "swing 4"]]:
    """Of the weighted least squares of each swing: its matrix, and the right side."""
    normal, right = np.empty((len(edges) - 1, 4, 4)), np.empty((len(edges) - 1, 4))
    for row, column in enumerate(columns):
        weighted = weight * column
        right[:, row] = _sums(weighted * residual, edges)
        for other in range(row, 4):
            normal[:, row, other] = _sums(weighted * columns[other], edges)
            normal[:, other, row] = normal[:, row, other]
    return normal, right


def _hold(
    normal: ndarray,
    right: ndarray,
    at: int,
    variance: ndarray,
    width: ndarray | float,
    off: ndarray,
) -> None:
    """Add Student's t around 0 for how far parameter `at` is off to the normal equations."""
    precision = variance / (np.square(width) + np.square(off) / TAIL)
    normal[:, at, at] += precision
    right[:, at] -= precision * off


def _ends(way: ndarray, edges: ndarray) -> tuple[ndarray, ndarray]:
    """Means of the first and the last third of each window: where it starts, how far it goes."""
    frames = np.diff(edges)
    place, whole = (
        np.arange(len(way)) - np.repeat(edges[:-1], frames) + 1,
        np.repeat(frames, frames),
    )
    means = []
    for is_chosen in (place <= whole / 3, place > whole * 2 / 3):
        chosen = is_chosen.astype(np.float64)
        with np.errstate(invalid="ignore"):
            means.append(_sums(way * chosen, edges) / _sums(chosen, edges))
    return np.nan_to_num(means[0]), np.nan_to_num(means[1] - means[0])


def _spread(residual: ndarray, edges: ndarray) -> ndarray:
    """Standard deviation of each swing by its mean absolute residual, never zero (px)."""
    mean = _sums(np.abs(residual), edges) / np.maximum(np.diff(edges), 1)
    return np.maximum(1.25 * mean, 1e-3)


def _frames_per_word(residual: ndarray, follows: ndarray) -> float:
    """How many frames count as one: errors that last say the same thing again and again."""
    now, before = residual[1:][follows[1:]], residual[:-1][follows[1:]]
    correlation = np.clip(now @ before / max(now @ now, 1e-12), 0, 0.95)
    return float((1 + correlation) / (1 - correlation))


def _sums(values: ndarray, edges: ndarray) -> Float[ndarray, "swing"]:
    """The sum of the values of each swing, which lie between its edge and the next; 0 of none."""
    total, has_some = np.zeros(len(edges) - 1), np.diff(edges) > 0
    if has_some.any():
        total[has_some] = np.add.reduceat(values, edges[:-1][has_some])
    return total
