"""Readers of formats that list points: what was written is read, and mistakes name their place."""

import base64
from dataclasses import replace

import foreign_documents as foreign
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from superanimal_core.datasets import PARSERS
from superanimal_core.datasets.coco import parse_coco
from superanimal_core.datasets.cvat import parse_xml
from superanimal_core.datasets.stanford_extra import KEYPOINTS as DOG
from superanimal_core.datasets.stanford_extra import parse_stanford_extra
from superanimal_core.errors import DatasetError
from superanimal_core.formats.dataset_folder import DiskFolder
from superanimal_core.pose.labels import LabelState

NAMES = {
    "label_studio": "export.json",
    "cvat": "annotations.xml",
    "long_table": "labels.csv",
    "stanford_extra": "StanfordExtra.json",
}
TELLS_OCCLUDED = ("cvat", "long_table")


def hand_labels(labels_of, format, seed):
    """Two animals per image (one, for dogs), every keypoint located somewhere, boxes known."""
    keypoints = DOG[:-4] if format == "stanford_extra" else ("nose", "tail base", "left_ear")
    labels = labels_of(keypoints, ("day 1", "päivä/2"), per_group=6, seed=seed)
    random = np.random.default_rng(seed)
    state, xy = labels.state.copy(), labels.xy_px.copy()
    state[state == LabelState.NOT_IN_DATASET] = LabelState.NOT_LABELED
    state[:2] = LabelState.VISIBLE
    if format not in TELLS_OCCLUDED:
        state[state == LabelState.OCCLUDED] = LabelState.VISIBLE
    missing = np.isnan(xy) & (state >= LabelState.OCCLUDED)[..., None]
    xy[missing] = random.uniform(0, 100, missing.sum())
    xy[0, 0] = 0.0, 0.0  # a keypoint in the corner is a keypoint
    xy[state < LabelState.OCCLUDED] = np.nan
    low = random.uniform(0, 40, (len(labels), 2))
    labels = replace(labels, state=state, xy_px=xy, box_xyxy_px=np.hstack([low, low + 30]))
    labels = labels.select(labels.is_located.any(axis=1))
    if format == "stanford_extra":
        return labels
    image = np.array([f"{g}/img{i // 2}.png" for i, g in enumerate(labels.group)], dtype=object)
    names = np.array([f"animal{i % 2}" for i in range(len(labels))], dtype=object)
    for row in range(len(labels)):
        if row and image[row] == image[row - 1]:
            names[row] = "animal1"
        else:
            names[row] = "animal0"
    return replace(labels, image=image, individual=names)


@pytest.mark.parametrize("format", NAMES)
@pytest.mark.parametrize("seed", range(4))
def test_what_a_tool_writes_is_read_point_by_point(memory_folder, labels_of, format, seed):
    labels = hand_labels(labels_of, format, seed)
    text = getattr(foreign, format)(labels)
    document = __import__("json").loads(text) if NAMES[format].endswith(".json") else text
    images = {
        str(n): tuple(s) for n, s in zip(labels.image, labels.image_size_px.tolist(), strict=True)
    }
    found = PARSERS[format]("set", memory_folder({NAMES[format]: document}, images))
    assert set(labels.space.keypoints) <= set(found.space.keypoints)
    columns = [found.space.index(k) for k in labels.space.keypoints]
    place = {key: i for i, key in enumerate(zip(found.image, found.individual, strict=True))}
    rows = [place[key] for key in zip(labels.image, labels.individual, strict=True)]
    assert len(found) == len(labels)
    assert np.array_equal(found.state[rows][:, columns], labels.state)
    assert np.allclose(found.xy_px[rows][:, columns], labels.xy_px, atol=1e-9, equal_nan=True)
    assert np.allclose(found.box_xyxy_px[rows], labels.box_xyxy_px, atol=1e-9)
    assert np.array_equal(found.image_size_px[rows], labels.image_size_px)


def test_a_long_table_is_the_same_from_csv_and_from_parquet(tmp_path, labels_of, memory_folder):
    labels = hand_labels(labels_of, "long_table", 1)
    text = foreign.long_table(labels)
    images = {str(n): (100, 80) for n in labels.image}
    columns = memory_folder({"t.csv": text}).columns("t.csv")
    typed = {
        name: [None if v in ("", "nan") else float(v) if name in "xyx0y0x1y1" else v for v in cells]
        for name, cells in columns.items()
    }
    pq.write_table(pa.table(typed), tmp_path / "t.parquet")
    (tmp_path / "t.csv").write_text("\ufeff" + text, encoding="utf-8")
    read = {}
    for name in ("t.csv", "t.parquet"):
        folder = memory_folder({name: text}, images)
        folder.columns = DiskFolder(tmp_path).columns
        read[name] = PARSERS["long_table"]("set", folder)
    assert np.array_equal(read["t.csv"].xy_px, read["t.parquet"].xy_px, equal_nan=True)
    assert np.array_equal(read["t.csv"].state, read["t.parquet"].state)


LONG = "image,keypoint,x,y\n"


