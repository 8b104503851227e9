"""Keypoint unification: from a data set's own vocabulary into the shared one.

Ye et al. 2024 (Nature Communications, "Keypoint space unification"): every data set keeps its
labels, and a table says which of its keypoints means which unified one. A unified keypoint that no
row names is NOT_IN_DATASET for that data set: training must not conclude anything about it
(gradient masking).

Unlike the published converter, the table belongs to one data set. Resolving aliases over all
columns at once gives spine1 of TriMouse the meaning that spine1 has in another lab.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace, did_you_mean, nearest
from superanimal_core.pose.labels import Labels, LabelState


class ConversionRow(NamedTuple):
    """One row of a conversion table as it stands in the file; `unified` is '' for a drop."""

    number: int
    source: str
    unified: str


@dataclass(frozen=True)
class Conversion:
    """What each keypoint of a source becomes: `unified[source]` is a name, or None for a drop.

    Total over the source's keypoints and injective; `conversion_from_rows` makes sure of it.
    """

    unified: Mapping[str, str | None]

    @property
    def dropped(self) -> tuple[str, ...]:
        """Source keypoints that are dropped on purpose."""
        return tuple(source for source, unified in self.unified.items() if unified is None)


def conversion_from_rows(
    rows: Sequence[ConversionRow],
    source_space: KeypointSpace,
    unified_space: KeypointSpace,
    where: str,
) -> Conversion:
    """A conversion that is total over `source_space` and injective into `unified_space`.

    `where` is the table's file. One DatasetError holds all mistakes, a line each.
    """
    mistakes = conversion_mistakes(rows, unified_space, where)
    unknown = [row for row in rows if row.source not in source_space.keypoints]
    named = {row.source for row in rows}
    meant = {nearest(row.source, source_space.keypoints) for row in unknown}
    mistakes += [
        f"{where}: row {row.number}: '{row.source}' is no keypoint of '{source_space.name}'"
        + did_you_mean(row.source, source_space.keypoints)
        for row in unknown
    ]
    mistakes += [
        f"{where}: the keypoint '{keypoint}' of '{source_space.name}' has no row; add one, with an "
        "empty `unified` to drop it"
        for keypoint in source_space.keypoints
        if keypoint not in named and keypoint not in meant
    ]
    if mistakes:
        raise DatasetError("\n".join(mistakes))
    by_source = {row.source: row.unified or None for row in rows}
    return Conversion({keypoint: by_source[keypoint] for keypoint in source_space.keypoints})


def conversion_mistakes(
    rows: Sequence[ConversionRow], unified_space: KeypointSpace, where: str
) -> list[str]:
    """What is wrong with a table, as far as it shows without the source's labels."""
    mistakes = []
    first_source: dict[str, ConversionRow] = {}
    first_unified: dict[str, ConversionRow] = {}
    for row in rows:
        place = f"{where}: row {row.number}"
        if row.unified and row.unified not in unified_space.keypoints:
            mistakes.append(
                f"{place}: '{row.unified}' is no keypoint of '{unified_space.name}'"
                + did_you_mean(row.unified, unified_space.keypoints)
            )
        if row.source in first_source:
            before = first_source[row.source].number
            mistakes.append(f"{place}: '{row.source}' stands in row {before} already; keep one")
        elif row.unified and row.unified in first_unified:
            before = first_unified[row.unified].source
            mistakes.append(
                f"{place}: '{before}' and '{row.source}' both become '{row.unified}'; "
                "leave one blank to drop it"
            )
        first_source.setdefault(row.source, row)
        first_unified.setdefault(row.unified, row)
    return mistakes


def unify_labels(labels: Labels, conversion: Conversion, unified_space: KeypointSpace) -> Labels:
    """The same animals in the unified vocabulary.

    A unified keypoint without a source is NOT_IN_DATASET. Animals of which the unified space knows
    nothing (every keypoint NOT_IN_DATASET, no box) are left out: unique bodyparts, for example.
    """
    unknown = [k for k in labels.space.keypoints if k not in conversion.unified]
    if unknown:
        raise DatasetError(
            f"'{labels.space.name}': the conversion says nothing about {', '.join(unknown)}"
        )
    n, k = len(labels), len(unified_space)
    xy = np.full((n, k, 2), np.nan)
    state = np.full((n, k), LabelState.NOT_IN_DATASET, dtype=np.int64)
    score = np.ones((n, k))
    for column, keypoint in enumerate(labels.space.keypoints):
        target = conversion.unified[keypoint]
        if target is None:
            continue
        place = unified_space.index(target)
        xy[:, place] = labels.xy_px[:, column]
        state[:, place] = labels.state[:, column]
        score[:, place] = labels.score[:, column]
    unified = Labels(
        space=unified_space,
        source=labels.source,
        image=labels.image,
        image_size_px=labels.image_size_px,
        individual=labels.individual,
        group=labels.group,
        split=labels.split,
        box_xyxy_px=labels.box_xyxy_px,
        xy_px=xy,
        state=state,
        score=score,
    )
    says_something = (state != LabelState.NOT_IN_DATASET).any(axis=1)
    return unified.select(says_something | np.isfinite(labels.box_xyxy_px).all(axis=1))
