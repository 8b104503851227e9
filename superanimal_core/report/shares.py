"""Time per behavior: what part of the time each animal spends on it, by video and by group."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from superanimal_core.behavior.gait_summary import known_mean
from superanimal_core.report.cells import ABSENT, Table, number
from superanimal_core.report.figures import new_figure, svg
from superanimal_core.report.grouped import in_order
from superanimal_core.report.results import Row
from superanimal_core.report.strips import Strip, draw_strips, group_handles, looks_of
from superanimal_core.study.products import some_of
from superanimal_core.tables.animal_names import Key

TABLE_ROWS = 50  # animals of the table by video; so many of the videos are chosen evenly
PLOTTED = 16  # behaviors in the figure, the most frequent ones


@dataclass(frozen=True)
class Share:
    """How much of its time an animal of a video spends on a behavior, and in how many bouts.

    `animal` is what it is called over all videos. Where the video cannot tell the behavior
    (`is_told`), nothing is known: no part, which is NaN, and no bouts.
    """

    video: str
    individual: str
    animal: str
    group: str
    behavior: str
    part: float
    bouts: int
    time_s: float
    duration_s: float
    is_told: bool

    @property
    def per_min(self) -> float:
        """Bouts per minute; NaN where nothing is known."""
        return 60 * self.bouts / self.duration_s if self.is_told else float("nan")


def shares_of(
    ruled: Sequence[Row],
    classified: Mapping[str, Sequence[Row]],
    animals: Mapping[Key, str],
    duration_s: Mapping[str, float],
    groups: Mapping[str, str],
    untold: Mapping[str, Collection[str]],
) -> list[Share]:
    """A share for each animal of each video that has a group, and each behavior of the study.

    Rows are (video, individual, behavior, bouts, time_s): by rules those with a bout, by
    classifiers (their name is added to the behavior) all of the animals that they were asked about.
    `untold` are all behaviors by rules, each with the videos that cannot tell it; `animals` what
    each animal is called (`grouped.animals_of`). What an animal never does is 0.
    """
    found = {((row["video"], row["individual"]), row["behavior"]): row for row in ruled}
    behaviors = {row["behavior"] for row in ruled} | {*untold}
    learned: set[str] = set()
    for classifier, rows in classified.items():
        for row in rows:
            named = f"{row['behavior']} ({classifier})"
            learned.add(named)
            found[(row["video"], row["individual"]), named] = row
    shares = []
    for key, animal in animals.items():
        video, lasting = key[0], duration_s.get(key[0]) or float("nan")
        for behavior in sorted(behaviors | learned):
            row = found.get((key, behavior), {"bouts": 0, "time_s": 0.0})
            is_told = video not in untold.get(behavior, ())
            is_told &= behavior not in learned or (key, behavior) in found
            part = row["time_s"] / lasting if is_told else float("nan")
            own = (*key, animal, groups[video], behavior, part)
            shares.append(Share(*own, int(row["bouts"]), row["time_s"], lasting, is_told))
    return shares


def time_section(shares: Sequence[Share], reference: str | None) -> dict[str, object] | None:
    """Figure and tables, the reference group first; None where no video tells a behavior."""
    if not any(share.is_told for share in shares):
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
    """A row for each behavior and group, percent of the time, of the animals."""
    by = {key: _of_animals(own, _percent) for key, own in _by_group(shares).items()}
    most: dict[str, float] = {}
    for (behavior, _), values in by.items():
        most[behavior] = max(most.get(behavior, 0.0), float(np.mean(values or [0.0])))
    behaviors = sorted(most, key=lambda behavior: (-most[behavior], behavior))[:PLOTTED]
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
    by = _by_group(shares)
    rows = []
    for behavior in dict.fromkeys(behavior for behavior, _ in by):
        for group in groups:
            own = by.get((behavior, group))
            if own:
                rows.append((behavior, group, *_cells(own)))
    columns = (
        ("behavior", ""),
        ("group", ""),
        ("animals", "that can tell"),
        ("with it", "animals"),
        ("time", "%, mean of the animals"),
        ("time", "%, 5 to 95 % of the animals"),
        ("bouts", "per min, mean of the animals"),
        ("bout", "s, mean of all bouts"),
    )
    return Table(columns, rows, words=("behavior", "group"))


def _by_group(shares: Sequence[Share]) -> dict[tuple[str, str], list[Share]]:
    by: dict[tuple[str, str], list[Share]] = {}
    for share in shares:
        by.setdefault((share.behavior, share.group), []).append(share)
    return by


def _of_animals(shares: Sequence[Share], value: Callable[[Share], float]) -> list[float]:
    """The mean over its videos of each animal of whom it is known."""
    by: dict[str, list[float]] = {}
    for share in shares:
        by.setdefault(share.animal, []).append(value(share))
    means = [known_mean(np.array(values)) for values in by.values()]
    return [mean for mean in means if np.isfinite(mean)]


def _percent(share: Share) -> float:
    return 100 * share.part


def _cells(shares: Sequence[Share]) -> tuple[str, ...]:
    told = [share for share in shares if np.isfinite(share.part)]
    part, per_min = _of_animals(told, _percent), _of_animals(told, lambda share: share.per_min)
    bouts, time_s = sum(share.bouts for share in told), sum(share.time_s for share in told)
    low, high = (float(q) for q in np.quantile(part or [np.nan], (0.05, 0.95)))
    with_it = len({share.animal for share in told if share.bouts})
    return (
        number(len({share.animal for share in told}), 0),
        number(with_it if told else None, 0),
        number(known_mean(np.array(part)), 1),
        f"{number(low, 1)} to {number(high, 1)}" if part else ABSENT,
        number(known_mean(np.array(per_min)), 2),
        number(time_s / bouts if bouts else None, 2),
    )


def share_matrix(shares: Sequence[Share]) -> dict[str, object]:
    """A row for each animal of each video, evenly chosen where they are many; a cell per behavior.

    Cells: percent as text, as a number for a bar, and the bouts; '' where the video cannot tell.
    """
    rows: dict[Key, list[Share]] = {}
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
    bouts = number(share.bouts, 0) if share.is_told else ""
    return {"text": number(percent, 1), "width": width, "bouts": bouts}
