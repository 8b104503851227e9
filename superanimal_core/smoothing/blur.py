"""What a smoother took from a track, and how to give it back.

Near a frame a smoother is a weighted mean of what the networks saw: with the same weights before
and after, which add up to 1. The smoothed and the unsmoothed track together tell the weights by
least squares, whatever the smoother is. They say how much of the networks' errors is left, and how
much of the animal's own motion went with them: footfalls are detected late, swings last longer.
What is lacking is what the smoother takes from its own result, and what it takes from that, and so
on (Tukey 1977, twicing; van Cittert 1931); noise comes back, too.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.pose.frame_rate import frames_per_second

REACH_S, MIN_REACH = 0.1, 2  # of the weights to either side: seconds, and frames at least
REPEATS = 8  # so many times as far what is given back may reach
MIN_ROWS, MOST_ROWS = 20, 20_000  # frames for each weight, and frames in all
JUMP = 4.0  # times the median residual: a jump of the networks, which is no part of a mean


@dataclass(frozen=True)
class Blur:
    """Weights of the frames around one: symmetric, with the sum 1."""

    weights: Float[ndarray, "around"]

    def sharpened(
        self, track: Float[ndarray, "frame axis"], rounds: int
    ) -> Float[ndarray, "frame axis"]:
        """A smoothed track, with what was taken from it given back so many times."""
        return _convolved(track, self._kernel(self._given_back(rounds)))

    def of_errors(
        self, errors: Float[ndarray, "frame axis"], rounds: int
    ) -> Float[ndarray, "frame axis"]:
        """What is left of an unsmoothed track's errors in the smoothed and sharpened one."""
        return _convolved(errors, self._kernel(self._kept * self._given_back(rounds)))

    @cached_property
    def _kept(self) -> Float[ndarray, "frequency"]:
        """Part of each frequency that the smoother keeps."""
        reach = len(self.weights) // 2
        turn = np.linspace(0, np.pi, REPEATS * max(reach, 1) + 1)
        waves = np.cos(np.outer(turn, np.arange(1, reach + 1)))
        return np.clip(self.weights[reach] + 2 * waves @ self.weights[reach + 1 :], 0, 1)

    def _given_back(self, rounds: int) -> Float[ndarray, "frequency"]:
        """What all rounds make of each frequency of the smoother's result."""
        return ((1 - self._kept) ** np.arange(rounds + 1)[:, None]).sum(axis=0)

    def _kernel(self, part: Float[ndarray, "frequency"]) -> Float[ndarray, "around"]:
        half = np.fft.irfft(part)[: len(part) - 1]
        return np.concatenate([half[:0:-1], half])


NO_BLUR = Blur(np.ones(1))


def fit_blur(
    smoothed_px: Float[ndarray, "frame 2"],
    raw_px: Float[ndarray, "frame 2"],
    time_s: Float[ndarray, "frame"],
) -> Blur:
    """The blur of one keypoint's track; none where too few frames tell.

    `raw_px` is what was smoothed. Frames near a jump, or near one that nobody saw, tell nothing.
    """
    if len(time_s) < 2:
        return NO_BLUR
    reach = max(round(REACH_S * frames_per_second(time_s)), MIN_REACH)
    rows = _rows_within(_is_usual(smoothed_px - raw_px), reach)
    if len(rows) < MIN_ROWS * reach:
        return NO_BLUR
    rows = rows[:: -(-len(rows) // MOST_ROWS)]
    raw = raw_px.astype(np.float64)
    beside = [raw[rows - lag] + raw[rows + lag] - 2 * raw[rows] for lag in range(1, reach + 1)]
    taken = (smoothed_px[rows] - raw[rows]).ravel()
    design = np.stack(beside, axis=-1).reshape(len(taken), reach)
    side = np.linalg.lstsq(design, taken, rcond=1e-6)[0]
    return Blur(np.concatenate([side[::-1], [1 - 2 * side.sum()], side]))


def _is_usual(residual_px: Float[ndarray, "frame 2"]) -> Bool[ndarray, "frame"]:
    """Where a residual is known and no jump."""
    size = np.hypot(*residual_px.T)
    known = np.isfinite(size)
    return known & (size <= JUMP * np.median(size[known])) if known.any() else known


def _rows_within(usual: Bool[ndarray, "frame"], reach: int) -> ndarray:
    """Frames with usual ones alone up to `reach` frames away."""
    wide = 2 * reach + 1
    if len(usual) < wide:
        return np.empty(0, np.int64)
    within = np.convolve(usual, np.ones(wide), "valid") > wide - 0.5
    return np.flatnonzero(within) + reach


def _convolved(
    track: Float[ndarray, "frame axis"], kernel: Float[ndarray, "around"]
) -> Float[ndarray, "frame axis"]:
    """Each uninterrupted part by itself; beyond its ends it goes on as if turned around them."""
    around, found = ((len(kernel) // 2,) * 2, (0, 0)), np.full(track.shape, np.nan)
    known = np.isfinite(track).all(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]])))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        run = track[start:stop].astype(np.float64)
        padded = (
            np.pad(run, around, mode="reflect", reflect_type="odd")
            if len(run) > 1
            else np.pad(run, around, mode="edge")
        )
        for axis in range(run.shape[1]):
            found[start:stop, axis] = np.convolve(padded[:, axis], kernel, mode="valid")
    return found
