"""A table of poses belongs to the video that it names, and one video has one table."""

import json
import unicodedata

import foreign_documents as foreign
import h5py
import numpy as np
import pytest

from superanimal_core.datasets import PARSERS
from superanimal_core.datasets.table_videos import stems_named, videos_of_tables
from superanimal_core.errors import DatasetError
from superanimal_core.formats.dataset_folder import DiskFolder

NET = "DLC_resnet50_projJan1shuffle1_1000"
SIZE = (64, 48)


def video_of(memory_folder, table, videos, written="", scorers=()):
    folder = memory_folder({table: ""}, dict.fromkeys(videos, SIZE))
    stems = {table: stems_named(table, scorers)}
    return videos_of_tables(folder, stems, {table: written})[table]


@pytest.mark.parametrize(
    ("table", "video"),
    [
        (f"mouse1{NET}.csv", "mouse1.mp4"),
        (f"mouse1{NET}_filtered.h5", "mouse1.wmv"),
        (f"mouse1{NET}_el_filtered.h5", "mouse1.mts"),
        ("mouse1_superanimal_quadruped_hrnet_w32_fasterrcnn.h5", "mouse1.mp4"),
        ("mouse1DeepCut_resnet50_xshuffle1_5.csv", "mouse1.avi"),
        ("mouse1.csv", "mouse1.mp4"),
        ("mouse1.analysis.h5", "mouse1.mp4"),
        ("mouse1_poses.csv", "mouse1.mp4"),
        ("labels.v001.000_mouse1.analysis.h5", "mouse1.mp4"),
        ("my.project.012_mouse1.analysis.h5", "mouse1.seq"),
        ("a_tracks.csv", "a_tracks.mp4"),  # its own words are a name where a video has them
        ("myDLCvideo.csv", "myDLCvideo.mp4"),
        (f"myDLCvideo{NET}.csv", "myDLCvideo.mp4"),
    ],
)
def test_a_table_finds_its_video_among_others(memory_folder, table, video):
    others = ["mouse.mp4", "mouse10.mp4", "mouse1_2.mp4", "a.mp4", "my.mp4", "ouse1.mp4"]
    assert video_of(memory_folder, table, [video, *others], scorers=(NET,)) == video
    with pytest.raises(DatasetError, match=r"its video '.+' is not there"):
        video_of(memory_folder, table, ["mouse.mp4", "mouse10.mp4", "mouse1_2.mp4", "ouse1.mp4"])


@pytest.mark.parametrize(
    ("table", "only"),
    [
        (f"mouse10{NET}.csv", "mouse1.mp4"),
        (f"mouse1{NET}.csv", "mouse10.mp4"),
        ("mouse10.csv", "mouse1.mp4"),
        ("mouse2.csv", "mouse1.mp4"),
        (f"rec_1_2{NET}.csv", "rec_1.mp4"),
        ("rec_1_2.csv", "rec_1.mp4"),
        ("labels.v001.000_mouse10.analysis.h5", "mouse1.mp4"),
    ],
)
def test_the_only_video_is_not_taken_for_another_one(memory_folder, table, only):
    with pytest.raises(DatasetError, match=r"its video '.+' is not there"):
        video_of(memory_folder, table, [only])


@pytest.mark.parametrize("table", ["tracks.csv", "predictions.analysis.h5", "poses_filtered.csv"])
def test_a_table_that_names_no_video_belongs_to_the_only_one(memory_folder, table):
    assert video_of(memory_folder, table, ["m.mp4"]) == "m.mp4"
    with pytest.raises(DatasetError, match="2 videos beside it"):
        video_of(memory_folder, table, ["m.mp4", "n.mp4"])


def test_a_video_beside_comes_before_one_elsewhere_and_two_of_a_name_are_an_error(memory_folder):
    videos = ["day1/m.mp4", "day2/m.mp4", "day2/m.avi"]
    assert video_of(memory_folder, "day1/m.csv", videos) == "day1/m.mp4"
    assert video_of(memory_folder, "m.csv", videos[:1]) == "day1/m.mp4"
    for table in ("day2/m.csv", "m.csv"):
        with pytest.raises(DatasetError, match=r"m\.\w+ and day2/m\.\w+ both have its name"):
            video_of(memory_folder, table, videos)