def test_what_r_writes_for_nothing_is_not_labeled(memory_folder):
    document = LONG + "a.png,nose,NA,NA\na.png,tail,1,2\n"
    folder = memory_folder({NAMES["long_table"]: document}, {"a.png": (9, 9)})
    labels = PARSERS["long_table"]("set", folder)
    located = dict(zip(labels.space.keypoints, labels.is_located[0].tolist(), strict=True))
    assert located == {"nose": False, "tail": True}


@pytest.mark.parametrize(
    ("format", "document", "message"),
    [
        ("long_table", "image,x,y\na.png,1,2\n", "no column keypoint"),
        ("long_table", LONG + "a.png,nose,1,2\na.png,nose,3,4\n", "row 3: .*stands twice"),
        ("long_table", LONG + "a.png,nose,one,2\n", "row 2: x is 'one'"),
        ("long_table", LONG + "a.png,nose,1,\n", "row 2: one of x and y is empty"),
        ("long_table", LONG + "../a.png,nose,1,2\n", "leaves the folder"),
        ("long_table", LONG + "b.png,nose,1,2\n", "1 of 1 labeled images are missing"),
        ("cvat", "<annotations><image/>", "not a complete XML document"),
        ("cvat", '<!DOCTYPE a [<!ENTITY b "c">]><annotations/>', "DOCTYPE"),
        ("cvat", "<annotations><track/></annotations>", "CVAT for images 1.1"),
        (
            "cvat",
            '<annotations>\n<image name="a.png">\n<points label="n" points="1,2;3,4"/>'
            "</image></annotations>",
            "line 3: '1 2;3 4'; expected 2 numbers",
        ),
        ("label_studio", [{"annotations": [], "data": {}}], "not one labeled keypoint"),
        ("stanford_extra", [{"joints": [], "img_path": "a.png"}], "24 triples"),
    ],
)
def test_a_mistake_is_told_with_its_place(memory_folder, format, document, message):
    folder = memory_folder({NAMES[format]: document}, {"a.png": (9, 9)})
    with pytest.raises(DatasetError, match=message):
        PARSERS[format]("set", folder)


def test_xml_of_any_depth_ends_in_one_error():
    with pytest.raises(DatasetError, match="deep"):
        parse_xml("<a>" * 100_000, "x.xml")


def test_two_annotators_are_an_error(memory_folder, labels_of):
    import json

    task = json.loads(foreign.label_studio(hand_labels(labels_of, "label_studio", 0)))[0]
    task["annotations"].append(task["annotations"][1])
    with pytest.raises(DatasetError, match="annotated 2 times"):
        PARSERS["label_studio"]("set", memory_folder({"e.json": [task]}))


@pytest.mark.parametrize(
    ("address", "picture"),
    [
        ("/data/upload/7/0123abcd-a.png", "a.png"),
        ("/data/local-files/?d=lab/set/a.png", "set/a.png"),
        ("/data/local-files/?d=lab%2Fset%2Fa%20b.png", "set/a b.png"),
        (f"/tasks/1/presign/?fileuri={base64.b64encode(b's3://x/a.png').decode()}", "a.png"),
        (f"/tasks/1/resolve/?fileuri={base64.b64encode(b'gs://x/y/a?.png').decode()}", "y/a?.png"),
        (
            "/tasks/1/presign/?fileuri="
            + base64.urlsafe_b64encode("azure-blob://x/ü>?ÿ.png".encode()).decode().rstrip("="),
            "ü>?ÿ.png",
        ),
        ("https://x.org/p/a.png?X-Amz-Signature=ab/c.d&n=1", "p/a.png"),
        ("s3://bucket/out/a.png", "out/a.png"),
        ("/data/upload/7/a#1.png", "a#1.png"),
    ],
)
def test_an_address_of_label_studio_names_its_picture(memory_folder, address, picture):
    size = {"original_width": 64, "original_height": 48}
    value = {"x": 50, "y": 25, "keypointlabels": ["nose"]}
    item = {"type": "keypointlabels", "value": value} | size
    task = {"data": {"text": "a mouse", "img": address}, "annotations": [{"result": [item]}]}
    folder = memory_folder({"e.json": [task]}, {picture: (64, 48)})
    labels = PARSERS["label_studio"]("set", folder)
    assert labels.image.tolist() == [picture]
    assert labels.xy_px.tolist() == [[[32.0, 12.0]]]


def test_the_real_stanford_extra_reads_as_its_coco_document(shared_data):
    folder = shared_data / "stanford_dogs"
    ours = parse_stanford_extra("dogs", DiskFolder(folder / "StanfordExtra_sample.json"))
    coco = parse_coco("dogs", DiskFolder(folder / "coco.json"))
    assert ours.space.keypoints == coco.space.keypoints
    assert np.array_equal(ours.image, coco.image)
    assert np.array_equal(ours.xy_px, coco.xy_px, equal_nan=True)
    assert np.allclose(ours.box_xyxy_px, coco.box_xyxy_px)
    assert (ours.state[:, -4:] == LabelState.NOT_IN_DATASET).all()
