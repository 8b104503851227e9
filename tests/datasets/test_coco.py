import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superanimal_core.datasets.coco import parse_coco
from superanimal_core.datasets.write_coco import to_coco
from superanimal_core.errors import DatasetError
from superanimal_core.formats.dataset_folder import DiskFolder
from superanimal_core.pose.labels import LabelState

V, U = LabelState.VISIBLE, LabelState.NOT_LABELED


def document(keypoints=(3, 4, 2, 0, 0, 0), names=("nose", "tail"), **annotation):
    return {
        "images": [{"id": 1, "file_name": "a.png", "width": 10, "height": 8}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "keypoints": list(keypoints)} | annotation
        ],
        "categories": [{"id": 1, "name": "mouse", "keypoints": list(names)}],
    }


def parse(memory_folder, content, **more):
    return parse_coco("set", memory_folder({"coco.json": content} | more))


def test_visibility_says_the_state_and_whole_numbers_are_pixel_centers(memory_folder):
    names = ("a", "b", "c", "d")
    labels = parse(memory_folder, document((0, 5, 2, 7, 8, 1, 9, 9, 0, -1, -1, -1), names))
    assert labels.state.tolist() == [
        [LabelState.VISIBLE, LabelState.OCCLUDED, LabelState.NOT_LABELED, LabelState.NOT_IN_DATASET]
    ]
    assert labels.xy_px[0, :2].tolist() == [[0.5, 5.5], [7.5, 8.5]]
    assert np.isnan(labels.xy_px[0, 2:]).all()


def test_a_keypoint_at_zero_is_a_keypoint(memory_folder):
    labels = parse(memory_folder, document((0, 0, 2, 0, 0, 0)))
    assert labels.state[0].tolist() == [LabelState.VISIBLE, LabelState.NOT_LABELED]


def test_boxes_are_corners_and_a_box_without_area_is_unknown(memory_folder):
    assert parse(memory_folder, document(bbox=[1, 2, 3, 4])).box_xyxy_px.tolist() == [[1, 2, 4, 6]]
    for box in ([1, 2, 0, 4], [], None):
        assert np.isnan(parse(memory_folder, document(bbox=box)).box_xyxy_px).all()


def test_crowds_are_left_out(memory_folder):
    content = document()
    content["annotations"].append(content["annotations"][0] | {"id": 2, "iscrowd": 1})
    assert len(parse(memory_folder, content)) == 1


@pytest.mark.parametrize(
    ("written", "animals"),
    [("0", 1), ("0.0", 1), (" ", 1), ("1", 0), (1.0, 0), (True, 0), (False, 1), (None, 1)],
)
def test_a_crowd_may_be_told_in_text(memory_folder, written, animals):
    content = document()
    content["annotations"].append(content["annotations"][0] | {"id": 2, "iscrowd": written})
    assert len(parse(memory_folder, content)) == 1 + animals


@pytest.mark.parametrize("written", ["no", [], {}, "nan"])
def test_a_crowd_that_is_no_number_is_refused(memory_folder, written):
    with pytest.raises(DatasetError, match=r"annotations\[0\]: iscrowd is .*expected a number"):
        parse(memory_folder, document(iscrowd=written))


def test_sizes_may_be_text_and_what_is_no_number_is_refused(memory_folder):
    content = document()
    content["images"][0] |= {"width": "10", "height": "8.0"}
    folder = memory_folder({"coco.json": content}, {"a.png": (10, 8)})
    assert parse_coco("set", folder).image_size_px.tolist() == [[10, 8]]
    content["images"][0]["width"] = "100"
    with pytest.raises(DatasetError, match="the document says 100 x 8"):
        parse_coco("set", memory_folder({"coco.json": content}, {"a.png": (10, 8)}))
    content["images"][0]["width"] = "10 px"
    with pytest.raises(DatasetError, match=r"image 'a.png': width is '10 px'; expected a number"):
        parse_coco("set", memory_folder({"coco.json": content}, {"a.png": (10, 8)}))


