"""A data set that is listed twice, or whose copy is, is told before networks learn from both."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from tiny_study import SPACE, write_tiny_study

from superanimal_core.commands.check import check_study
from superanimal_core.commands.repeated_labels import animals_of, repeated_labels
from superanimal_core.commands.study_checks import DOUBT
from superanimal_core.commands.study_folder import read_here
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.study.study_rows import DatasetRow


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return write_tiny_study(tmp_path_factory.mktemp("sound") / "study")


@pytest.mark.parametrize("folder", ["datasets/cabinet", "datasets/copy"])
def test_a_data_set_under_two_names_is_told(sound, tmp_path, monkeypatch, folder):
    study = shutil.copytree(sound, tmp_path / "study")
    monkeypatch.chdir(study)
    if folder != "datasets/cabinet":
        shutil.copytree("datasets/cabinet", folder)
    tables = study / "config/keypoints" / SPACE
    shutil.copyfile(tables / "cabinet.tsv", tables / "again.tsv")
    sheet = study / "config/datasets.tsv"
    (row,) = (line for line in sheet.read_text().splitlines() if line.startswith("cabinet\t"))
    _, _, *others = row.split("\t")
    sheet.write_text(sheet.read_text() + "\t".join(["again", folder, *others]) + "\n")
    (told,) = [found for found in check_study(read_here()) if "point for point" in found.told]
    assert (told.weight, told.what) == (DOUBT, "data set again")
    assert "labeled animals stand in data set 'cabinet', too" in told.told


def labels_at(xy_px):
    """One animal in each picture, with its keypoints at these positions."""
    rows, keypoints = xy_px.shape[:2]
    state = np.where(np.isfinite(xy_px).all(axis=2), LabelState.VISIBLE, LabelState.NOT_LABELED)
    words = {
        name: np.array([f"{name}{row}" for row in range(rows)], dtype=object)
        for name in ("source", "image", "individual", "group", "split")
    }
    return Labels(
        space=KeypointSpace("s", tuple(f"k{number}" for number in range(keypoints))),
        image_size_px=np.full((rows, 2), 640),
        box_xyxy_px=np.full((rows, 4), np.nan),
        xy_px=xy_px,
        state=state.astype(int),
        score=np.ones((rows, keypoints)),
        **words,
    )


def test_the_same_labels_in_another_order_and_under_other_names_are_the_same():
    xy_px = np.random.default_rng(0).integers(0, 640, (5, 4, 2)).astype(float)
    ours = labels_at(xy_px)
    theirs = replace(labels_at(xy_px[::-1, [2, 0, 3, 1]] + 1e-4), image=ours.image + "x")
    assert animals_of(theirs) == animals_of(ours)
    assert len(animals_of(ours)) == 5
    assert animals_of(labels_at(xy_px + 0.02)).isdisjoint(animals_of(ours))


def test_what_has_two_points_may_be_like_others_by_chance():
    xy_px = np.random.default_rng(0).uniform(0, 640, (2, 4, 2))
    xy_px[0, :2] = xy_px[1, :1] = np.nan
    assert len(animals_of(labels_at(xy_px))) == 1


def row_of(name, space, role):
    return DatasetRow(name, f"datasets/{name}", "coco", space, role, "", "")


@pytest.mark.parametrize(("shared", "is_told"), [(4, True), (2, True), (1, False), (0, False)])
@pytest.mark.parametrize("spaces", ["ss", "st"])
@pytest.mark.parametrize(
    ("roles", "twice"), [("pf", True), ("pe", False), ("ef", False), ("ee", None)]
)
def test_sets_of_one_space_that_share_half_of_the_smaller_are_told(
    shared, is_told, spaces, roles, twice
):
    """If a network learns from one of them at least; twice, if from both."""
    words = {"p": "pretrain", "f": "fine_tune", "e": "evaluate"}
    each = [bytes([number]) for number in range(14)]
    animals = {"a": frozenset(each[:10]), "b": frozenset(each[10 - shared : 14 - shared])}
    rows = {
        name: row_of(name, space, words[role])
        for name, space, role in zip("ab", spaces, roles, strict=True)
    }
    found = list(repeated_labels(rows, animals))
    assert bool(found) == (is_told and spaces == "ss" and twice is not None)
    assert ["teach twice" in each.told for each in found] == [twice] * len(found)
    assert all(one.told.startswith(f"{shared} of its 4 labeled animals") for one in found)


def test_sets_without_labels_share_none():
    rows = {name: row_of(name, "s", "pretrain") for name in "ab"}
    assert not list(repeated_labels(rows, dict.fromkeys("ab", frozenset())))
