"""Traces of a few keypoints: raw, smoothed, and how far off they must be expected to be."""

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray

from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.report.figures import AMBER, BLUE, new_figure

POINTS = 1000  # more samples than this per line are thinned evenly: the page stays small
SEEN_SCORE, SEEN_FRACTION = 0.1, 0.1


def keypoints_to_trace(poses: SmoothedPoses, count: int) -> list[int]:
    """Keypoints spread evenly over the animal, among those that are seen; the least sure is one.

    Seen: a score above SEEN_SCORE in SEEN_FRACTION of the frames; all with a position when none is.
    """
    score, xy_px = poses.poses.score[:, 0], poses.poses.xy_px[:, 0]
    known = np.isfinite(xy_px).all(axis=2)
    seen = ((score > SEEN_SCORE) & known).mean(axis=0) > SEEN_FRACTION
    candidates = np.flatnonzero(seen if seen.any() else known.any(axis=0))
    if len(candidates) <= count:
        return candidates.tolist()
    spread = np.linspace(0, len(candidates) - 1, count).round().astype(int)
    chosen = candidates[spread]
    least_sure = candidates[np.argmin(score[:, candidates].mean(axis=0))]
    if least_sure not in chosen:
        chosen[np.argmin(np.abs(chosen - least_sure))] = least_sure
    return chosen.tolist()


def sample_step(frames: int) -> int:
    """Every how many frames a trace is drawn."""
    return -(-frames // POINTS)


def draw_traces(
    poses: SmoothedPoses,
    radius_90_px: Float[ndarray, "frame individual keypoint"],
    keypoints: list[int],
    window_s: tuple[float, float],
) -> Figure:
    """x and y of the first individual's keypoints over time: line, raw dots, and a band.

    The band is the circle of 90 %, to both sides; there is none where it is not known (NaN).
    """
    figure = new_figure(10.8, 0.5 + 1.05 * len(keypoints))
    grid = figure.subplots(len(keypoints), 2, sharex=True, squeeze=False)
    chosen = slice(None, None, sample_step(len(poses.poses)))
    time_s = poses.poses.time_s[chosen]
    for row, keypoint in zip(grid, keypoints, strict=True):
        score = poses.poses.score[chosen, 0, keypoint]
        band_px = radius_90_px[chosen, 0, keypoint]
        for axis, axes in enumerate(row):
            part = (chosen, 0, keypoint, axis)
            _draw_trace(
                axes,
                time_s,
                poses.poses.xy_px[part],
                band_px,
                poses.raw_xy_px[part],
                score > SEEN_SCORE,
            )
            axes.set_ylabel(f"{'xy'[axis]}, px")
        row[0].set_title(poses.poses.space.keypoints[keypoint], fontweight="bold")
    for axes in grid[-1]:
        axes.set_xlim(*window_s)
        axes.set_xlabel("time, s")
    return figure


def _draw_trace(
    axes: Axes,
    time_s: Float[ndarray, "frame"],
    smoothed_px: Float[ndarray, "frame"],
    band_px: Float[ndarray, "frame"],
    raw_px: Float[ndarray, "frame"],
    is_seen: Bool[ndarray, "frame"],
) -> None:
    """Raw dots where the keypoint is hardly seen are pale; the band may leave the axes."""
    axes.fill_between(
        time_s, smoothed_px - band_px, smoothed_px + band_px, color=BLUE, alpha=0.18, lw=0
    )
    for part, alpha in ((is_seen, 0.9), (~is_seen, 0.4)):
        axes.scatter(time_s[part], raw_px[part], s=5, color=AMBER, alpha=alpha, lw=0)
    axes.plot(time_s, smoothed_px, color=BLUE, lw=1)
    shown = np.concatenate([smoothed_px, raw_px])
    shown = shown[np.isfinite(shown)]
    if len(shown):
        margin = 0.08 * max(float(np.ptp(shown)), 1.0)
        axes.set_ylim(shown.min() - margin, shown.max() + margin)
