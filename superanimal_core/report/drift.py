"""Whether videos are seen less and less well: figures of quality over the days, by camera.

Two questions to each camera, in each figure: does it get worse over the days (Kendall 1938), and is
it worse than the other cameras (Mann and Whitney 1947)? p are for all questions together (Holm
1979). What is small is not told, however small its p.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from scipy import stats

from superanimal_core.evaluation.many_tests import holm
from superanimal_core.report.cells import Table, listed, number
from superanimal_core.report.results import Row

CAMERA = "camera"  # the column of the sheet
NO_CAMERA = ""
FEWEST = 8  # videos that a question needs
MOST_P = 0.01  # after Holm
LEAST_TAU = 0.3  # Kendall's, from which on a drift is told
LEAST_ODDS = 0.7  # that a video of this camera is worse than one of another, from which on it is


@dataclass(frozen=True)
class Figure:
    """Of the quality table: column, name, unit, factor to it, decimals, and which sign is bad."""

    column: str
    name: str
    unit: str
    factor: float
    digits: int
    bad: int


FIGURES = (
    Figure("mean_score", "score", "mean", 1, 2, -1),
    Figure("expected_error_of_size", "expected error", "% of the animal's size", 100, 1, 1),
    Figure("dropped_keypoints_per_frame", "dropped keypoints", "per frame", 1, 1, 1),
    Figure("extrapolated_fraction", "extrapolated", "% of the frames", 100, 1, 1),
    Figure("absent_fraction", "without an animal", "% of the frames", 100, 1, 1),
)
FAILED = Figure("failed", "failed", "% of the videos", 100, 0, 1)


@dataclass(frozen=True)
class Seen:
    """What is known of when and by which camera videos were taken; the figures by column.

    A video that failed has no figure (NaN) but that it failed.
    """

    videos: list[str]
    days: list[date] | None
    day_column: str
    cameras: list[str]
    values: dict[str, np.ndarray]


@dataclass(frozen=True)
class Finding:
    """An answer: of which camera (empty: all videos), in which figure, how strong, how likely."""

    camera: str
    figure: Figure
    is_drift: bool
    strength: float
    p: float
    before: float
    after: float
    videos: int


def seen_by(
    videos: Sequence[Row], accounts: Mapping[str, Row], days: tuple[str, dict[str, date]] | None
) -> Seen | None:
    """Days, cameras and figures; None where the sheet tells neither days nor two cameras.

    `days` as of `days_of`; a video without a day is left out where others have one.
    """
    column, day_of = days or ("", {})
    known = [v for v in videos if not days or v["video"] in day_of]
    cameras = [str(accounts[v["video"]]["columns"].get(CAMERA) or NO_CAMERA) for v in known]
    if len({*cameras}) < 2:
        cameras = [NO_CAMERA] * len(known)
        if not days:
            return None
    return Seen(
        [v["video"] for v in known],
        [day_of[v["video"]] for v in known] if days else None,
        column,
        cameras,
        {f.column: f.factor * _values(known, f.column) for f in (*FIGURES, FAILED)},
    )


def _values(videos: Sequence[Row], column: str) -> np.ndarray:
    if column == FAILED.column:
        return np.array([video["status"] == "failed" for video in videos], dtype=float)
    found = (video.get(column) for video in videos)
    return np.array([np.nan if value is None else value for value in found], dtype=float)


def middle(figure: Figure, values: np.ndarray) -> float:
    """The median of what is known; of failures their part. NaN where nothing is known."""
    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan")
    return float(known.mean() if figure is FAILED else np.median(known))


def findings(seen: Seen) -> list[Finding]:
    """What is worse, the strongest first."""
    asked = [*_drifts(seen), *_differences(seen)]
    adjusted = holm(np.array([finding.p for finding in asked], dtype=float))
    least = {True: LEAST_TAU, False: LEAST_ODDS}
    told = [
        finding
        for finding, p in zip(asked, adjusted, strict=True)
        if p <= MOST_P and finding.strength >= least[finding.is_drift]
    ]
    return sorted(told, key=lambda f: (not f.is_drift, -f.strength, f.camera))


def _drifts(seen: Seen) -> Iterator[Finding]:
    """Each camera over the days: the first third of its videos beside the last."""
    if seen.days is None:
        return
    day = np.array([one.toordinal() for one in seen.days])
    for camera, figure, own in _cases(seen):
        values, when = seen.values[figure.column][own], day[own]
        if len(values) < FEWEST or len({*when}) < 2:
            continue
        found: Any = stats.kendalltau(when, figure.bad * values)
        tau, p = float(found.statistic), float(found.pvalue)
        if np.isfinite(tau):
            third = len(values) // 3
            ordered = values[np.argsort(when, kind="stable")]
            ends = middle(figure, ordered[:third]), middle(figure, ordered[-third:])
            yield Finding(camera, figure, True, tau, p, *ends, len(values))


def _differences(seen: Seen) -> Iterator[Finding]:
    """Each camera beside all others."""
    for camera, figure, own in _cases(seen):
        everything = seen.values[figure.column]
        others = np.isfinite(everything) & ~own
        mine, theirs = everything[own], everything[others]
        if min(len(mine), len(theirs)) < FEWEST:
            continue
        found = stats.mannwhitneyu(figure.bad * mine, figure.bad * theirs)
        odds = float(found.statistic) / (len(mine) * len(theirs))
        ends = middle(figure, theirs), middle(figure, mine)
        yield Finding(camera, figure, False, odds, float(found.pvalue), *ends, len(mine))


def _cases(seen: Seen) -> Iterator[tuple[str, Figure, np.ndarray]]:
    cameras = np.array(seen.cameras, dtype=object)
    for camera in sorted({*seen.cameras}):
        for figure in (*FIGURES, FAILED):
            yield camera, figure, (cameras == camera) & np.isfinite(seen.values[figure.column])


def sentence_of(finding: Finding) -> str:
    """A finding in words."""
    figure = finding.figure
    who = f"Camera {finding.camera}" if finding.camera else "All videos"
    before, after = number(finding.before, figure.digits), number(finding.after, figure.digits)
    unit = f" {figure.unit}" if figure.unit != "mean" else ""
    said = f"{figure.name} {after}{unit}"
    if finding.is_drift:
        return (
            f"{who}, over the days: {said} in the last third of {finding.videos:,} videos, "
            f"{before} in the first (Kendall's tau {finding.strength:.2f})."
        )
    return (
        f"{who}, beside the others: {said}, theirs {before} (a video of it is worse than one of "
        f"theirs in {100 * finding.strength:.0f} of 100 pairs)."
    )


def what_was_asked(seen: Seen) -> str:
    """How the days and cameras are known."""
    told = []
    if seen.days is not None:
        first, last = min(seen.days), max(seen.days)
        told.append(f"the days of the column {seen.day_column}, {first} to {last}")
    if len({*seen.cameras}) > 1:
        told.append(f"the column {CAMERA}")
    return listed(told)


def camera_table(seen: Seen, shown: Sequence[Figure]) -> Table:
    """A row for each camera: its videos, how many failed, the median of each figure shown."""
    cameras = np.array(seen.cameras, dtype=object)
    rows = []
    for camera in sorted({*seen.cameras}):
        own = cameras == camera
        failed = int(np.sum(seen.values[FAILED.column][own] > 0))
        cells = (number(middle(f, seen.values[f.column][own]), f.digits) for f in shown)
        rows.append((camera or "not named", number(int(own.sum()), 0), number(failed, 0), *cells))
    columns = (
        ("camera", ""),
        ("videos", ""),
        ("failed", ""),
        *((f.name, f"median, {f.unit}" if f.unit != "mean" else "median") for f in shown),
    )
    return Table(columns, rows, words=("camera",))
