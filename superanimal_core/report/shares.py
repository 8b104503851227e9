"""Time per behavior: what part of the time each animal spends on it, by video and by group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from superanimal_core.report.cells import Table, number
from superanimal_core.report.figures import new_figure, svg
from superanimal_core.report.grouped import in_order
from superanimal_core.report.results import Row
from superanimal_core.report.strips import Strip, draw_strips, group_handles, looks_of
from superanimal_core.study.products import some_of

TABLE_ROWS = 50  # animals of the table by video; so many of the videos are chosen evenly
PLOTTED = 16  # behaviors in the figure, the most frequent ones
Animal = tuple[str, str]


@dataclass(frozen=True)
class Share:
    """How much of its time an animal of a video spends on a behavior, and in how many bouts."""

    video: str
    individual: str
    group: str
    behavior: str
    part: float
    bouts: int
    time_s: float
    duration_s: float


def shares_of(
    times: Mapping[str, Sequence[Row]],
    walks: Sequence[Row],
    duration_s: Mapping[str, float],
    groups: Mapping[str, str],
) -> list[Share]:
    """A share for each animal of each video that has a group, and each behavior of the study.

    `times` are rows (video, individual, behavior, bouts, time_s), by rules under '' and by the name
    of a classifier, which is added to its behaviors. An animal is there if it has a bout or strides
    (`walks`); a video in which none has counts as one animal. What an animal never does is 0.
    """
    by_key: dict[tuple[Animal, str], Row] = {}
    animals: dict[Animal, None] = {}
    behaviors: set[str] = set()
    for classifier, rows in times.items():
        for row in rows:
            named = f"{row['behavior']} ({classifier})" if classifier else row["behavior"]
            behaviors.add(named)
            by_key[(row["video"], row["individual"]), named] = row
    for row in (*(row for rows in times.values() for row in rows), *walks):
        animals.setdefault((row["video"], row["individual"]))
    present = {video for video, _ in animals}
    animals |= dict.fromkeys((video, "") for video in groups if video not in present)
    order = {video: place for place, video in enumerate(groups)}
    shares = []
    for video, individual in sorted(
        (a for a in animals if a[0] in groups), key=lambda a: (order[a[0]], a[1])
    ):
        lasting = duration_s.get(video) or float("nan")
        for behavior in sorted(behaviors):
            row = by_key.get(((video, individual), behavior), {"bouts": 0, "time_s": 0.0})
            part = row["time_s"] / lasting
            own = (video, individual, groups[video], behavior, part)
            shares.append(Share(*own, int(row["bouts"]), row["time_s"], lasting))
    return shares


def time_section(shares: Sequence[Share], reference: str | None) -> dict[str, object] | None:
    """Figure and tables, the reference group first; None where no video shows a behavior."""
    if not any(share.bouts for share in shares):
        return None
    groups = in_order((share.group for share in shares), reference)
    return {
        "figure": svg(
            lambda: draw_shares(shares, groups),
            "shares",
            f"Part of the time that animals spend on each behavior, {len(groups)} groups",
        ),
        "table": share_table(shares, groups),
        "matrix": share_matrix(shares),
        "is_grouped": len(groups) > 1,
    }


def draw_shares(shares: Sequence[Share], groups: Sequence[str]) -> Figure:
    """A row for each behavior and group, percent of the time."""
    by: dict[tuple[str, str], list[float]] = {}
    for share in shares:
        by.setdefault((share.behavior, share.group), []).append(100 * share.part)
    behaviors = sorted(
        {behavior for behavior, _ in by},
        key=lambda b: -max(np.nanmean(v) for (own, _), v in by.items() if own == b),
    )[:PLOTTED]
    strips = [Strip(b, g, by[b, g]) for b in behaviors for g in groups if (b, g) in by]
    looks = looks_of(groups)
    figure = new_figure(9.0, 0.75 + 0.3 * len(strips))
    axes = figure.add_subplot()
    draw_strips(axes, strips, looks)
    axes.set_xlim(left=0)
    axes.set_xlabel("time, % of the video")
    if len(groups) > 1:
        axes.legend(
            handles=group_handles(looks),
            loc="lower right",
            bbox_to_anchor=(1, 1),
            ncols=min(len(groups), 4),
        )
    return figure


def share_table(shares: Sequence[Share], groups: Sequence[str]) -> Table:
    """A row for each behavior and group."""
    by: dict[tuple[str, str], list[Share]] = {}
    for share in shares:
        by.setdefault((share.behavior, share.group), []).append(share)
    rows = []
    for behavior in dict.fromkeys(behavior for behavior, _ in by):
        for group in groups:
            own = by.get((behavior, group))
            if own:
                rows.append((behavior, group, *_cells(own)))
    columns = (
        ("behavior", ""),
        ("group", ""),
        ("animals", "in videos"),
        ("with it", "animals"),
        ("time", "%, mean"),
        ("time", "%, 5 to 95 % of the animals"),
        ("bouts", "per min, mean"),
        ("bout", "s, mean"),
    )
    return Table(columns, rows, words=("behavior", "group"))


def _cells(shares: Sequence[Share]) -> tuple[str, ...]:
    part = np.array([100 * share.part for share in shares])
    part = part[np.isfinite(part)]
    minutes = sum(share.duration_s for share in shares if np.isfinite(share.duration_s)) / 60
    bouts, time_s = sum(share.bouts for share in shares), sum(share.time_s for share in shares)
    low, high = np.quantile(part, (0.05, 0.95)) if len(part) else (np.nan, np.nan)
    return (
        number(len(shares), 0),
        number(sum(share.bouts > 0 for share in shares), 0),
        number(float(part.mean()) if len(part) else None, 1),
        f"{number(float(low), 1)} to {number(float(high), 1)}",
        number(bouts / minutes if minutes else None, 2),
        number(time_s / bouts if bouts else None, 2),
    )


def share_matrix(shares: Sequence[Share]) -> dict[str, object]:
    """A row for each animal of each video, evenly chosen where they are many; a cell per behavior.

    Cells: percent as text, as a number for a bar, and the bouts.
    """
    rows: dict[Animal, list[Share]] = {}
    for share in shares:
        rows.setdefault((share.video, share.individual), []).append(share)
    names = {f"{video}/{individual}": (video, individual) for video, individual in rows}
    chosen = [names[name] for name in some_of([*names], TABLE_ROWS)]
    return {
        "behaviors": [share.behavior for share in next(iter(rows.values()))],
        "rows": [
            {
                "video": video,
                "individual": individual,
                "group": rows[video, individual][0].group,
                "cells": [_cell(share) for share in rows[video, individual]],
            }
            for video, individual in chosen
        ],
        "left_out": len(rows) - len(chosen),
    }


def _cell(share: Share) -> dict[str, object]:
    percent = 100 * share.part
    known = np.isfinite(percent)
    width = Markup(f"{min(percent, 100):.0f}") if known else Markup("0")
    return {"text": number(percent, 1), "width": width, "bouts": number(share.bouts, 0)}
