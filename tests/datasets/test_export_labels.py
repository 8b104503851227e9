"""Exported labels read back as they were, in every format, for synthetic and for real sets."""

from dataclasses import replace

import numpy as np
import pytest

from superanimal_core.__main__ import main
from superanimal_core.datasets import PARSERS
from superanimal_core.datasets.unify import Conversion, unify_labels
from superanimal_core.formats.dataset_folder import DiskFolder
from superanimal_core.formats.foreign import extract_frames, read_foreign
from superanimal_core.media.images import write_image
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import LabelState
from superanimal_core.tables.label_files import write_labels

REAL = [
    ("openfield", "deeplabcut"),
    ("birds", "deeplabcut"),
    ("mirror_mouse", "lightning_pose"),
    ("stanford_dogs", "coco"),
    ("stanford_dogs/StanfordExtra_sample.json", "stanford_extra"),
    *((f"mmpose_samples/{name}", "coco") for name in (
        "animalkingdom", "animalpose", "ap10k", "atrw", "fly", "locust", "macaque", "zebra",
    )),
    ("anipose_mouse/top.slp", "sleap"),
]  # fmt: skip


def export(labels, format, folder):
    write_labels(labels, folder / "labels.parquet", {})
    arguments = ["export-labels", str(folder / "labels.parquet"), "--format", format]
    assert main([*arguments, "--output", str(folder / format)]) == 0
    return PARSERS[format](str(labels.source[0]), DiskFolder(folder / format))


def assert_same_points(first, second, tolerance_px):
    """The same animals in the same order of images, as far as DeepLabCut's tables can say it."""
    located = first.select(first.is_located.any(axis=1))
    second = second.select(second.is_located.any(axis=1))
    ends = [np.array([i.rsplit("/", 1)[-1] for i in x.image], dtype=str) for x in (located, second)]
    order = [
        np.lexsort((np.nan_to_num(x.xy_px, nan=-1)[..., 0].sum(axis=1).round(2), end))
        for x, end in zip((located, second), ends, strict=True)
    ]
    columns = [second.space.index(k) for k in located.space.keypoints]
    one, other = located.select(order[0]), second.select(order[1])
    assert len(one) == len(other)
    assert np.array_equal(one.image_size_px, other.image_size_px)
    assert np.allclose(one.xy_px, other.xy_px[:, columns], atol=tolerance_px, equal_nan=True)


@pytest.mark.parametrize(("path", "format"), REAL)
def test_real_sets_come_back_through_every_writer(shared_data, tmp_path, path, format, capsys):
    labels = read_foreign("set", str(shared_data / path), format)
    labels = extract_frames(labels, tmp_path / "frames")
    several = len(labels.individual) > len(set(labels.image))
    for target in ("coco", "deeplabcut"):
        assert_same_points(labels, export(labels, target, tmp_path), 1e-3)
    if not several and set(labels.individual) == {"animal0"}:
        assert_same_points(labels, export(labels, "lightning_pose", tmp_path), 1e-3)


def test_source_unified_coco_unified_is_equal_in_all_states(tmp_path, labels_of, are_same):
    labels = labels_of(("a", "b", "c"), ("g/x", "h"), per_group=8)
    space = KeypointSpace("u", ("z", "y", "x", "w"))
    unified = unify_labels(labels, Conversion({"a": "x", "b": "z", "c": None}), space)
    unified = replace(
        unified,
        box_xyxy_px=np.tile([1.0, 2.0, 50.0, 60.0], (len(unified), 1)),
        split=np.where(np.arange(len(unified)) % 2, "train", "test").astype(object),
    )
    again = export(unified, "coco", tmp_path)
    placed = replace(unified, image=again.image)
    assert are_same(placed, again)
    assert (again.state == LabelState.NOT_IN_DATASET).any()


def test_pictures_of_one_name_stay_apart_and_a_folder_is_never_overwritten(tmp_path, labels_of):
    labels = labels_of(per_group=2, groups=("g",))
    image = np.array(["one/img.png", "two/img.png"], dtype=object)
    labels = replace(labels, image=image).select(labels.is_located.any(axis=1))
    found = export(labels, "coco", tmp_path)
    assert len(set(found.image)) == len(labels)
    arguments = ["export-labels", str(tmp_path / "labels.parquet"), "--format", "coco"]
    assert main([*arguments, "--output", str(tmp_path / "coco")]) == 1


def test_pictures_of_a_study_are_found_by_its_sheet(tmp_path, labels_of):
    study = tmp_path / "study"
    (study / "config").mkdir(parents=True)
    (study / "config/config.yaml").write_text("datasets: config/datasets.tsv\n")
    (study / "config/datasets.tsv").write_text("dataset\tpath\nlab\tdata/lab/labels.json\n")
    labels = labels_of(per_group=2, groups=("g",))
    labels = labels.select(labels.is_located.any(axis=1))
    names = [f"lab/day/{i}.png" for i in range(len(labels) - 1)] + ["lab#000-top-000012.png"]
    labels = replace(labels, image=np.array(names, dtype=object))
    folder = study / "results/datasets/lab"
    for name in names[:-1]:
        path = study / "data/lab" / name.removeprefix("lab/")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(np.zeros((8, 8, 3), np.uint8), path)
    (study / "data/lab/labels.json").touch()
    (folder / "frames").mkdir(parents=True)
    write_image(np.zeros((8, 8, 3), np.uint8), folder / "frames/000-top-000012.png")
    write_labels(labels, folder / "labels.parquet", {})
    output = tmp_path / "exported"
    arguments = ["export-labels", str(folder / "labels.parquet"), "--format", "coco"]
    assert main([*arguments, "--output", str(output)]) == 0
    assert len(list(output.rglob("*.png"))) == len(names)