@pytest.mark.parametrize(("ours", "theirs"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_letters_in_two_characters_are_the_same_letters(memory_folder, ours, theirs):
    table = unicodedata.normalize(ours, f"Käfig{NET}.csv")
    video = unicodedata.normalize(theirs, "Käfig.mp4")
    assert video_of(memory_folder, table, [video, "k.mp4"], scorers=(NET,)) == video
    assert video_of(memory_folder, "a.h5", [video], unicodedata.normalize(ours, "/x/Käfig.avi"))


def test_the_path_in_a_table_counts_more_than_its_name(memory_folder):
    videos = ["day1/cam.mp4", "cam.mp4", "a.mp4"]
    assert video_of(memory_folder, "a.h5", videos, "C:\\lab\\day1\\cam.mp4") == "day1/cam.mp4"
    assert video_of(memory_folder, "a.h5", videos, "/lab/day2/cam.mp4") == "cam.mp4"
    assert video_of(memory_folder, "a.h5", videos, "/lab/day2/cam.avi") == "cam.mp4"
    with pytest.raises(DatasetError, match=r"its video '/lab/b.mp4' is not there"):
        video_of(memory_folder, "a.h5", videos, "/lab/b.mp4")


def test_two_paths_never_lead_to_one_video(memory_folder):
    folder = memory_folder({"a.h5": "", "b.h5": ""}, {"cam.mp4": SIZE})
    written = {"a.h5": "/day1/cam.mp4", "b.h5": "/day2/cam.mp4"}
    with pytest.raises(DatasetError, match=r"both lead to 'cam.mp4'"):
        videos_of_tables(folder, {"a.h5": [], "b.h5": []}, written)


HEAD = "scorer,S,S,S\nbodyparts,a,a,a\ncoords,x,y,likelihood\n"


def tables(memory_folder, *names, rows=("0,1,2,1\n", "0,1,2,1\n")):
    documents = {name: HEAD + text for name, text in zip(names, rows, strict=False)}
    return memory_folder(documents, {"m.mp4": SIZE})


@pytest.mark.parametrize(
    "second", [f"m{NET}_filtered.csv", f"m{NET.replace('shuffle1', 'shuffle2')}.csv", "m.csv"]
)
def test_two_tables_about_one_video_are_both_named(memory_folder, second):
    folder = tables(memory_folder, f"m{NET}.csv", second)
    with pytest.raises(DatasetError, match=r"are both about m.mp4#frame=0; keep one") as caught:
        PARSERS["deeplabcut_tracks"]("set", folder)
    assert f"m{NET}.csv" in str(caught.value)
    assert second in str(caught.value)


def test_tables_about_other_frames_of_a_video_belong_together(memory_folder):
    folder = tables(memory_folder, f"m{NET}.csv", "m.csv", rows=("0,1,2,1\n", "5,1,2,1\n"))
    labels = PARSERS["deeplabcut_tracks"]("set", folder)
    assert sorted(labels.image) == ["m.mp4#frame=0", "m.mp4#frame=5"]


def test_a_table_of_bones_is_passed_over_but_no_other_is(memory_folder):
    folder = tables(memory_folder, f"m{NET}.csv")
    folder.documents[f"m{NET}_skeleton.csv"] = ",a_b,a_b\n,length,orientation\n0,1,2\n"
    assert len(PARSERS["deeplabcut_tracks"]("set", folder)) == 1
    folder.documents["times.csv"] = "frame,time\n0,0.0\n"
    with pytest.raises(DatasetError, match=r"times\.csv: the first rows begin.*delete it"):
        PARSERS["deeplabcut_tracks"]("set", folder)


class WithVideos(DiskFolder):
    """A folder whose videos need not be any."""

    def image_size_px(self, name):
        return SIZE

    def is_video(self, name):
        return name.endswith(".mp4")


def analysis(path, value, **more):
    """Two frames of one animal at (value, value) of an analysis file, and more arrays."""
    foreign.write_analysis(path, np.full((2, 1, 1, 2), float(value)), ("nose",))
    with h5py.File(path, "a") as file:
        for name, content in more.items():
            file[name] = content


def test_exports_of_a_sleap_project_go_to_the_videos_that_they_say(tmp_path):
    for i, video in enumerate(("m1", "m2")):
        (tmp_path / f"{video}.mp4").write_bytes(b"")
        name = f"labels.v001.00{i}_{video}.analysis.h5"
        analysis(tmp_path / name, i, video_path=f"C:/data/{video}.mp4")
    labels = PARSERS["sleap_analysis"]("set", WithVideos(tmp_path))
    assert {(n.split("#")[0], x) for n, x in zip(labels.image, labels.xy_px[:, 0, 0], strict=True)
            } == {("m1.mp4", 0.0), ("m2.mp4", 1.0)}  # fmt: skip


def test_versions_of_a_sleap_project_are_not_read_together(tmp_path):
    (tmp_path / "m.mp4").write_bytes(b"")
    for name in ("m.analysis.h5", "m_tracking.analysis.h5"):
        analysis(tmp_path / name, 1)
    with pytest.raises(DatasetError, match=r"m\.analysis\.h5 and .*m_tracking\.analysis\.h5 are"):
        PARSERS["sleap_analysis"]("set", WithVideos(tmp_path))


def test_an_nwb_file_goes_to_the_video_that_it_says_in_its_size(tmp_path):
    for video in ("a", "sub-01"):
        (tmp_path / f"{video}.mp4").write_bytes(b"")
    path = tmp_path / "sub-01.nwb"
    foreign.write_nwb_estimates(path, np.ones((2, 1, 2)), ("nose",), np.ones((2, 1)))
    read = PARSERS["nwb"]
    assert set(read("set", WithVideos(tmp_path)).group) == {"sub-01.mp4"}
    pose = "processing/behavior/mouse1"
    with h5py.File(path, "a") as file:
        text = h5py.string_dtype()
        file[f"{pose}/original_videos"] = np.array(["/rig/a.mp4"], dtype=text)
        file[f"{pose}/dimensions"] = np.array([[48, 64]], dtype=np.uint16)
    assert set(read("set", WithVideos(tmp_path)).group) == {"a.mp4"}
    with h5py.File(path, "a") as file:
        file[f"{pose}/dimensions"][...] = 480, 640
    with pytest.raises(DatasetError, match=r"says 480 x 640, the picture a.mp4#frame=0 is 64 x 48"):
        read("set", WithVideos(tmp_path))


@pytest.mark.parametrize(
    "dims",
    [
        "frame track node xy",
        "track xy node frame",
        "xy node frame track",
        "frames tracks nodes space",
    ],
)
def test_the_axes_of_an_analysis_file_are_those_that_it_names(tmp_path, dims):
    axes = [name.rstrip("s").replace("space", "xy") for name in dims.split()]
    ours = ("frame", "track", "node", "xy")
    xy = np.random.default_rng(0).uniform(0, 40, (2, 2, 2, 2))  # no axis can be told by its length
    score = np.random.default_rng(1).uniform(0, 1, (2, 2, 2))
    foreign.write_analysis(tmp_path / "usual.analysis.h5", xy, ("a", "b"), score)
    foreign.write_analysis(tmp_path / "told.analysis.h5", xy, ("a", "b"))
    with h5py.File(tmp_path / "told.analysis.h5", "a") as file:
        del file["tracks"]
        file["tracks"] = (xy - 0.5).transpose([ours.index(axis) for axis in axes])
        file["tracks"].attrs["dims"] = json.dumps(dims.split())
        others = [axis for axis in axes if axis != "xy"]
        file["point_scores"] = score.transpose([ours.index(axis) for axis in others])
        file["point_scores"].attrs["dims"] = others
    for name in ("usual", "told"):
        (tmp_path / f"{name}.mp4").write_bytes(b"")
    usual, told = (
        PARSERS["sleap_analysis"]("set", WithVideos(tmp_path / f"{name}.analysis.h5"))
        for name in ("usual", "told")
    )
    assert np.array_equal(usual.xy_px, told.xy_px)
    assert np.array_equal(usual.score, told.score)
    assert usual.individual.tolist() == told.individual.tolist()


@pytest.mark.parametrize("dims", ['["a", "b", "c", "d"]', "{", '["frame", "track", "node"]', "7"])
def test_axes_that_nobody_knows_are_refused(tmp_path, dims):
    (tmp_path / "m.mp4").write_bytes(b"")
    analysis(tmp_path / "m.analysis.h5", 1)
    with h5py.File(tmp_path / "m.analysis.h5", "a") as file:
        file["tracks"].attrs["dims"] = dims
    with pytest.raises(DatasetError, match=r"the axes of 'tracks' are .*expected the names track"):
        PARSERS["sleap_analysis"]("set", WithVideos(tmp_path))
