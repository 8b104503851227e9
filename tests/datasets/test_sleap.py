import json

import h5py
import numpy as np
import pytest

from superanimal_core.datasets.sleap import parse_sleap
from superanimal_core.errors import DatasetError
from superanimal_core.formats.dataset_folder import DiskFolder
from superanimal_core.pose.labels import LabelState

FRAME = [("frame_id", "u8"), ("video", "u4"), ("frame_idx", "u8")]
INSTANCE = [
    ("instance_type", "u1"),
    ("frame_id", "u8"),
    ("skeleton", "u4"),
    ("track", "i4"),
    ("point_id_start", "u8"),
]
POINT = [("x", "f8"), ("y", "f8"), ("visible", "?")]


def slp(instances, points, predicted=(), version=1.2, video="v.mp4", tracks=("f", "m")):
    """The arrays of a .slp with two nodes whose file order is not the skeleton's."""
    skeleton = {"nodes": [{"id": 2}, {"id": 0}]}
    nodes = [{"name": "tail"}, {"name": "unused"}, {"name": "nose"}]
    document = {"nodes": nodes, "skeletons": [{"nx_graph": skeleton}]}
    return {
        "metadata@json": np.bytes_(json.dumps(document).encode()),
        "metadata@format_id": np.float64(version),
        "videos_json": np.array([json.dumps({"backend": {"filename": video}}).encode()]),
        "tracks_json": np.array([json.dumps([0, name]).encode() for name in tracks]),
        "frames": np.array([(5, 0, 7), (6, 0, 9)], dtype=FRAME),
        "instances": np.array(instances, dtype=INSTANCE),
        "points": np.array(points, dtype=POINT),
        "pred_points": np.array(list(predicted), dtype=[*POINT, ("score", "f8")]),
    }


def parse(memory_folder, *arguments, **more):
    document = slp(*arguments, **more)
    return parse_sleap("set", memory_folder({"a.slp": document}, {"v.mp4": (64, 48)}))


ONE = [(0, 6, 0, 1, 0)]
POINTS = [(1.0, 2.0, True), (np.nan, np.nan, False)]


def test_points_follow_the_skeleton_not_the_node_list(memory_folder):
    labels = parse(memory_folder, ONE, POINTS)
    assert labels.space.keypoints == ("nose", "tail")
    assert labels.state.tolist() == [[LabelState.VISIBLE, LabelState.NOT_LABELED]]
    assert labels.xy_px[0, 0].tolist() == [1.5, 2.5]
    assert (labels.image[0], labels.individual[0], labels.group[0]) == (
        "v.mp4#frame=9",
        "m",
        "v.mp4",
    )


def test_old_files_start_at_the_corner_of_the_first_pixel(memory_folder):
    assert parse(memory_folder, ONE, POINTS, version=1.0).xy_px[0, 0].tolist() == [1.0, 2.0]


def test_hand_labels_win_over_predictions_and_predictions_alone_keep_their_score(memory_folder):
    predicted = [(9.0, 9.0, True, 0.25), (9.0, 9.0, True, 2.0)]
    both = parse(memory_folder, [*ONE, (1, 5, 0, 0, 0)], POINTS, predicted)
    assert both.image.tolist() == ["v.mp4#frame=9"]
    alone = parse(memory_folder, [(1, 5, 0, -1, 0)], [], predicted)
    assert (alone.score.tolist(), alone.individual.tolist()) == ([[0.25, 1.0]], ["animal0"])


def test_a_point_with_a_position_that_is_not_visible_is_none(memory_folder):
    labels = parse(memory_folder, ONE, [(1.0, 2.0, False), (3.0, 4.0, True)])
    assert labels.state.tolist() == [[LabelState.NOT_LABELED, LabelState.VISIBLE]]
    assert np.isnan(labels.xy_px[0, 0]).all()
    both = [*ONE, (0, 5, 0, 0, 2)]  # an animal of which nothing is visible is no animal
    hidden = [(1.0, 2.0, True), (3.0, 4.0, True), (5.0, 6.0, False), (7.0, 8.0, False)]
    assert parse(memory_folder, both, hidden).image.tolist() == ["v.mp4#frame=9"]


def test_labels_of_an_old_sleap_are_told_what_to_save_them_as(memory_folder):
    with pytest.raises(DatasetError, match=r"no \.slp file; if labels\.json .* save it as \.slp"):
        parse_sleap("set", memory_folder({"labels.json": {"labels": []}}))
    with pytest.raises(DatasetError, match=r"no \.slp file$"):
        parse_sleap("set", memory_folder())


