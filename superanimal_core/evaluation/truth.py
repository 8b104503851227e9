"""A video whose true poses, footfalls and behavior are known: how far the chain is from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Shaped
from numpy import ndarray

from superanimal_core.evaluation.metrics import euclidean_error_px

Bout = tuple[str, float, float]  # behavior, start and stop in seconds


@dataclass(frozen=True)
class TruthTable:
    """Figures against truth: `quantity` of `name` at `stage`, `value` beside `truth`, in `unit`."""

    stage: Shaped[ndarray, "row"]
    quantity: Shaped[ndarray, "row"]
    name: Shaped[ndarray, "row"]
    value: Shaped[ndarray, "row"]
    truth: Shaped[ndarray, "row"]
    unit: Shaped[ndarray, "row"]
    count: Shaped[ndarray, "row"]


Row = tuple[str, str, str, float, float, str, int]


def truth_table(rows: Sequence[Row]) -> TruthTable:
    """Rows as columns."""
    return TruthTable(*(np.array(column) for column in zip(*rows, strict=True)))


def keypoint_rows(
    stages: Mapping[str, Float[ndarray, "frame keypoint 2"]],
    true_px: Float[ndarray, "frame keypoint 2"],
    keypoints: tuple[str, ...],
    body_length_px: float,
) -> list[Row]:
    """Median error of each keypoint at each stage, in px and in percent of the body's length.

    Keypoints without truth are left out; a missing prediction counts as an error of one body
    length, so that absence cannot pass for accuracy.
    """
    rows: list[Row] = []
    for stage, xy_px in stages.items():
        error = euclidean_error_px(xy_px, true_px)
        known = np.asarray(np.isfinite(true_px).all(axis=2))
        error = np.where(known & ~np.isfinite(error), body_length_px, error)
        columns = [(k, error[:, i][known[:, i]]) for i, k in enumerate(keypoints)]
        for name, values in [("all", error[known]), *columns]:
            if len(values):
                median, count = float(np.median(values)), len(values)
                rows.append((stage, "keypoint_error", name, median, 0.0, "px", count))
                percent = 100 * median / body_length_px
                rows.append((stage, "keypoint_error", name, percent, 0.0, "% body length", count))
    return rows


def coverage_rows(
    error_px: Float[ndarray, "frame keypoint"],
    radius_px: Mapping[float, Float[ndarray, "frame keypoint"]],
) -> list[Row]:
    """Part of the true positions within the radius that promises each level (0-1)."""
    rows: list[Row] = []
    for level, radius in radius_px.items():
        known = np.isfinite(error_px) & np.isfinite(radius)
        if known.any():
            inside = float((error_px[known] <= radius[known]).mean())
            name, count = f"{level:.0%}", int(known.sum())
            rows.append(("smoothed", "coverage", name, inside, level, "fraction", count))
    return rows


def smoother_rows(
    by_smoother: Mapping[str, Float[ndarray, "frame keypoint 2"]],
    true_px: Float[ndarray, "frame keypoint 2"],
    is_visible: Bool[ndarray, "frame keypoint"],
) -> list[Row]:
    """Mean error (px) of each way to smooth: everywhere, where a keypoint is seen, and hidden.

    Compared where every one of them has a position, so that none gains by giving up.
    """
    error = {name: euclidean_error_px(xy, true_px) for name, xy in by_smoother.items()}
    common = np.isfinite(np.stack(list(error.values()))).all(axis=0)
    parts = {"all": common, "seen": common & is_visible, "hidden": common & ~is_visible}
    return [
        (name, "smoother_error", part, float(far[chosen].mean()), 0.0, "px", int(chosen.sum()))
        for part, chosen in parts.items()
        if chosen.any()
        for name, far in error.items()
    ]


def stride_rows(stride_time_s: Float[ndarray, "stride"], true_hz: float) -> list[Row]:
    """Stride frequency of the median stride against the true one."""
    count = len(stride_time_s)
    value = float(1 / np.median(stride_time_s)) if count else float("nan")
    return [("smoothed", "stride_frequency", "all", value, true_hz, "Hz", count)]


def bout_rows(
    found: Sequence[Bout], true: Sequence[Bout], time_s: Float[ndarray, "frame"]
) -> list[Row]:
    """Number of bouts and agreement frame by frame (F1) for each behavior that truly occurs."""
    rows: list[Row] = []
    for behavior in sorted({b for b, _, _ in true}):
        ours, theirs = _covered(found, behavior, time_s), _covered(true, behavior, time_s)
        counts = [sum(b == behavior for b, _, _ in bouts) for bouts in (found, true)]
        rows.append(("smoothed", "bouts", behavior, counts[0], counts[1], "count", counts[1]))
        f1 = 2 * (ours & theirs).sum() / max(ours.sum() + theirs.sum(), 1)
        rows.append(("smoothed", "bout_f1", behavior, float(f1), 1.0, "F1", int(theirs.sum())))
    return rows


def _covered(
    bouts: Sequence[Bout], behavior: str, time_s: Float[ndarray, "frame"]
) -> Bool[ndarray, "frame"]:
    covered = np.zeros(len(time_s), dtype=bool)
    for name, start, stop in bouts:
        if name == behavior:
            covered |= (time_s >= start) & (time_s < stop)
    return covered