@pytest.mark.parametrize("other", [["tail", "nose"], ["nose"], []])
@pytest.mark.parametrize("is_first", [True, False])
def test_an_id_of_two_categories_with_other_keypoints_is_refused(memory_folder, other, is_first):
    content = document()
    more = {"id": "1", "name": "rat", "keypoints": other}
    content["categories"].insert(0 if is_first else 1, more)
    with pytest.raises(DatasetError, match=r"categories\[1\]: id 1 is that of categories\[0\]"):
        parse(memory_folder, content)
    more["keypoints"] = ["nose", " tail"]
    assert len(parse(memory_folder, content)) == 1


def test_animals_of_one_image_are_numbered(memory_folder):
    content = document()
    content["annotations"] *= 2
    assert parse(memory_folder, content).individual.tolist() == ["animal0", "animal1"]


def test_categories_with_other_keypoints_are_not_in_the_dataset_for_the_first(memory_folder):
    content = document()
    content["categories"].append({"id": 2, "name": "bird", "keypoints": ["beak", "nose"]})
    content["annotations"].append(
        {"id": 2, "image_id": 1, "category_id": 2, "keypoints": [1, 1, 2, 2, 2, 1]}
    )
    labels = parse(memory_folder, content)
    assert labels.space.keypoints == ("nose", "tail", "beak")
    assert labels.state.tolist() == [[3, 1, 0], [2, 0, 3]]


def test_an_unknown_category_is_fine_only_when_all_share_their_keypoints(memory_folder):
    content = document(category_id=4)
    assert len(parse(memory_folder, content)) == 1
    content["categories"].append({"id": 2, "name": "bird", "keypoints": ["beak"]})
    with pytest.raises(DatasetError, match=r"coco.json: annotations\[0\]: category_id 4"):
        parse(memory_folder, content)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keypoints": [1, 2]}, r"annotations\[0\]: 'keypoints' has 2 values; expected 6"),
        ({"keypoints": "abc"}, r"annotations\[0\]: 'keypoints' has 'abc'"),
        ({"keypoints": [1, 2, 7, 0, 0, 0]}, r"keypoint 'nose' is \(1, 2, 7\)"),
        ({"keypoints": [0, 0, 0, float("nan"), 1, 2]}, "keypoint 'tail' is"),
        ({"bbox": [1, 2]}, r"annotations\[0\]: bbox \[1, 2\]"),
        ({"image_id": 9}, r"annotations\[0\]: image_id 9"),
        ({"image_id": {}}, r"annotations\[0\]: image_id"),
        ({"category_id": []}, None),
    ],
)
def test_a_wrong_annotation_is_named(memory_folder, change, message):
    content = document() | {}
    content["annotations"][0] |= change
    if message is None:
        assert len(parse(memory_folder, content)) == 1
        return
    with pytest.raises(DatasetError, match=message):
        parse(memory_folder, content)


def test_a_document_that_is_not_coco_says_what_is_missing(memory_folder):
    with pytest.raises(DatasetError, match=r"coco.json: not a COCO keypoint document.*'images'"):
        parse(memory_folder, {"pictures": []})
    with pytest.raises(DatasetError, match="no COCO document"):
        parse_coco("set", memory_folder())


def test_train_and_test_documents_give_the_split(memory_folder):
    train, test = document(), document()
    test["images"][0]["file_name"] = "b.png"
    folder = memory_folder({"annotations/test.json": test, "annotations/train.json": train})
    labels = parse_coco("set", folder)
    assert dict(zip(labels.image, labels.split, strict=True)) == {
        "annotations/b.png": "test",
        "annotations/a.png": "train",
    }
    with pytest.raises(DatasetError, match="2 COCO documents"):
        parse_coco("set", memory_folder({"one.json": train, "two.json": test}))


