"""A written name leads to the file that it means, to none, or to an error; for every reader."""

import json
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_sleap import ONE, POINTS, slp

from superanimal_core.datasets import PARSERS
from superanimal_core.datasets.folder import candidates, ends_of, locate
from superanimal_core.errors import DatasetError

SIZE = (64, 48)
DAYS = ("/lab/day1/a.png", "/lab/day2/a.png")


def coco(names):
    images = [{"id": i, "file_name": n, "width": 64, "height": 48} for i, n in enumerate(names)]
    points = {"category_id": 1, "keypoints": [1, 2, 2]}
    animals = [{"id": i, "image_id": i} | points for i in range(len(names))]
    kinds = [{"id": 1, "keypoints": ["nose"]}]
    return {"images": images, "annotations": animals, "categories": kinds}


def cvat(names):
    point = '<points label="nose" points="1,2"/>'
    size = 'width="64" height="48"'
    images = "".join(f'<image name="{name}" {size}>{point}</image>' for name in names)
    return f"<annotations>{images}</annotations>"


def label_studio(names):
    size = {"original_width": 64, "original_height": 48}
    value = {"x": 50, "y": 50, "keypointlabels": ["nose"]}
    result = [{"type": "keypointlabels", "value": value} | size]
    return [{"data": {"img": n}, "annotations": [{"result": result}]} for n in names]


def stanford_extra(names):
    dog = {"joints": [[1, 2, 1]] * 20 + [[0, 0, 0]] * 4, "img_bbox": [0, 0, 9, 9]}
    return [dog | {"img_path": name.lstrip("/")} for name in names]


def sleap(names):
    document = slp([(0, 5 + i, 0, -1, 0) for i in range(len(names))], POINTS)
    document["videos_json"] = np.array(
        [json.dumps({"backend": {"filename": n.replace(".png", ".mp4")}}).encode() for n in names]
    )
    document["frames"]["video"] = range(len(names))
    return document


WRITERS = {"coco": (coco, "d.json"), "cvat": (cvat, "d.xml"), "sleap": (sleap, "d.slp")}
WRITERS |= {"label_studio": (label_studio, "d.json"), "stanford_extra": (stanford_extra, "d.json")}


def read(memory_folder, format, names, files, above=""):
    write, document = WRITERS[format]
    kept = {file.replace(".png", ".mp4") if format == "sleap" else file: SIZE for file in files}
    return PARSERS[format]("set", memory_folder({f"{above}{document}": write(names)}, kept))


def pictures(labels):
    return [str(name).split("#")[0].replace(".mp4", ".png") for name in labels.image]


@pytest.mark.parametrize("format", WRITERS)
def test_two_written_names_never_lead_to_one_file(memory_folder, format):
    with pytest.raises(DatasetError, match=r"day1/a\.\w+' and '/?lab/day2/a\.\w+' both lead to"):
        read(memory_folder, format, DAYS, ["a.png"])


@pytest.mark.parametrize("format", WRITERS)
def test_the_longest_end_that_is_there_is_taken(memory_folder, format):
    files = ["a.png", "day1/a.png", "lab/day2/a.png", "day2/a.png"]
    assert pictures(read(memory_folder, format, DAYS, files)) == ["day1/a.png", "lab/day2/a.png"]


@pytest.mark.parametrize("format", WRITERS)
def test_a_bare_name_does_not_take_the_file_of_a_longer_one(memory_folder, format):
    with pytest.raises(DatasetError, match="both lead to"):
        read(memory_folder, format, ["b/a.png", "a.png"], ["a.png"])


@pytest.mark.parametrize("format", ["coco", "cvat", "label_studio", "sleap"])
def test_windows_paths_end_at_the_file_beside_the_document(memory_folder, format):
    written, above = ["C:\\Users\\me\\images\\day1\\a.png"], "annotations/"
    labels = read(memory_folder, format, written, [f"{above}a.png"], above)
    assert pictures(labels) == ["annotations/a.png"]


@pytest.mark.parametrize("format", WRITERS)
@pytest.mark.parametrize(("written", "there"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_letters_in_two_characters_are_the_same_letters(memory_folder, format, written, there):
    name = "Käfig Å.png"
    names, files = ([unicodedata.normalize(form, name)] for form in (written, there))
    assert pictures(read(memory_folder, format, names, files)) == files


def test_a_name_that_is_there_letter_by_letter_is_taken_before_its_like(memory_folder):
    forms = [unicodedata.normalize(form, "ä.png") for form in ("NFC", "NFD")]
    for form in forms:
        assert pictures(read(memory_folder, "coco", [form], forms)) == [form]


@pytest.mark.parametrize("format", ["cvat", "label_studio", "stanford_extra"])
def test_documents_of_two_folders_mean_their_own_pictures(memory_folder, format):
    write, name = WRITERS[format]
    documents = {f"{day}/{name}": write(["a.png"]) for day in ("day1", "day2")}
    folder = memory_folder(documents, {"day1/a.png": SIZE, "day2/images/a.png": SIZE})
    assert pictures(PARSERS[format]("set", folder)) == ["day1/a.png", "day2/images/a.png"]


@pytest.mark.parametrize("format", ["cvat", "label_studio"])
def test_a_picture_that_two_documents_label_is_an_error(memory_folder, format):
    write, name = WRITERS[format]
    documents = {name: write(["a.png"]), f"x{name}": write(["a.png"])}
    with pytest.raises(DatasetError, match=r"'a\.png', animal0: labeled in two places"):
        PARSERS[format]("set", memory_folder(documents, {"a.png": SIZE}))


def test_two_dogs_of_one_photograph_are_two(memory_folder):
    labels = read(memory_folder, "stanford_extra", ["a.png", "a.png"], ["a.png"])
    assert labels.individual.tolist() == ["animal0", "animal1"]


def test_uploads_lose_their_prefix_only_where_that_is_clear(memory_folder):
    names = ["/data/upload/1/0123abcd-a.png", "/data/upload/1/9876fedc-a.png"]
    with pytest.raises(DatasetError, match=r"both lead to 'a.png'"):
        read(memory_folder, "label_studio", names, ["a.png"])
    there = ["0123abcd-a.png", "a.png"]
    assert pictures(read(memory_folder, "label_studio", names, there)) == there


@given(st.text(st.sampled_from("ab./\\:~ä\0"), max_size=12))
def test_no_end_of_a_path_leaves_a_folder(written):
    for end in ends_of(written):
        parts = end.split("/")
        assert ".." not in parts
        assert "" not in parts
        assert "\0" not in end


def test_ends_are_sorted_by_length_before_folders():
    assert ends_of("C:/x/../day 1//a.png") == ["day 1/a.png", "a.png"]
    assert candidates("d/a.png", ["", "images"]) == [
        *("d/a.png", "images/d/a.png", "a.png", "images/a.png"),
    ]


def test_what_is_not_there_is_none(memory_folder):
    key = ("", "a.png")
    assert locate(memory_folder({}, {"b.png": SIZE}), {key: ["a.png"]}, "") == {key: None}


def test_one_video_of_a_sleap_project_may_stand_in_many_frames(memory_folder):
    document = slp([(0, 5, 0, -1, 0), *ONE], POINTS)
    labels = PARSERS["sleap"]("set", memory_folder({"a.slp": document}, {"v.mp4": SIZE}))
    assert len(labels) == 2
