"""The conversion tables in config/keypoints, against the papers' and on real sets."""

import csv
from pathlib import Path

import numpy as np
import pytest

from superanimal_core.datasets import PARSERS
from superanimal_core.datasets.coco import parse_coco
from superanimal_core.datasets.unify import (
    conversion_from_rows,
    conversion_mistakes,
    unify_labels,
)
from superanimal_core.datasets.write_coco import to_coco
from superanimal_core.formats.dataset_folder import DiskFolder
from superanimal_core.formats.documents import read_keypoint_space
from superanimal_core.formats.sheets import read_conversion_rows

SPACES = Path(__file__).parents[2] / "config" / "keypoints"
TABLES = sorted(SPACES.glob("*/*.tsv"))
MOUSE, QUADRUPED = "superanimal_topviewmouse", "superanimal_quadruped"


def space(name):
    return read_keypoint_space(SPACES / f"{name}.yaml")


@pytest.mark.parametrize("table", TABLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_table_in_the_repository_has_no_mistake(table):
    rows = read_conversion_rows(table)
    assert conversion_mistakes(rows, space(table.parent.name), table.name) == []


@pytest.mark.parametrize(
    ("name", "keypoints", "pairs", "first", "last"),
    [
        ("superanimal_topviewmouse", 27, 6, "nose", "head_midpoint"),
        ("superanimal_quadruped", 39, 13, "nose", "body_middle_left"),
        ("superanimal_bird", 42, None, "back", "lower_cere"),
        ("superanimal_humanbody", 17, 8, "nose", "right_ankle"),
    ],
)
def test_the_released_spaces_are_whole(name, keypoints, pairs, first, last):
    released = space(name)
    assert (len(released), released.keypoints[0], released.keypoints[-1]) == (
        keypoints,
        first,
        last,
    )
    assert len(released.oks_sigmas) == keypoints
    assert released.bones
    sided = {k for k in released.keypoints if "left" in k or "right" in k}
    mirrored = {k for pair in released.mirror_pairs for k in pair}
    assert mirrored == {
        k for k in sided if k.replace("left", "right") != k.replace("right", "left")
    }
    assert pairs is None or len(released.mirror_pairs) == pairs
    for left, right in released.mirror_pairs:
        assert left.replace("left", "right") == right


def test_every_source_of_the_papers_has_a_table():
    names = {MOUSE: 15, QUADRUPED: 7}
    mouse = {
        *("treadmill_ole", "swimming_ole", "openfield_ole", "MackenzieMausHaus", "ChanLab", "BM"),
        *("Daniel3Mouse", "dlc-openfield", "EPM", "FST", "LBD", "OFT", "Mostafizur", "3CSI"),
        "TwoWhiteMice",
    }
    quadruped = {"ap10k", "animalpose", "stanforddogs", "cheetah", "horse", "webapp", "awapose"}
    for of, wanted in ((MOUSE, mouse), (QUADRUPED, quadruped)):
        assert len(wanted) == names[of]
        assert wanted <= {path.stem for path in (SPACES / of).glob("*.tsv")}


CORRECTED = {
    ("horse", "Nearhindfoot"): "back_left_paw",
    ("horse", "Offhindfoot"): "back_right_paw",
    **{("stanforddogs", name): "" for name in ("L_Eye", "R_Eye", "Withers", "Throat")},
}


@pytest.mark.parametrize(
    ("of", "file"), [(MOUSE, "conversion_topview"), (QUADRUPED, "conversion_quadruped")]
)
def test_tables_say_what_the_papers_columns_say_but_for_the_corrections(shared_data, of, file):
    with open(shared_data / f"superanimal_keypoints/{file}.csv", newline="") as document:
        header, *published = csv.reader(document)
    for column, name in enumerate(header[:-1]):
        table = read_conversion_rows(SPACES / of / f"{name.strip()}.tsv")
        ours = {row.source: row.unified for row in table}
        for row in published:
            source = row[column].strip() if column < len(row) else ""
            if source:
                wanted = CORRECTED.get((name.strip(), source), row[-1].strip())
                assert ours[source] == wanted, (name, source)


def test_spine_points_of_three_mice_are_resolved_in_their_own_column():
    rows = read_conversion_rows(SPACES / MOUSE / "Daniel3Mouse.tsv")
    unified = {row.source: row.unified for row in rows}
    assert [unified[f"spine{i}"] for i in range(1, 5)] == [
        "mid_back",
        "mouse_center",
        "mid_backend",
        "mid_backend2",
    ]
    assert unified["shoulder"] == "neck"


REAL = [  # format, set under shared/data, space, table, located labels after unification
    ("deeplabcut", "openfield", MOUSE, "openfield", 464),
    ("sleap", "anipose_mouse/top.slp", MOUSE, "anipose_mouse", 1800),
    ("deeplabcut_tracks", "mabe_mice", MOUSE, "mabe_mice", 38704),
    ("coco", "topviewmouse_labels", MOUSE, "topviewmouse_labels", 1810),
    ("coco", "ap10k_labels", QUADRUPED, "ap10k", None),
    ("coco", "mmpose_samples/ap10k", QUADRUPED, "ap10k", 28),
    ("coco", "mmpose_samples/animalpose", QUADRUPED, "animalpose_mmpose", 32),
    ("coco", "irodent_labels", QUADRUPED, "irodent", None),
    ("coco", "stanford_dogs", QUADRUPED, "stanford_dogs", None),
    ("coco", "mmpose_samples/macaque", "superanimal_humanbody", "coco", 31),
]


@pytest.mark.parametrize(("format", "path", "of", "table", "located"), REAL)
def test_real_sets_unify_and_survive_coco(
    shared_data, memory_folder, are_same, format, path, of, table, located
):
    labels = PARSERS[format]("set", DiskFolder(shared_data / path))
    file = SPACES / of / f"{table}.tsv"
    unified_space = space(of)
    conversion = conversion_from_rows(
        read_conversion_rows(file), labels.space, unified_space, file.name
    )
    unified = unify_labels(labels, conversion, unified_space)
    assert len(unified) == len(labels)
    kept = [labels.space.index(k) for k, u in conversion.unified.items() if u is not None]
    assert unified.is_located.sum() == labels.is_located[:, kept].sum()
    if located is not None:
        assert unified.is_located.sum() == located
    first = unified.select(np.arange(min(len(unified), 400)))
    images = {n: tuple(s) for n, s in zip(first.image, first.image_size_px, strict=True)}
    again = parse_coco("set", memory_folder({"coco.json": to_coco(first)}, images))
    assert are_same(first, again)
