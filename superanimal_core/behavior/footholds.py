"""Where feet stand and how the body sways: step length and width, base of support.

Everything over the ground (a treadmill's belt added), in pixels.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

STANDS_FROM, STANDS_TO = 0.15, 0.6  # of a stance: in between a foot neither rolls on nor off
HARMONICS = 2  # of the stride, of which the way of the body across is made
MIN_FRAMES = 8  # more than the harmonics and the line have unknowns
PHASES = np.arange(32) / 32

Times = Float[ndarray, "_stride"]
Positions = Float[ndarray, "_stride 2"]


@dataclass(frozen=True)
class Footholds:
    """Where one limb stands after each of its strikes, in order of time."""

    strike_s: Times
    xy_px: Positions

    def at(self, strike_s: Times) -> Positions:
        """The footholds of these strikes, which are some of all."""
        return self.xy_px[np.searchsorted(self.strike_s, strike_s)]


def find_footholds(
    ground_px: Float[ndarray, "frame 2"],
    time_s: Float[ndarray, "frame"],
    strike_s: Times,
    stance_s: Times,
    next_strike_s: Times,
) -> Footholds:
    """Mean places of a paw in the stances after all strikes of its strides, the last ones included.

    `ground_px` is the paw's track over the ground, NaN where it is not known. The stance after a
    walk's last strike, whose lift nobody knows, lasts as long as the one before.
    """
    when, first = np.unique(np.concatenate([strike_s, next_strike_s]), return_index=True)
    lasting = np.concatenate([stance_s, stance_s])[first]
    start, stop = when + STANDS_FROM * lasting, when + STANDS_TO * lasting
    return Footholds(when, mean_between(ground_px, time_s, start, stop))


def mean_between(
    values: Float[ndarray, "frame axis"],
    time_s: Float[ndarray, "frame"],
    start_s: Times,
    stop_s: Times,
) -> Float[ndarray, "_stride axis"]:
    """Mean of the known values of the frames from start to stop, one frame at the least."""
    first = np.minimum(np.searchsorted(time_s, start_s), max(len(time_s) - 1, 0))
    last = np.maximum(np.searchsorted(time_s, stop_s), first + 1)
    ends = np.stack([first, last], axis=1).ravel()
    known = np.isfinite(values)

    def total(of: ndarray) -> ndarray:
        return np.add.reduceat(np.concatenate([of, of[-1:] * 0]), ends, axis=0)[::2]

    if not len(ends):
        return np.empty((0, values.shape[1]))
    with np.errstate(invalid="ignore"):
        return total(np.where(known, values, 0.0)) / total(known.astype(np.float64))


def step_length_and_width_px(
    own: Footholds, other: Footholds | None, strike_s: Times, next_strike_s: Times
) -> tuple[Times, Times]:
    """Of each stride the way from the contralateral foothold to the next own one, and across.

    The contralateral foothold is that of its strike within the stride; it is projected on the line
    through the own two (Sheppard et al. 2022: step_length2 and step width). NaN where there is none
    or none is known.
    """
    unknown = np.full(len(strike_s), np.nan)
    if other is None or not len(other.strike_s):
        return unknown, unknown
    following = np.searchsorted(other.strike_s, strike_s, side="right")
    is_within = following < len(other.strike_s)
    following = np.minimum(following, len(other.strike_s) - 1)
    is_within &= other.strike_s[following] < next_strike_s
    line = own.at(next_strike_s) - own.at(strike_s)
    across = own.at(next_strike_s) - other.xy_px[following]
    with np.errstate(invalid="ignore", divide="ignore"):
        axis = line / np.hypot(*line.T)[:, None]
    length = (across * axis).sum(axis=1)
    width = np.abs(across[:, 0] * axis[:, 1] - across[:, 1] * axis[:, 0])
    return np.where(is_within, length, np.nan), np.where(is_within, width, np.nan)


def foothold_side_px(
    own: Footholds,
    center_px: Float[ndarray, "frame 2"],
    direction: Float[ndarray, "frame 2"],
    time_s: Float[ndarray, "frame"],
    strike_s: Times,
    stance_s: Times,
    stride_s: Times,
) -> Times:
    """How far to the left of the body's way each foothold lies, as one travels.

    The body's middle and direction are means over a stride around mid-stance, so that its sway,
    which is in step with the feet, takes no part. Base of support is the left limb's side less the
    right one's.
    """
    start = strike_s + (stance_s - stride_s) / 2
    stop = start + stride_s
    center = mean_between(center_px, time_s, start, stop)
    ahead = mean_between(direction, time_s, start, stop)
    apart = own.at(strike_s) - center
    with np.errstate(invalid="ignore", divide="ignore"):
        return (apart[:, 0] * ahead[:, 1] - apart[:, 1] * ahead[:, 0]) / np.hypot(*ahead.T)


def lateral_displacement_px(
    center_px: Float[ndarray, "frame 2"],
    time_s: Float[ndarray, "frame"],
    strike_s: Times,
    next_strike_s: Times,
) -> Times:
    """How far the body sways in each stride: largest less smallest way across its displacement.

    As Sheppard et al. 2022. Unlike them, whose spline keeps all noise, the way across is a line and
    two harmonics of the stride, by least squares, and the line counts as travel. NaN with fewer
    than eight known frames.
    """
    if not len(strike_s):
        return np.empty(0)
    first, stop = np.searchsorted(time_s, strike_s), np.searchsorted(time_s, next_strike_s)
    frames = first[:, None] + np.arange(int((stop - first).max(initial=1)))
    inside = frames < stop[:, None]
    frames = np.minimum(frames, len(time_s) - 1)
    inside &= np.isfinite(center_px[frames]).all(axis=2)
    part = (time_s[frames] - strike_s[:, None]) / (next_strike_s - strike_s)[:, None]
    basis = _basis(part) * inside[..., None]
    xy = np.where(inside[..., None], center_px[frames], 0.0)
    xy = xy - xy.sum(axis=1, keepdims=True) / np.maximum(inside.sum(axis=1), 1)[:, None, None]
    xy *= inside[..., None]
    usable = inside.sum(axis=1) >= MIN_FRAMES
    swaying = np.full(len(strike_s), np.nan)
    normal = np.einsum("sfi,sfj->sij", basis[usable], basis[usable])
    moment = np.einsum("sfi,sfx->six", basis[usable], xy[usable])
    fit = np.linalg.pinv(normal) @ moment
    travel = fit[:, 1] / np.hypot(*fit[:, 1].T)[:, None]
    across = fit[:, 2:, 0] * travel[:, 1:] - fit[:, 2:, 1] * travel[:, :1]
    way = across @ _basis(PHASES)[:, 2:].T
    swaying[usable] = np.ptp(way, axis=1)
    return swaying


def _basis(part: Float[ndarray, "*shape"]) -> Float[ndarray, "*shape 6"]:
    """1, a line, and cosine and sine of each harmonic at these parts of a stride."""
    turns = [2 * np.pi * k * part for k in range(1, HARMONICS + 1)]
    waves = [wave(turn) for turn in turns for wave in (np.cos, np.sin)]
    return np.stack([np.ones_like(part), part - 0.5, *waves], axis=-1)
