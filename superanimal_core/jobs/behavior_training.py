"""From features and files of labels to a classifier of behavior."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from superanimal_core.behavior.classifier_inputs import (
    classifier_inputs,
    common_features,
    is_seen,
)
from superanimal_core.behavior.features import FeatureTable
from superanimal_core.behavior.marked_bouts import UNSAID, classes_of_marks
from superanimal_core.errors import SuperAnimalError, VideoError
from superanimal_core.formats.behavior_labels import WhichLabels, read_marks
from superanimal_core.settings.classifiers import ClassifierSettings
from superanimal_core.tables.animal_names import Key, animal_names
from superanimal_core.tables.behavior_tables import read_features
from superanimal_core.tables.classifier_files import write_classifier
from superanimal_core.training.behavior_classifier import Recording, train_classifier
from superanimal_core.training.classifier_figures import classifier_scores

Rows = Sequence[Mapping[str, Any]]


def train_and_write(
    features: Sequence[str],
    labels: Sequence[str],
    rows: Rows,
    animals: Mapping[str, str],
    settings: Mapping[str, Any],
    output: str,
    record: Mapping[str, object],
) -> None:
    """Read, learn, judge and write the classifier's folder.

    `features` are those of the videos of `animals`, in its order; in `rows` `labels` is the number
    of a file. A labeled video that failed teaches nothing, and the folder says so.
    """
    own = ClassifierSettings(**settings, labels="-", animal_column="-")
    tables, without = _read(features, list(animals))
    if without:
        print(f"labeled videos that failed, and teach nothing: {', '.join(without)}")
    if not tables:
        raise SuperAnimalError(
            f"all labeled videos failed ({', '.join(without)}): nothing can be learned"
        )
    names = common_features([*tables.values()], own.features)
    recordings = recordings_of(tables, labels, rows, animals, names, own)
    classifier, held_out = train_classifier(recordings, names, own)
    scores, confused = classifier_scores(recordings, held_out, own.behaviors)
    told = {
        "held_out_by": held_out.parts_are,
        "confusion": {"classes": ["none", *own.behaviors], "frames": confused.tolist()},
        "labeled_videos": list(tables),
        "without": without,
    }
    write_classifier(classifier, scores, told, output, record)


def _read(
    features: Sequence[str], videos: Sequence[str]
) -> tuple[dict[str, FeatureTable], list[str]]:
    tables, without = {}, []
    for path, video in zip(features, videos, strict=True):
        try:
            tables[video] = read_features(path)
        except VideoError as error:
            print(f"{video}: {error}", file=sys.stderr)
            without.append(video)
    return tables, without


def recordings_of(
    tables: Mapping[str, FeatureTable],
    labels: Sequence[str],
    rows: Rows,
    animals: Mapping[str, str],
    names: Sequence[str],
    settings: ClassifierSettings,
) -> list[Recording]:
    """One recording per labeled animal of each video, with a row for each rater."""
    by_animal: dict[Key, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["video"] in tables:
            by_animal.setdefault((row["video"], row["individual"]), []).append(row)
    found, called = [], animal_names(by_animal, animals)
    for (video, individual), own in by_animal.items():
        table = tables[video]
        chosen = table.individual == individual
        if not chosen.any():
            there = ", ".join(map(str, dict.fromkeys(table.individual)))
            raise SuperAnimalError(
                f"the sheet of labels says '{individual}' of video '{video}', which has {there}"
            )
        time_s = table.time_s[chosen]
        columns = {name: values[chosen] for name, values in table.columns.items()}
        said = [_said(labels[int(row["labels"])], row, time_s, settings) for row in own]
        animal = called[video, individual]
        raters = tuple(row["rater"] for row in own)
        values = classifier_inputs(columns, names)
        learned = np.where(is_seen(values, names), np.stack(said), UNSAID)
        found.append(Recording(video, individual, animal, time_s, values, learned, raters))
    return found


def _said(
    path: str, row: Mapping[str, Any], time_s: ndarray, settings: ClassifierSettings
) -> ndarray:
    which = WhichLabels(tuple(settings.behaviors), row["subject"], row["observation"], row["rater"])
    marks = read_marks(path, row["format"], which)
    where = f"{Path(path).name} (video '{row['video']}')"
    classes = classes_of_marks(marks, settings.behaviors, settings.ignored, time_s, where)
    if (classes == UNSAID).all():
        raise SuperAnimalError(f"{where}: says nothing of the behaviors of this classifier")
    return classes