@pytest.mark.parametrize(
    ("names", "extra", "groups"),
    [
        (["m1_001.png", "m1_002.png", "m2_001.png"], {}, ["m1", "m1", "m2"]),
        (["v1/1.png", "v1/2.png", "v2/1.png"], {}, ["v1", "v1", "v2"]),
        (["001.png", "002.png", "003.png"], {}, ["001.png", "002.png", "003.png"]),
        (["a_1.png", "b_1.png", "c_1.png"], {"video_id": 7}, ["7", "7", "7"]),
    ],
)
def test_the_group_is_the_video_the_folder_or_the_prefix(memory_folder, names, extra, groups):
    content = document()
    content["images"] = [
        {"id": i, "file_name": n, "width": 9, "height": 9} | extra for i, n in enumerate(names)
    ]
    content["annotations"] = [content["annotations"][0] | {"image_id": i} for i in range(3)]
    assert parse(memory_folder, content).group.tolist() == groups


def test_some_missing_images_are_an_error_and_none_at_all_means_labels_only(memory_folder):
    content = document()
    content["images"].append({"id": 2, "file_name": "b.png", "width": 9, "height": 9})
    content["annotations"].append(content["annotations"][0] | {"image_id": 2})
    assert len(parse(memory_folder, content)) == 2
    folder = memory_folder({"coco.json": content}, {"images/a.png": (10, 8)})
    with pytest.raises(DatasetError, match=r"1 of 2 labeled images are missing: 'b.png'"):
        parse_coco("set", folder)


@pytest.mark.parametrize("kind", [float, str])
def test_ids_of_any_kind_are_the_same_ids(memory_folder, kind):
    content = document()
    content["images"][0] |= {"id": kind(1), "video_id": 3.0, "split": float("nan")}
    content["annotations"][0] |= {"image_id": kind(1), "category_id": kind(1), "iscrowd": 0.0}
    content["categories"][0] |= {"id": 1.0}
    labels = parse(memory_folder, content)
    assert (len(labels), labels.group.tolist()) == (1, ["3"])
    content["annotations"][0]["image_id"] = 1.5
    with pytest.raises(DatasetError, match=r"annotations\[0\]: image_id 1.5 is not among"):
        parse(memory_folder, content)


def test_what_pandas_writes_for_nothing_is_nothing(memory_folder):
    content, nothing = document(), float("nan")
    content["annotations"].append(
        {"id": 2, "image_id": 1, "category_id": 1, "iscrowd": nothing, "individual": nothing}
        | dict.fromkeys(("keypoints", "bbox", "label_scores"), nothing)
    )
    labels = parse(memory_folder, content)
    assert labels.state.tolist() == [[V, U], [U, U]]
    content["categories"].append({"id": 2, "name": "car", "keypoints": nothing})
    assert len(parse(memory_folder, content)) == 2


@pytest.mark.parametrize("keypoints", [None, [], [3, 4, 0, 0, 0, 0], [-1] * 6])
def test_a_document_without_any_labeled_keypoint_is_refused(memory_folder, keypoints):
    content = document()
    content["annotations"][0]["keypoints"] = keypoints
    with pytest.raises(DatasetError, match="not one labeled keypoint in 1 annotations"):
        parse(memory_folder, content)


def test_a_picture_without_labels_need_not_be_there(memory_folder):
    content = document()
    content["images"].append({"id": 9, "file_name": "z.png", "width": 9, "height": 9})
    folder = memory_folder({"coco.json": content}, {"a.png": (10, 8)})
    assert parse_coco("set", folder).image.tolist() == ["a.png"]
    content["annotations"].append(content["annotations"][0] | {"image_id": 9, "iscrowd": 1})
    assert len(parse_coco("set", folder)) == 1
    content["annotations"][1]["iscrowd"] = 0
    with pytest.raises(DatasetError, match=r"1 of 2 labeled images are missing: 'z.png'"):
        parse_coco("set", folder)


