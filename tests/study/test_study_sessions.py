"""Sessions: the sheet's columns, calibrations of cameras, and the predictions of other views."""

from pathlib import Path

import numpy as np
import pytest
from prediction_tables import write_poses
from test_study import WORKFLOW, config, mistakes_of, write_videos  # noqa: F401 (a fixture)

from superanimal_core.errors import SuperAnimalError, VideoError
from superanimal_core.formats.camera_files import read_cameras
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.study.study import read_study
from superanimal_core.tables.parquet import write_failure
from superanimal_core.tables.view_files import read_views

COLUMNS = "path\tsession\tcamera\tmodel\tmax_individuals\tcamera_file"
CAMERA = """[cam_{number}]
name = "{name}"
size = [640, 480]
matrix = [[800.0, 0.0, 320.0], [0.0, 820.0, 240.0], [0.0, 0.0, 1.0]]
distortions = [0.1, 0.0, 0.0, 0.0, 0.0]
rotation = [0.0, 0.0, {turn}]
translation = [1.0, 2.0, 3.0]
"""


def write_cameras(path, *names):
    entries = [CAMERA.format(number=i, name=n, turn=i) for i, n in enumerate(names)]
    Path(path).write_text("\n".join([*entries, "[metadata]", "error = 0.1", ""]))


def test_videos_of_a_session_know_each_other_and_others_stay_alone(config):  # noqa: F811
    write_cameras("cameras.toml", "left", "right")
    rows = [f"raw/{v}.mp4\ts1\t{c}\t\t\tcameras.toml" for v, c in (("a", "left"), ("b", "right"))]
    write_videos(*rows, "raw/sub/c 1.mp4", columns=COLUMNS)
    study = read_study(config, WORKFLOW)
    assert list(study.views_of("b").items()) == [("right", "b"), ("left", "a")]
    assert list(study.views_of("a").items()) == [("left", "a"), ("right", "b")]
    assert study.views_of("c_1") == {"": "c_1"}


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("s1\tleft\t\t\t", "\t\t\t\t", "session 's1': only 'a' belongs to it"),
        ("s1\tleft\t\t\t", "s1\t\t\t\t", "session 's1': 'b' has no camera"),
        ("s1\tleft\t\t\t", "s1\tleft\t\t\t", "two of a, b have the same camera"),
        ("s1\tleft\tmouse\t\t", "s1\tright\tother\t\t", "the same model, not mouse, other"),
        ("s1\tleft\t\t2\t", "s1\tright\t\t2\t", "for one animal only"),
        ("s1\tleft\t\t\tc.toml", "s1\tright\t\t\t", "the same camera_file, not 2"),
        ("s1\tleft\t\t\tno.toml", "s1\tright\t\t\tno.toml", "no.toml: no calibration of cameras"),
        ("s1\tleft\t\t\tc.toml", "s1\trigth\t\t\tc.toml", "has no camera 'rigth'; did you mean"),
    ],
)
def test_what_keeps_a_session_from_being_smoothed_is_told_once(config, first, second, said):  # noqa: F811
    write_cameras("c.toml", "left", "right")
    write_videos(f"raw/a.mp4\t{first}", f"raw/b.mp4\t{second}", columns=COLUMNS)
    (mistake,) = mistakes_of(config)
    assert mistake.startswith("config/videos.tsv: session 's1': ")
    assert said in mistake


def test_one_video_is_not_two_cameras(config):  # noqa: F811
    rows = [f"raw/a.mp4\t{video}\ts1\t{camera}" for video, camera in (("x", "l"), ("y", "r"))]
    write_videos(*rows, columns="path\tvideo\tsession\tcamera")
    (mistake,) = mistakes_of(config)
    assert mistake.startswith("config/videos.tsv: session 's1': raw/a.mp4 is the video of two")


def test_a_calibration_may_have_been_saved_by_notepad(tmp_path):
    write_cameras(tmp_path / "c.toml", "left", "right")
    text = (tmp_path / "c.toml").read_text()
    (tmp_path / "c.toml").write_text(text, encoding="utf-8-sig")
    assert list(read_cameras(tmp_path / "c.toml")) == ["left", "right"]


def test_mirrors_that_no_keypoint_has_are_a_mistake(config):  # noqa: F811
    config["smoothing"]["views"]["mirrors"] = {"superanimal_topviewmouse": ["top", "bot"]}
    (mistake,) = mistakes_of(config)
    assert "smoothing.views.mirrors.superanimal_topviewmouse: no keypoint is there as" in mistake


def test_cameras_are_read_in_our_pixel_convention(tmp_path):
    write_cameras(tmp_path / "c.toml", "left", "right")
    cameras = read_cameras(tmp_path / "c.toml")
    assert list(cameras) == ["left", "right"]
    assert cameras["left"].matrix[:2, 2].tolist() == [320.5, 240.5]
    expected = [[np.cos(1), -np.sin(1), 0], [np.sin(1), np.cos(1), 0], [0, 0, 1]]
    np.testing.assert_allclose(cameras["right"].rotation, expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[cam_0", "no calibration of cameras"),
        ("[metadata]\nerror = 1\n", "holds no camera"),
        (
            '[cam_0]\nname = "left"\nmatrix = [[1.0]]\n',
            "camera 'left': matrix is [[1.0]]; expected numbers in the shape (3, 3)",
        ),
    ],
)
def test_another_file_is_refused_in_one_sentence(tmp_path, text, said):
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(SuperAnimalError) as told:
        read_cameras(tmp_path / "c.toml")
    assert str(told.value).startswith(f"{tmp_path / 'c.toml'}: ")
    assert said in str(told.value)


def test_a_failed_view_is_left_out_and_a_failed_video_fails(tmp_path):
    space, time_s = KeypointSpace("s", ("nose",)), np.arange(3) / 50
    poses = Poses(space, ("animal0",), time_s, np.ones((3, 1, 1, 2)), np.ones((3, 1, 1)))
    folders = [str(tmp_path / name) for name in ("a", "b", "c")]
    for folder in folders[:2]:
        write_poses(poses, Path(folder) / "member-0.parquet", {})
    failure = {"failure": {"stage": "probe_video", "reason": "torn"}}
    write_failure(folders[2], failure)
    views = read_views(["left", "right", "top"], folders)
    assert {name: len(members) for name, members in views.items()} == {"left": 1, "right": 1}
    with pytest.raises(VideoError, match="torn"):
        read_views(["top", "left"], folders[::-1])
