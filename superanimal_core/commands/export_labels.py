"""Labels of a study in the format of another tool, with their pictures, to train on them there.

    superanimal export-labels results/datasets/lab/unified.parquet \\
        --format coco --output lab-for-others

`coco`: annotations.json beside images/. `deeplabcut`: labeled-data/<video>/ with its CollectedData
table, to copy into a project. `lightning_pose`: one CollectedData.csv beside labeled-data/.
Pictures are copied; those that are not there stay names. DeepLabCut knows no hidden keypoints: they
become visible there.
"""

import argparse
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from superanimal_core.datasets.write_coco import to_coco
from superanimal_core.datasets.write_deeplabcut import deeplabcut_image, to_deeplabcut
from superanimal_core.errors import DatasetError, SuperAnimalError
from superanimal_core.formats.listing import root_of
from superanimal_core.formats.sheets import read_sheet
from superanimal_core.media.picture_names import picture_path
from superanimal_core.pose.labels import Labels
from superanimal_core.study.overlay import CONFIG, read_complete
from superanimal_core.tables.atomic import replacing
from superanimal_core.tables.label_files import read_labels

FORMATS = ("coco", "deeplabcut", "lightning_pose")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `export-labels`."""
    parser.add_argument("labels", type=Path, help="labels.parquet or unified.parquet of a study")
    parser.add_argument("--format", choices=FORMATS, required=True, help=", ".join(FORMATS))
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FOLDER", help="made; must not exist"
    )
    parser.add_argument("--scorer", default="superanimal", help="who labeled, for DeepLabCut")


def run(options: argparse.Namespace) -> None:
    """Write the folder, whole or not at all, and say what is in it. DatasetError otherwise."""
    if options.output.exists():
        raise DatasetError(f"{options.output}: exists already; name a new folder")
    labels = read_labels(options.labels)
    places = places_of_study(options.labels)
    placed = place_images(labels, options.format)
    with replacing(options.output) as temporary:
        for name, text in documents_of(placed, options.format, options.scorer).items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            (temporary / name).write_text(text, encoding="utf-8")
        copied = _copy(labels, placed, temporary, places)
    print(f"{options.output}: {len(labels)} animals, {copied} pictures copied")
    if not copied:
        print("No picture was found: the documents name them as they were; lay them there yourself")


def places_of_study(labels: Path) -> dict[str, str]:
    """Where the pictures of a study's labels lie (`picture_path`), by its sheet of data sets.

    Nothing for labels that lie in no study.
    """
    study = labels.resolve().parents[3] if len(labels.resolve().parents) > 3 else Path()
    try:
        sheet = read_complete(study / CONFIG)["datasets"]
        rows = [row.cells for row in read_sheet(study / sheet)]
        folders = {row["dataset"]: root_of(study / row["path"]) for row in rows}
    except (SuperAnimalError, KeyError, TypeError):
        return {}
    frames = {f"{name}#": str(study / f"results/datasets/{name}/frames") for name in folders}
    return {f"{name}/": folder for name, folder in folders.items()} | frames


def place_images(labels: Labels, format: str) -> Labels:
    """Labels whose images have the names that they get in the exported folder, each its own."""
    taken: dict[str, str] = {}
    named: dict[str, str] = {}
    for image, group in zip(labels.image, labels.group, strict=True):
        if image in named:
            continue
        wanted = deeplabcut_image(str(image), str(group))
        if format == "coco":
            wanted = "images/" + wanted.removeprefix("labeled-data/")
        stem, suffix = os.path.splitext(wanted)
        number = 1
        while wanted in taken:
            number += 1
            wanted = f"{stem}-{number}{suffix}"
        taken[wanted] = named[image] = wanted
    return replace(labels, image=np.array([named[i] for i in labels.image], dtype=object))


def documents_of(labels: Labels, format: str, scorer: str) -> dict[str, str]:
    """The documents of an export: name -> text."""
    if format == "coco":
        return {"annotations.json": json.dumps(to_coco(labels))}
    tables = to_deeplabcut(labels, scorer, with_visible=format == "lightning_pose")
    if format == "deeplabcut":
        return tables
    if set(labels.individual) != {"animal0"}:
        raise DatasetError("Lightning Pose knows one animal per picture; export as deeplabcut")
    lines = [text.splitlines(keepends=True) for text in tables.values()]
    return {"CollectedData.csv": "".join(lines[0][:3] + [row for own in lines for row in own[3:]])}


def _copy(labels: Labels, placed: Labels, folder: Path, places: Mapping[str, str]) -> int:
    found = [picture_path(str(image), places) for image in labels.image]
    pairs = dict(zip(placed.image, found, strict=True))
    there = {new: old for new, old in pairs.items() if os.path.isfile(old)}
    for new, old in there.items():
        (folder / new).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(old, folder / new)
    return len(there)
