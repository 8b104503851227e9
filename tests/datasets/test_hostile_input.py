"""Mutated documents end in labels or in one DatasetError, never in another exception.

MUTATIONS documents per format by default; SUPERANIMAL_FUZZ=10 makes ten times as many.
"""

import contextlib
import copy
import json
import os
import random
import struct
import warnings
import zlib

import foreign_documents
import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from superanimal_core.datasets import PARSERS
from superanimal_core.errors import DatasetError
from superanimal_core.formats.dataset_folder import DiskFolder
from superanimal_core.formats.plain_tables import parse_columns
from superanimal_core.pose.labels import Labels, LabelState

TIMES = int(os.environ.get("SUPERANIMAL_FUZZ", "1"))
ODD = [
    *(None, True, -1, 0, 0.5, 1e308, float("nan"), float("inf"), 10**400, "", "x", "é\0", "../a"),
    *([], {}, [[]], [None], {"id": 1}, "nose", [1, 2, 3], list(range(40)), 2**63, -(2**63)),
]


def chunk(kind, body):
    """One chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


PNG = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 9, 8, 0, 0, 0, 0))
PNG += chunk(b"IDAT", zlib.compress(b"\0" * 90)) + chunk(b"IEND", b"")
HEAD = "scorer,S,S,S,S\nbodyparts,nose,nose,tail,tail\ncoords,x,y,x,y\n"
ROWS = "labeled-data/v/a.png,1,2,3,4\nlabeled-data/v/b.png,1,2,,\n"


def coco():
    images = [{"id": i, "file_name": f"m_{i}.png", "width": 9, "height": 9} for i in range(3)]
    points = {"keypoints": [1, 2, 2, 3, 4, 1], "bbox": [0, 0, 5, 5], "iscrowd": 0}
    return {
        "images": images,
        "annotations": [{"id": i, "image_id": i, "category_id": 1} | points for i in range(3)],
        "categories": [{"id": 1, "name": "m", "keypoints": ["nose", "tail"], "skeleton": [[1, 2]]}],
    }


def mutated_tree(document, chance):
    """A copy in which some values, keys or entries are replaced, removed or repeated."""
    document = copy.deepcopy(document)
    for _ in range(chance.randint(1, 4)):
        node, places = document, []
        while isinstance(node, dict | list) and node:
            key = (
                chance.choice(list(node)) if isinstance(node, dict) else chance.randrange(len(node))
            )
            places.append((node, key))
            node = node[key]
        if not places:
            return document
        node, key = chance.choice(places)
        action = chance.randrange(4)
        if action == 0:
            del node[key]
        elif action == 1 and isinstance(node, list):
            node.append(copy.deepcopy(node[key]))
        else:
            node[key] = copy.deepcopy(chance.choice(ODD))
    return document


def mutated_bytes(document, chance):
    """A copy with some bytes flipped, removed, repeated, or its end cut off."""
    document = bytearray(document)
    for _ in range(chance.randint(1, 8)):
        if not document:
            break
        place = chance.randrange(len(document))
        action = chance.randrange(5)
        if action == 0:
            document[place] = chance.randrange(256)
        elif action == 1:
            document[place] ^= 1 << chance.randrange(8)
        elif action == 2:
            del document[place : place + chance.randint(1, 20)]
        elif action == 3:
            document[place:place] = document[place : place + chance.randint(1, 20)]
        elif chance.random() < 0.2:
            del document[place:]
        else:
            document[place : place + 1] = chance.choice([b",", b"\n", b'"', b"\\", b"nan", b"\xff"])
    return bytes(document)


def labels_or_error(parse, *arguments):
    with contextlib.suppress(DatasetError):
        assert isinstance(parse(*arguments), Labels)


def fuzz(examples):
    return settings(
        max_examples=examples * TIMES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@fuzz(1500)
@given(seed=st.integers(0, 2**60))
def test_mutated_coco_documents_end_in_labels_or_one_error(memory_folder, seed):
    chance = random.Random(seed)
    content = mutated_tree(coco(), chance)
    labels_or_error(PARSERS["coco"], "set", memory_folder({"coco.json": content}))


POINT_LISTS = {
    "label_studio": (json.loads, "export.json"),
    "stanford_extra": (json.loads, "dogs.json"),
    "cvat": (str, "annotations.xml"),
    "long_table": (str, "labels.csv"),
}


@pytest.fixture(scope="module")
def point_lists(labels_of):
    """A sound document of every format that lists points: two pictures, one animal each."""
    boxes = {"box_xyxy_px": np.array([[0.0, 0.0, 50.0, 60.0]] * 2), "split": np.array(["", "test"])}
    state = np.full((2, 2), LabelState.VISIBLE)
    labels = labels_of(("nose", "tail_end"), state=state, xy_px=np.ones((2, 2, 2)), **boxes)
    return {name: getattr(foreign_documents, name)(labels) for name in POINT_LISTS}, labels


@fuzz(1600)
@given(seed=st.integers(0, 2**60), format=st.sampled_from(sorted(POINT_LISTS)))
def test_mutated_point_lists_end_in_labels_or_one_error(memory_folder, point_lists, seed, format):
    documents, labels = point_lists
    chance, (parse, name) = random.Random(seed), POINT_LISTS[format]
    if parse is json.loads:
        document = mutated_tree(json.loads(documents[format]), chance)
    else:
        document = mutated_bytes(documents[format].encode(), chance).decode("latin-1")
    sizes = map(tuple, labels.image_size_px.tolist())
    folder = memory_folder({name: document}, dict(zip(labels.image, sizes, strict=True)))
    if format == "long_table":
        folder = DiskText(folder, name, document)
    labels_or_error(PARSERS[format], "set", folder)


class DiskText:
    """A folder in memory whose one plain table is read by the project's own reader."""

    def __init__(self, folder, name, text):
        self.folder, self.name, self.text_of = folder, name, text

    def __getattr__(self, attribute):
        return getattr(self.folder, attribute)

    def columns(self, name):
        return parse_columns(self.text_of, self.folder.where(name))


