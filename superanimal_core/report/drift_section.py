"""Quality over the days and by camera: figures, a table, and what is worse in sentences."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure as Plot

from superanimal_core.report.dates import days_of
from superanimal_core.report.drift import (
    FIGURES,
    NO_CAMERA,
    Figure,
    Seen,
    camera_table,
    findings,
    seen_by,
    sentence_of,
    what_was_asked,
)
from superanimal_core.report.figures import INK, new_figure, svg
from superanimal_core.report.results import Row
from superanimal_core.report.strips import Look, Strip, draw_strips, group_handles, looks_of
from superanimal_core.study.products import some_of

PLOTTED = 8  # cameras in the figure, those with the most videos
DOTS = 400  # videos in it, evenly chosen where there are more
WINDOW = 9  # videos that a running median is over


def drift_section(videos: Sequence[Row], accounts: Mapping[str, Row]) -> dict[str, object] | None:
    """None where the sheet tells neither days nor two cameras, or no video went through."""
    seen = seen_by(videos, accounts, days_of(videos, accounts))
    if seen is None:
        return None
    shown = [f for f in FIGURES if np.isfinite(seen.values[f.column]).any()]
    if not shown:
        return None
    cameras = len({*seen.cameras})
    return {
        "asked": what_was_asked(seen),
        "worse": [sentence_of(finding) for finding in findings(seen)],
        "figure": svg(
            lambda: draw_drift(seen, shown),
            "drift",
            f"{len(shown)} figures of quality of {len(seen.videos)} videos"
            + (" over the days" if seen.days else "")
            + (f", {cameras} cameras" if cameras > 1 else ""),
        ),
        "table": camera_table(seen, shown) if cameras > 1 else None,
        "has_days": seen.days is not None,
        "cameras_left_out": max(cameras - PLOTTED, 0),
    }


def draw_drift(seen: Seen, shown: Sequence[Figure]) -> Plot:
    """A panel for each figure: dots over the days with running medians, or cameras in rows."""
    count = {camera: seen.cameras.count(camera) for camera in sorted({*seen.cameras})}
    chosen = sorted(count, key=lambda camera: -count[camera])[:PLOTTED]
    looks = looks_of([camera for camera in count if camera in chosen])
    rows = 1.5 if seen.days else 0.5 + 0.26 * len(looks)
    figure = new_figure(10.0, 0.4 + len(shown) * (rows + 0.25))
    panels = figure.subplots(len(shown), 1, squeeze=False, sharex=bool(seen.days)).ravel()
    for axes, of in zip(panels, shown, strict=True):
        axes.set_title(f"{of.name}, {of.unit}")
        draw = _over_days if seen.days else _by_camera
        draw(axes, seen, of, looks)
        if of.bad > 0 and not seen.values[of.column][np.isfinite(seen.values[of.column])].any():
            axes.set_ylim(0, 1) if seen.days else axes.set_xlim(0, 1)  # zero in every video
    if NO_CAMERA not in looks or len(looks) > 1:
        handles = group_handles(looks)
        for handle in handles:
            handle.set_label(str(handle.get_label()) or "not named")
        figure.legend(handles=handles, loc="outside upper right", ncols=4)
    return figure


def _over_days(axes: Axes, seen: Seen, figure: Figure, looks: Mapping[str, Look]) -> None:
    cameras, drawn = np.array(seen.cameras, dtype=object), {*some_of(seen.videos, DOTS)}
    is_drawn = np.array([video in drawn for video in seen.videos])
    day, values = date2num(seen.days), seen.values[figure.column]
    for camera, (color, marker) in looks.items():
        own = (cameras == camera) & np.isfinite(values)
        dots = own & is_drawn
        axes.scatter(day[dots], values[dots], s=12, color=color, marker=marker, alpha=0.6, lw=0)
        order = np.flatnonzero(own)[np.argsort(day[own], kind="stable")]
        axes.plot(day[order], running_median(values[order]), color=color, lw=1.6)
    locator = AutoDateLocator(minticks=3, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.tick_params(axis="x", labelcolor=INK)


def running_median(values: np.ndarray) -> np.ndarray:
    """The median of the WINDOW values around each, of fewer at the ends."""
    half = WINDOW // 2
    return np.array(
        [np.median(values[max(0, i - half) : i + half + 1]) for i in range(len(values))]
    )


def _by_camera(axes: Axes, seen: Seen, figure: Figure, looks: Mapping[str, Look]) -> None:
    cameras, values = np.array(seen.cameras, dtype=object), seen.values[figure.column]
    strips = [Strip(name or "not named", name, values[cameras == name]) for name in looks]
    draw_strips(axes, strips, looks)
