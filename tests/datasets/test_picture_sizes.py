"""Labels are refused where the picture is not the one that the document is about."""

import json

import numpy as np
import pytest
from test_sleap import ONE, POINTS, slp
from test_written_names import WRITERS, coco, stanford_extra

from superanimal_core.datasets import PARSERS
from superanimal_core.errors import DatasetError

WRITTEN = (64, 48)  # what the documents of `test_written_names` say


def sleap(names):
    document = slp(ONE, POINTS)
    backend = {"filename": names[0], "shape": [10, 48, 64, 3]}
    document["videos_json"] = np.array([json.dumps({"backend": backend}).encode()])
    return document


def dog(names):
    return [d | {"img_width": 64, "img_height": 48} for d in stanford_extra(names)]


SIZED = {f: WRITERS[f] for f in ("coco", "cvat", "label_studio")}
SIZED |= {"stanford_extra": (dog, "d.json"), "sleap": (sleap, "d.slp")}
TURNED = [format for format in SIZED if format != "sleap"]  # frames of videos have no such mark


def read(memory_folder, format, size, turn=1):
    write, document = SIZED[format]
    name = "a.mp4" if format == "sleap" else "a.png"
    folder = memory_folder({document: write([name])}, {name: size})
    folder.turns[name] = turn
    return PARSERS[format]("set", folder)


@pytest.mark.parametrize("format", SIZED)
def test_the_size_of_the_document_is_read_as_it_is(memory_folder, format):
    assert read(memory_folder, format, WRITTEN).image_size_px.tolist() == [[64, 48]]


@pytest.mark.parametrize("format", SIZED)
@pytest.mark.parametrize("size", [(32, 24), (128, 96), (63, 48), (64, 49), (64, 24)])
def test_a_picture_of_another_size_is_refused_with_both_sizes(memory_folder, format, size):
    said = rf"64 x 48, the picture a\.\w+(#frame=\d+)? is {size[0]} x {size[1]}"
    with pytest.raises(DatasetError, match=said):
        read(memory_folder, format, size)


@pytest.mark.parametrize("format", TURNED)
@pytest.mark.parametrize("turn", [5, 6, 7, 8])
def test_a_turned_picture_is_read_where_the_document_is_about_the_turned_one(
    memory_folder, format, turn
):
    assert read(memory_folder, format, WRITTEN, turn).image_size_px.tolist() == [[64, 48]]
    with pytest.raises(DatasetError, match=r"shown turned .* 48 x 64: .* remove that mark"):
        read(memory_folder, format, WRITTEN[::-1], turn)


@pytest.mark.parametrize("format", TURNED)
@pytest.mark.parametrize("turn", [2, 3, 4])
def test_half_a_turn_and_mirrors_cannot_be_told_by_a_size(memory_folder, format, turn):
    with pytest.raises(DatasetError, match=f"EXIF orientation {turn}.*nothing tells"):
        read(memory_folder, format, WRITTEN, turn)


def test_a_square_picture_cannot_be_told_either(memory_folder):
    document = coco(["a.png"])
    document["images"][0] |= {"width": 50, "height": 50}
    folder = memory_folder({"c.json": document}, {"a.png": (50, 50)})
    assert len(PARSERS["coco"]("set", folder)) == 1
    folder.turns["a.png"] = 6
    with pytest.raises(DatasetError, match="nothing tells"):
        PARSERS["coco"]("set", folder)


@pytest.mark.parametrize(
    ("format", "document"),
    [
        ("deeplabcut", "scorer,S,S\nbodyparts,a,a\ncoords,x,y\na.png,1,2\n"),
        ("lightning_pose", "scorer,S,S\nbodyparts,a,a\ncoords,x,y\na.png,1,2\n"),
        ("long_table", "image,keypoint,x,y\na.png,a,1,2\n"),
    ],
)
def test_without_a_size_a_turned_picture_is_refused(memory_folder, format, document):
    folder = memory_folder({"CollectedData.csv": document}, {"a.png": (64, 48)})
    assert len(PARSERS[format]("set", folder)) == 1
    folder.turns["a.png"] = 8
    with pytest.raises(DatasetError, match=r"EXIF orientation 8.*without that mark"):
        PARSERS[format]("set", folder)


def test_exchanged_sides_without_a_mark_are_told_as_such(memory_folder):
    with pytest.raises(DatasetError, match="exchange width and height"):
        read(memory_folder, "coco", (48, 64))


def test_a_picture_that_was_turned_in_label_studio_is_refused(memory_folder):
    write, _ = SIZED["label_studio"]
    task = write(["a.png"])
    task[0]["annotations"][0]["result"][0]["image_rotation"] = 90
    with pytest.raises(DatasetError, match="task 0: the picture was turned by 90 degrees"):
        PARSERS["label_studio"]("set", memory_folder({"e.json": task}, {"a.png": WRITTEN}))
