"""Measures of gait and behavior by group of animals, and what speaks against comparing them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from jaxtyping import Bool, Float, Shaped
from numpy import ndarray

from superanimal_core.evaluation.group_model import UNKNOWN, group_effects
from superanimal_core.evaluation.many_tests import holm

FEWEST_ANIMALS = 3
DOUBTFUL_P = 0.05  # a warning is no proof: it is not corrected for their number


@dataclass(frozen=True)
class Measure:
    """One measure of the animals in the videos: a row per video and animal.

    `speed` is what it is adjusted for, None for measures that are not; `sd` the error of
    measurement that the pose's expected error implies, NaN where it is not known.
    """

    name: str
    part: str
    animal: Shaped[ndarray, "row"]
    group: Shaped[ndarray, "row"]
    value: Float[ndarray, "row"]
    sd: Float[ndarray, "row"]
    speed: Float[ndarray, "row"] | None = None

    def rows(self, chosen: Bool[ndarray, "row"]) -> "Measure":
        """Some rows of it."""
        names = [f.name for f in fields(self) if f.name not in ("name", "part")]
        own = {n: getattr(self, n) for n in names}
        return replace(self, **{n: v[chosen] for n, v in own.items() if v is not None})


@dataclass(frozen=True)
class GroupTable:
    """One row per measure and group: see tables.study_columns.GROUPS."""

    part: Shaped[ndarray, "row"]
    measure: Shaped[ndarray, "row"]
    group: Shaped[ndarray, "row"]
    reference: Shaped[ndarray, "row"]
    animals: Shaped[ndarray, "row"]
    videos: Shaped[ndarray, "row"]
    mean: Shaped[ndarray, "row"]
    sd_animals: Shaped[ndarray, "row"]
    measurement_sd: Shaped[ndarray, "row"]
    difference: Shaped[ndarray, "row"]
    difference_low: Shaped[ndarray, "row"]
    difference_high: Shaped[ndarray, "row"]
    p: Shaped[ndarray, "row"]
    p_holm: Shaped[ndarray, "row"]
    adjusted_for: Shaped[ndarray, "row"]


def compare_groups(measures: Sequence[Measure], groups: Sequence[str]) -> GroupTable:
    """Every measure by group; the first group is the reference. `p_holm` counts all measures.

    A group with fewer than three animals has no interval, and neither has one that is compared
    with such a reference.
    """
    rows = [row for measure in measures for row in _rows(measure, groups)]
    names = [field.name for field in fields(GroupTable) if field.name != "p_holm"]
    found = zip(*rows, strict=True) if rows else ((),) * len(names)
    columns = {name: np.array(values) for name, values in zip(names, found, strict=True)}
    return GroupTable(**columns, p_holm=holm(columns["p"].astype(float)))


def _rows(measure: Measure, groups: Sequence[str]) -> list[tuple[object, ...]]:
    known = np.isfinite(measure.value)
    if measure.speed is not None:
        known &= np.isfinite(measure.speed)
    some = measure.rows(known & np.isin(measure.group, groups))
    animals = {g: np.unique(some.animal[some.group == g]) for g in groups}
    judged = [g for g in groups if len(animals[g]) >= FEWEST_ANIMALS]
    effects = dict.fromkeys(groups, UNKNOWN)
    if groups[0] in judged and len(judged) > 1:
        own = some.rows(np.isin(some.group, judged))
        number = np.array([judged.index(g) for g in own.group])
        _, animal = np.unique(own.animal.astype(str), return_inverse=True)
        found = group_effects(own.value, own.sd, number, animal, own.speed)
        effects |= dict(zip(judged[1:], found, strict=True))
    rows = []
    for group in groups:
        of = some.rows(some.group == group)
        means = np.array([of.value[of.animal == a].mean() for a in animals[group]])
        error = of.sd[np.isfinite(of.sd)]
        rows.append(
            (
                *(measure.part, measure.name, group, groups[0], len(means), len(of.value)),
                float(means.mean()) if len(means) else np.nan,
                float(means.std(ddof=1)) if len(means) > 1 else np.nan,
                float(np.sqrt(np.mean(error**2))) if len(error) else np.nan,
                *effects[group],
                "" if measure.speed is None else "speed",
            )
        )
    return rows


def group_warnings(
    table: GroupTable,
    conditions: Sequence[Measure],
    camera: Sequence[tuple[str, str]],
    groups: Sequence[str],
) -> list[str]:
    """Sentences on what may be taken for an effect of the group, and on too few animals.

    `conditions` are what should be alike: speed, and how well the animals were seen. `camera` are
    pairs of group and camera, one for each video.
    """
    told = [sentence for group in groups for sentence in _few_animals(table, group)]
    compared = compare_groups(conditions, groups)
    told += [
        f"{name} differs between '{groups[0]}' and '{group}' ({reference:.3g} and {mean:.3g}, "
        f"p = {p:.2g}): a difference of the groups may be one of {name}"
        for name, group, mean, p in zip(
            compared.measure, compared.group, compared.mean, compared.p, strict=True
        )
        if p < DOUBTFUL_P
        for reference in compared.mean[(compared.measure == name) & (compared.group == groups[0])]
    ]
    return told + _camera_warnings(camera)


def _camera_warnings(camera: Sequence[tuple[str, str]]) -> list[str]:
    pairs = {*camera}
    cameras, groups = {c for _, c in pairs}, {g for g, _ in pairs}
    if len(cameras) < 2 or len(groups) < 2:
        return []
    shared = [c for c in cameras if sum((g, c) in pairs for g in groups) > 1]
    if not shared:
        return [
            "camera and group coincide: no camera has seen two groups, so that nothing can tell a "
            "difference of the cameras from one of the groups"
        ]
    uneven = [g for g in sorted(groups) if {c for h, c in pairs if h == g} != cameras]
    return [f"not all cameras have seen the group {', '.join(uneven)}"] if uneven else []


def _few_animals(table: GroupTable, group: str) -> list[str]:
    """What a group has too few animals for: of gait they must walk, of a behavior only be seen."""
    parts: dict[int, list[str]] = {}
    for part in dict.fromkeys(table.part):
        most = int(max(table.animals[(table.group == group) & (table.part == part)], default=0))
        if most < FEWEST_ANIMALS:
            parts.setdefault(most, []).append(part)
    if not len(table.part):
        parts[0] = ["gait or behavior"]
    return [
        f"the group '{group}' has {n} animal{'s' * (n != 1)} with {' and '.join(names)}; "
        f"{FEWEST_ANIMALS} are needed for an interval"
        for n, names in parts.items()
    ]