def test_a_track_that_stands_twice_in_a_frame_names_nobody(memory_folder):
    labels = parse(memory_folder, ONE * 2, POINTS)
    assert labels.individual.tolist() == ["animal0", "animal1"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metadata@json": np.bytes_(b"{")}, "damaged skeleton"),
        ({"metadata@json": np.bytes_(b'{"nodes": [], "skeletons": []}')}, "no skeleton"),
        ({"videos_json": np.array([b"[]"])}, "damaged video"),
        ({"instances": np.array([(0, 6, 0, 1, 99)], dtype=INSTANCE)}, "points beyond the table"),
        ({"instances": np.array([(0, 6, 3, 1, 0)], dtype=INSTANCE)}, "unknown skeleton 3"),
        ({"instances": np.array([(0, 1, 0, 1, 0)], dtype=INSTANCE)}, "unknown frame 1"),
        ({"frames": np.zeros(2)}, None),
    ],
)
def test_a_damaged_file_is_named(memory_folder, change, message):
    document = slp(ONE, POINTS) | change
    with pytest.raises(DatasetError, match=message or "a.slp"):
        parse_sleap("set", memory_folder({"a.slp": document}, {"v.mp4": (9, 9)}))


def test_what_is_no_sleap_file_and_what_holds_its_own_pictures_is_said(memory_folder):
    with pytest.raises(DatasetError, match="lacks metadata@json"):
        parse_sleap("set", memory_folder({"a.slp": {}}))
    with pytest.raises(DatasetError, match="neither a file nor pictures"):
        parse(memory_folder, ONE, POINTS, video=".")
    with pytest.raises(DatasetError, match=r"1 of 1 labeled images are missing: '/home/x.mp4'"):
        parse(memory_folder, ONE, POINTS, video="/home/x.mp4")


LIST = [f"C:\\lab\\day{i}\\img.png" for i in range(3)]


@pytest.mark.parametrize(
    "video",
    [
        {"filename": LIST, "backend": {"type": "ImageVideo", "filename": LIST[0]}},
        {"filename": LIST, "backend": {"filename": LIST[0], "filenames": LIST}},
        {"backend": {"filename": "", "filenames": LIST, "shape": [3, 48, 64, 1]}},
        {"backend": {"filename": LIST}},
    ],
)
def test_frames_of_a_list_of_pictures_are_those_pictures(memory_folder, video):
    document = slp([(0, 5, 0, -1, 0), (0, 6, 0, -1, 0)], POINTS)
    document["videos_json"] = np.array([json.dumps(video).encode()])
    document["frames"]["frame_idx"] = 2, 0
    files = {f"day{i}/img.png": (64, 48) for i in range(3)}
    labels = parse_sleap("set", memory_folder({"a.slp": document}, files))
    assert labels.image.tolist() == ["day2/img.png", "day0/img.png"]
    assert labels.group.tolist() == ["day2", "day0"]
    document["frames"]["frame_idx"] = 3
    with pytest.raises(DatasetError, match="labels name picture 3 of a list of 3"):
        parse_sleap("set", memory_folder({"a.slp": document}, files))


def test_a_package_may_name_itself(memory_folder):
    document = slp(ONE, POINTS)
    backend = {"filename": "/lab/a.pkg.slp", "dataset": "video0/video"}
    document["videos_json"] = np.array([json.dumps({"backend": backend}).encode()])
    folder = memory_folder({"d/a.pkg.slp": document})
    folder.images["d/a.pkg.slp/video0"] = (64, 48)
    assert parse_sleap("set", folder).image.tolist() == ["d/a.pkg.slp/video0#frame=9"]


def test_two_versions_of_a_project_are_not_read_together(memory_folder):
    documents = {f"labels.v00{i}.slp": slp(ONE, POINTS) for i in range(2)}
    folder = memory_folder(documents, {"v.mp4": (64, 48)})
    with pytest.raises(DatasetError, match=r"v000\.slp and .*v001\.slp are both about v.mp4#frame"):
        parse_sleap("set", folder)


@pytest.mark.parametrize("view", ["top", "back", "mid"])
def test_real_mouse_agrees_with_the_analysis_file(shared_data, view):
    labels = parse_sleap("mouse", DiskFolder(shared_data / f"anipose_mouse/{view}.slp"))
    with h5py.File(shared_data / f"anipose_mouse/{view}.analysis.h5") as file:
        names = [name.decode() for name in file["node_names"]]
        tracks = file["tracks"][0].transpose(2, 1, 0)  # frame, node, 2
    order = [names.index(keypoint) for keypoint in labels.space.keypoints]
    frames = [int(image.split("=")[1]) for image in labels.image]
    assert (len(labels), len(labels.space)) == (120, 15)
    assert labels.image_size_px[0].tolist() == [1280, 1024]
    assert np.allclose(labels.xy_px, tracks[frames][:, order] + 0.5, atol=1e-6, equal_nan=True)


@pytest.mark.parametrize(
    ("name", "animals", "keypoints"),
    [
        ("courtship/clip.slp", 3000, 13),
        ("courtship/clip_2nodes.slp", 3000, 2),
        ("centered_pair", 2274, 24),
        ("tracking/three_flies.slp", 384, 13),
    ],
)
def test_real_flies_have_the_documented_counts(shared_data, name, animals, keypoints):
    labels = parse_sleap("flies", DiskFolder(shared_data / "sleap_flies" / name))
    assert (len(labels), len(labels.space)) == (animals, keypoints)