def test_pictures_of_other_names_are_no_set_of_labels_only(memory_folder):
    folder = memory_folder({"coco.json": document()}, {"photos/b.png": (10, 8)})
    with pytest.raises(DatasetError, match=r"1 of 1 labeled images are missing: 'a.png'"):
        parse_coco("set", folder)


def test_names_are_looked_for_over_all_documents(memory_folder):
    train, test = document(), document()
    train["images"][0]["file_name"], test["images"][0]["file_name"] = "day1/a.png", "day2/a.png"
    documents = {"annotations/test.json": test, "annotations/train.json": train}
    with pytest.raises(DatasetError, match=r"both lead to 'images/a\.png'"):
        parse_coco("set", memory_folder(documents, {"images/a.png": (10, 8)}))


def test_a_file_name_that_leaves_the_folder_is_refused(memory_folder):
    for name in ("../secret.png", "a\\..\\..\\b.png"):
        content = document()
        content["images"][0]["file_name"] = name
        with pytest.raises(DatasetError, match="leaves the data set's folder"):
            parse(memory_folder, content)


def test_coco_written_and_read_again_says_the_same(memory_folder, labels_of, are_same):
    labels = labels_of(keypoints=("a", "b", "ü c"), groups=("g", "h"), per_group=3)
    folder = memory_folder({"coco.json": to_coco(labels)})
    again = parse_coco("set", folder)
    assert are_same(labels, again)


@settings(max_examples=50, deadline=None)
@given(values=st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=2), v=st.sampled_from([1, 2]))
def test_any_finite_position_survives(memory_folder, values, v):
    labels = parse(memory_folder, document((*values, v, 0, 0, 0)))
    assert np.allclose(labels.xy_px[0, 0] - 0.5, values, atol=1e-9)


REAL = {
    "ap10k_labels": (9122, 17, 91443),
    "irodent_labels": (357, 20, 3284),
    "stanford_dogs": (25, 24, 383),
    "topviewmouse_labels": (270, 27, 1810),
    "mmpose_samples/animalkingdom": (2, 23, 12),
    "mmpose_samples/animalpose": (2, 20, 32),
    "mmpose_samples/ap10k": (2, 17, 32),
    "mmpose_samples/atrw": (2, 15, 30),
    "mmpose_samples/fly": (2, 32, 64),
    "mmpose_samples/locust": (2, 35, 70),
    "mmpose_samples/macaque": (2, 17, 31),
    "mmpose_samples/zebra": (2, 9, 18),
}


LARGE = pytest.param("ap10k_labels", marks=pytest.mark.slow)


@pytest.mark.parametrize("name", [LARGE, *list(REAL)[1:]])
def test_real_coco_sets_have_the_documented_counts_and_round_trip(
    shared_data, memory_folder, are_same, name
):
    labels = parse_coco("set", DiskFolder(shared_data / name))
    animals, keypoints, located = REAL[name]
    assert (len(labels), len(labels.space), labels.is_located.sum()) == (
        animals,
        keypoints,
        located,
    )
    written = json.loads(json.dumps(to_coco(labels)))
    images = {n: tuple(s) for n, s in zip(labels.image, labels.image_size_px, strict=True)}
    again = parse_coco("set", memory_folder({"coco.json": written}, images))
    assert are_same(labels, again)


def test_real_mouse_labels_tell_undefined_from_unlabeled(shared_data):
    labels = parse_coco("set", DiskFolder(shared_data / "topviewmouse_labels"))
    count = np.bincount(labels.state.reshape(-1), minlength=5)
    raw = json.loads((shared_data / "topviewmouse_labels/coco.json").read_text())
    v = np.array([a["keypoints"][2::3] for a in raw["annotations"]])
    assert count.tolist() == [(v == -1).sum(), (v == 0).sum(), (v == 1).sum(), (v == 2).sum(), 0]
