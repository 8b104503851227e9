"""What is wrong with single data sets of labels, found by reading them as their jobs would."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from superanimal_core.commands.held_out_labels import (
    beyond_doubts,
    circle_doubts,
    ends_of_videos,
)
from superanimal_core.commands.picture_checks import picture_findings
from superanimal_core.commands.repeated_labels import animals_of
from superanimal_core.commands.study_checks import DOUBT, STOPS, Finding, space_of
from superanimal_core.datasets.unify import conversion_from_rows, unify_labels
from superanimal_core.errors import SuperAnimalError
from superanimal_core.formats.foreign import missing_pictures, read_foreign
from superanimal_core.formats.project_conversion import read_conversion
from superanimal_core.pose.labels import Labels
from superanimal_core.study.dataset_sheet import ROLES
from superanimal_core.study.labeled_predictions import UNSEEN
from superanimal_core.study.study import Study


def look_at_set(
    study: Study, name: str, folders: Mapping[str, Mapping[str, str]]
) -> tuple[list[Finding], frozenset[bytes]]:
    """What is wrong with a data set by itself, and `animals_of` it; it is read once.

    `folders` are the `videos_with_labels` of the study.
    """
    row = study.datasets[name]
    try:
        labels = read_foreign(name, row.path, row.format)
    except SuperAnimalError as error:
        return _set_that_stops(name, error), frozenset()
    return _findings(study, name, labels, folders), animals_of(labels)


def _set_that_stops(name: str, error: SuperAnimalError) -> list[Finding]:
    """What keeps a data set from being converted."""
    return [Finding(STOPS, f"data set {name}", line) for line in str(error).splitlines()]


def _findings(
    study: Study, name: str, labels: Labels, folders: Mapping[str, Mapping[str, str]]
) -> list[Finding]:
    """Of the labels of a data set: its pictures, and the names in its conversion table."""
    row, what = study.datasets[name], f"data set {name}"
    try:
        keypoints, space = labels.space.keypoints, space_of(study, row.space)
        rows = read_conversion(row.conversion, row.space, keypoints)
        missing = missing_pictures(labels)
        conversion = conversion_from_rows(rows, labels.space, space, row.conversion)
    except SuperAnimalError as error:
        return _set_that_stops(name, error)
    if missing:
        told = f"{len(missing)} labeled pictures are missing: {missing[0]}"
        return [Finding(STOPS, what, told)]
    ends = ends_of_videos(study, name, labels, folders)
    found = picture_findings(labels, what)
    found += [Finding(DOUBT, what, doubt) for doubt in beyond_doubts(labels, ends)]
    if study.datasets_of(row.space, *ROLES) != [name]:
        return found  # of several sets each may hold out a part of what is needed
    if row.role == UNSEEN:  # no network sees them, whatever their own split is
        labels = replace(labels, split=np.full(len(labels), "test", dtype=object))
    unified = unify_labels(labels, conversion, space)
    doubts = circle_doubts(study, name, unified, ends)
    return [*found, *(Finding(DOUBT, what, doubt) for doubt in doubts)]
