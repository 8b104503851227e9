"""Sessions: the sheet's columns, calibrations of cameras, and the predictions of other views."""

from pathlib import Path

import numpy as np
import pytest
from prediction_tables import write_poses
from test_study import WORKFLOW, config, mistakes_of, write_videos  # noqa: F401 (a fixture)

from superanimal_core.errors import SuperAnimalError, VideoError
from superanimal_core.formats.camera_files import read_cameras, read_picture_sizes
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
        ("s1\tleft\t\t\tc.toml", "s1\tright\t\t\t", "'a' has the camera_file c.toml, 'b' has none"),
        ("s1\tleft\t\t\tc.toml", "s1\tright\t\t\td.toml", "same camera_file, not c.toml, d.toml"),
        ("s1\tleft\t\t\tno.toml", "s1\tright\t\t\tno.toml", "no.toml: no calibration of cameras"),
        ("s1\tleft\t\t\tc.toml", "s1\trigth\t\t\tc.toml", "has no camera 'rigth'; did you mean"),
    ],
)
def test_what_keeps_a_session_from_being_smoothed_is_told_once(config, first, second, said):  # noqa: F811
    for file in ("c.toml", "d.toml"):
        write_cameras(file, "left", "right")
    write_videos(f"raw/a.mp4\t{first}", f"raw/b.mp4\t{second}", columns=COLUMNS)
    (mistake,) = mistakes_of(config)
    assert mistake.startswith("config/videos.tsv: session 's1': ")
    assert said in mistake


@pytest.mark.parametrize(
    ("third", "is_told"), [(3.0, 1), (3.0000029, 1), (3.0000031, 0), (3.001, 0)]
)
def test_cameras_at_one_place_are_told(config, third, is_told):  # noqa: F811
    """Cameras that turn about one point see no depth; the third one's place is another's job."""
    write_cameras("c.toml", "left", "right", "other")
    text = Path("c.toml").read_text()
    places = [[0.0, 0.0, 3.0], [0.0, 0.0, third], [5.0, 0.0, 0.0]]
    for place in places:  # they turn about z, on which the first two stand
        text = text.replace("translation = [1.0, 2.0, 3.0]", f"translation = {place}", 1)
    Path("c.toml").write_text(text)
    rows = [f"raw/{v}.mp4\ts1\t{c}\t\t\tc.toml" for v, c in (("a", "left"), ("b", "right"))]
    write_videos(*rows, columns=COLUMNS)
    if is_told:
        (mistake,) = mistakes_of(config)
        assert "session 's1': c.toml: left, right stand at one place" in mistake
    else:
        assert read_study(config, WORKFLOW)


def test_a_calibration_without_any_session_stops_nothing(config):  # noqa: F811
    """It is what several animals are told to write; `check` has a doubt."""
    write_cameras("c.toml", "left", "right")
    write_videos("raw/a.mp4\t\tleft\t\t\tc.toml", "raw/b.mp4\t\tright\t\t\tc.toml", columns=COLUMNS)
    assert read_study(config, WORKFLOW)


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
        ("%YAML:1.0\n---\nK: 1\n", "wanted is calibration.toml as `anipose calibrate` writes it"),
        ('{"left": {"matrix": [[1]]}}', "wanted is calibration.toml as `anipose calibrate`"),
    ],
)
def test_another_file_is_refused_in_one_sentence(tmp_path, text, said):
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(SuperAnimalError) as told:
        read_cameras(tmp_path / "c.toml")
    assert str(told.value).startswith(f"{tmp_path / 'c.toml'}: ")
    assert said in str(told.value)


def test_what_is_no_text_is_told_what_is_wanted(tmp_path):
    (tmp_path / "c.mat").write_bytes(b"MATLAB 5.0 MAT-file\0\x01\xff")
    with pytest.raises(SuperAnimalError, match=r"wanted is calibration\.toml"):
        read_cameras(tmp_path / "c.mat")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "size =",
            "fisheye = true\nsize =",
            "calibrate without fisheye, or leave camera_file empty",
        ),
        ("800.0", "nan", "matrix is [[nan, 0.0, 320.0], [0.0, 820.0, 240.0], [0.0, 0.0, 1.0]]; "),
        (
            "0.1,",
            "-inf,",
            "distortions is [-inf, 0.0, 0.0, 0.0, 0.0]; expected a list of numbers, ",
        ),
        ("2.0, 3.0", "2.0, inf", "translation is [1.0, 2.0, inf]; expected numbers in the shape"),
        ("0.0, 0.0, 0]", "0.0, 0.0, nan]", "shape (3,), none of them NaN or infinite"),
        ("820.0", "0.0", "matrix has a focal length of 0"),
        ("2.0, 3.0", '2.0, "x"', "translation is [1.0, 2.0, 'x']; expected numbers in the"),
        (
            "0.1, 0.0,",
            "0.1, 0, 0, 0, 0, 0, 0, 0, 2,",
            "distortions has 12 numbers, and those from the",
        ),
    ],
)
def test_numbers_that_are_no_calibration_are_refused_with_file_camera_and_key(
    tmp_path, old, new, said
):
    write_cameras(tmp_path / "c.toml", "left")
    text = (tmp_path / "c.toml").read_text()
    assert old in text
    (tmp_path / "c.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(SuperAnimalError) as told:
        read_cameras(tmp_path / "c.toml")
    assert str(told.value).startswith(f"{tmp_path / 'c.toml'}: camera 'left': ")
    assert said in str(told.value)


@pytest.mark.parametrize("written", ["", "distortions = []\n"])
def test_a_lens_without_distortions_has_none(tmp_path, written):
    write_cameras(tmp_path / "c.toml", "left")
    text = (tmp_path / "c.toml").read_text()
    whole = "distortions = [0.1, 0.0, 0.0, 0.0, 0.0]\n"
    (tmp_path / "c.toml").write_text(text.replace(whole, written + "fisheye = false\n"))
    assert read_cameras(tmp_path / "c.toml")["left"].distortion.tolist() == [0.0] * 5


def test_zeros_behind_the_known_distortions_say_nothing(tmp_path):
    write_cameras(tmp_path / "c.toml", "left")
    text = (tmp_path / "c.toml").read_text()
    (tmp_path / "c.toml").write_text(text.replace("0.0]\nrot", "0.0, 0, 0, 7, 0, 0, 0]\nrot"))
    assert read_cameras(tmp_path / "c.toml")["left"].distortion[7] == 7


def test_the_size_of_a_cameras_pictures_is_known_where_it_is_said(tmp_path):
    write_cameras(tmp_path / "c.toml", "left", "right")
    text = (tmp_path / "c.toml").read_text()
    (tmp_path / "c.toml").write_text(text.replace("size = [640, 480]", "size = [640]", 1))
    assert read_picture_sizes(tmp_path / "c.toml") == {"right": (640, 480)}


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
