"""Gait by group: the medians of every animal's steady strides, side by side.

Phases go around: their means are circular, and their quantiles lie around these. Where they have no
direction in common, there is neither.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from superanimal_core.behavior.gait_intervals import is_circular
from superanimal_core.behavior.gait_summary import known_mean
from superanimal_core.report.cells import ABSENT, Table, number
from superanimal_core.report.figures import new_figure, svg
from superanimal_core.report.grouped import in_order
from superanimal_core.report.phases import (
    have_direction,
    mean_phase,
    side_by_side,
    told_phases,
    unwound,
)
from superanimal_core.report.results import Row
from superanimal_core.report.strips import Strip, draw_strips, group_handles, looks_of
from superanimal_core.report.walk_section import MEASURES
from superanimal_core.tables.animal_names import Key

COLUMNS = 2  # panels side by side
Measure = tuple[str, str, str, int]


def gait_section(
    walks: Sequence[Row],
    animals: Mapping[Key, str],
    groups: Mapping[str, str],
    reference: str | None,
) -> dict[str, object] | None:
    """Figure and table of those of the `animals` with steady strides.

    `walks` are the rows about all walks of an animal of a video, `animals` what each animal of the
    videos that have a group is called, `groups` the group of each video; the `reference` group
    comes first. None where no such animal walks.
    """
    walking = [
        row
        for row in walks
        if row["steady_strides"] and (row["video"], row["individual"]) in animals
    ]
    if not walking:
        return None
    named = in_order((groups[row["video"]] for row in walking), reference)
    measures = known_measures(walking)
    walking = of_animals(walking, animals, groups, [name for name, *_ in measures])
    return {
        "animals": len(walking),
        "figure": svg(
            lambda: draw_gait(walking, groups, named, measures),
            "gait-by-group",
            f"{len(measures)} measures of gait of {len(walking)} animals, {len(named)} groups",
        ),
        "table": gait_table(walking, groups, named, measures),
    }


def known_measures(walking: Sequence[Row]) -> list[Measure]:
    """Name, heading, unit and decimals of what is known of any; in cm where all have a scale."""
    has_scale = all(math.isfinite(row["speed_cm_per_s"]) for row in walking)
    length = "cm" if has_scale else "px"
    named = [
        (name.format(length=length), heading, unit.format(length=length), digits)
        for name, heading, unit, digits in MEASURES
    ]
    return [one for one in named if any(math.isfinite(row[one[0]]) for row in walking)]


def of_animals(
    walking: Sequence[Row],
    animals: Mapping[Key, str],
    groups: Mapping[str, str],
    names: Sequence[str],
) -> list[Row]:
    """A row for each animal of a group: the means over its videos, and one of these videos."""
    rows: dict[tuple[str, str], list[Row]] = {}
    for row in walking:
        video = row["video"]
        rows.setdefault((groups[video], animals[video, row["individual"]]), []).append(row)
    return [
        {
            "video": own[0]["video"],
            **{name: _mean(name, [row[name] for row in own]) for name in names},
        }
        for own in rows.values()
    ]


def _mean(measure: str, values: Sequence[float]) -> float:
    if is_circular(measure):
        return mean_phase(values)
    return known_mean(np.array(values, dtype=float))


def _by_group(
    walking: Sequence[Row], groups: Mapping[str, str], named: Sequence[str], measure: str
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {group: [] for group in named}
    for row in walking:
        if math.isfinite(row[measure]):
            found[groups[row["video"]]].append(row[measure])
    return found


def _have_middle(values: Sequence[float], measure: str) -> bool:
    return have_direction(values) if is_circular(measure) else True


def draw_gait(
    walking: Sequence[Row],
    groups: Mapping[str, str],
    named: Sequence[str],
    measures: Sequence[Measure],
) -> Figure:
    """A panel for each measure, a row in it for each group."""
    lines = -(-len(measures) // COLUMNS)
    figure = new_figure(10.0, lines * (0.75 + 0.28 * len(named)) + 0.3)
    panels = figure.subplots(lines, COLUMNS, squeeze=False).ravel()
    looks = looks_of(named)
    for axes, (name, heading, unit, _) in zip(panels, measures, strict=False):
        found = _by_group(walking, groups, named, name)
        found = side_by_side(found) if is_circular(name) else found
        strips = [
            Strip(group, group, found[group], _have_middle(found[group], name)) for group in named
        ]
        draw_strips(axes, strips, looks)
        axes.set_title(f"{heading}, {unit}" if unit else heading)
    for axes in panels[len(measures) :]:
        axes.set_axis_off()
    if len(named) > 1:
        figure.legend(handles=group_handles(looks), loc="outside upper right", ncols=4)
    return figure


def gait_table(
    walking: Sequence[Row],
    groups: Mapping[str, str],
    named: Sequence[str],
    measures: Sequence[Measure],
) -> Table:
    """A row for each measure, a column for each group: median, and 5 to 95 % of the animals.

    Of phases without a direction in common it is `–`, and how many there are.
    """
    rows = []
    for name, heading, unit, digits in measures:
        found = _by_group(walking, groups, named, name)
        rows.append((heading, unit, *(_cell(found[group], name, digits) for group in named)))
    columns = (
        ("measure", ""),
        ("unit", ""),
        *((group, "median (5 to 95 %), animals") for group in named),
    )
    return Table(columns, rows, words=("measure", "unit"))


def _cell(values: Sequence[float], measure: str, digits: int) -> str:
    if not values:
        return number(None)
    if not _have_middle(values, measure):
        return f"{ABSENT}, {len(values):,}"
    around = unwound(values) if is_circular(measure) else values
    low, middle, high = (float(q) for q in np.quantile(around, (0.05, 0.5, 0.95)))
    said = f"{number(middle, digits)} ({number(low, digits)} to {number(high, digits)})"
    if is_circular(measure):
        said = told_phases(low, middle, high, digits)
    return f"{said}, {len(values):,}"