@fuzz(800)
@given(seed=st.integers(0, 2**60), format=st.sampled_from(["deeplabcut", "lightning_pose"]))
def test_mutated_tables_end_in_labels_or_one_error(memory_folder, seed, format):
    text = mutated_bytes((HEAD + ROWS).encode(), random.Random(seed)).decode("latin-1")
    images = {f"labeled-data/v/{name}.png": (9, 9) for name in "ab"}
    folder = memory_folder({"CollectedData.csv": text}, images)
    labels_or_error(PARSERS[format], "set", folder)


def pandas_h5(path, layout):
    columns = pd.MultiIndex.from_product(
        [["S"], ["nose", "tail"], ["x", "y"]], names=["scorer", "bodyparts", "coords"]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pd.DataFrame(np.ones((2, 4)), index=["a.png", "b.png"], columns=columns).to_hdf(
            path, key="df_with_missing", format=layout
        )


def slp(path):
    with h5py.File(path, "w") as file:
        document = {"nodes": [{"name": "a"}], "skeletons": [{"nodes": [{"id": 0}]}]}
        file.create_group("metadata").attrs["json"] = np.bytes_(json.dumps(document).encode())
        file["metadata"].attrs["format_id"] = 1.1
        file["videos_json"] = np.array([b'{"backend": {"filename": "v.mp4"}}'])
        file["tracks_json"] = np.array([b'[0, "t"]'])
        frame = [("frame_id", "u8"), ("video", "u4"), ("frame_idx", "u8")]
        file["frames"] = np.array([(0, 0, 0)], dtype=frame)
        instance = [("instance_type", "u1"), ("frame_id", "u8"), ("skeleton", "u4")]
        instance += [("track", "i4"), ("point_id_start", "u8")]
        file["instances"] = np.array([(0, 0, 0, 0, 0)], dtype=instance)
        file["points"] = np.array(
            [(1.0, 1.0, True)], dtype=[("x", "f8"), ("y", "f8"), ("visible", "?")]
        )


@pytest.fixture(
    scope="module",
    params=["fixed", "table", "sleap", "coco", "analysis", "estimates", "training", "parquet"],
)
def on_disk(request, tmp_path_factory):
    """(format, folder, document) of a sound data set on disk."""
    folder = tmp_path_factory.mktemp(request.param)
    for name in ("a.png", "b.png", "m_0.png", "m_1.png", "m_2.png"):
        (folder / name).write_bytes(PNG)
    (folder / "v.mp4").write_bytes(b"")
    points, document = np.ones((2, 1, 2, 2)), "v.nwb"
    match request.param:
        case "analysis":
            document = "v.h5"
            foreign_documents.write_analysis(folder / document, points, "ab", points[..., 0])
            return "sleap_analysis", folder, document
        case "estimates":
            points = points[:, 0]
            foreign_documents.write_nwb_estimates(folder / document, points, "ab", points[..., 0])
            return "nwb", folder, document
        case "training":
            frames = {0: [(points[0, 0], np.array([True, False]))]}
            foreign_documents.write_nwb_training(folder / document, frames, ["a", "b"])
            return "nwb", folder, document
        case "parquet":
            columns = {"image": ["a.png", "b.png"], "keypoint": ["n", "n"], "x": [1.0, 2.0]}
            pq.write_table(pa.table(columns | {"y": [1, 2]}), folder / "t.parquet")
            return "long_table", folder, "t.parquet"
    if request.param == "sleap":
        slp(folder / "t.slp")
        return "sleap", folder, "t.slp"
    if request.param == "coco":
        (folder / "coco.json").write_text(json.dumps(coco()))
        return "coco", folder, "coco.json"
    pandas_h5(folder / "t.h5", request.param)
    return "deeplabcut", folder, "t.h5"


class WithVideo(DiskFolder):
    """A folder whose video need not be one."""

    def is_video(self, name):
        return name.endswith(".mp4")

    def _video_size_px(self, video):
        return (64, 48)


@fuzz(150)
@given(seed=st.integers(0, 2**60))
def test_mutated_files_end_in_labels_or_one_error(on_disk, seed):
    format, folder, document = on_disk
    whole = folder / f"{document}.whole"
    if not whole.exists():
        assert len(PARSERS[format]("set", WithVideo(folder / document))) >= 1
        os.rename(folder / document, whole)
    chance = random.Random(seed)
    (folder / document).write_bytes(mutated_bytes(whole.read_bytes(), chance))
    labels_or_error(PARSERS[format], "set", WithVideo(folder / document))
