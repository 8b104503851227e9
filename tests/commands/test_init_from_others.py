"""Studies that begin with a project of SLEAP or Lightning Pose."""

import os
import shutil
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from beginners_study import write_predictions, write_study

from superanimal_core.__main__ import main
from superanimal_core.commands.found_predictions import (
    files_by_video,
    find_predictions,
    one_of_each_network,
    other_counts,
)
from superanimal_core.commands.found_videos import FoundVideo, LeftOut
from superanimal_core.commands.other_projects import read_any_project
from superanimal_core.errors import DatasetError
from superanimal_core.formats.sheets import read_sheet

SHARED = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")).resolve() / "data"
MOUSE = "superanimal_topviewmouse"
needs_sleap = pytest.mark.skipif(not (SHARED / "sleap_flies").is_dir(), reason="needs shared data")


@pytest.fixture
def lightning(tmp_path, monkeypatch):
    """A data folder of Lightning Pose: one table, two labeled pictures, two videos."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "mirror"
    for name in ("labeled-data/m1/img00000001.png", "videos/m1.mp4", "videos/day2/m2.mp4"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    names = ["scorer", "bodyparts", "coords"]
    columns = pd.MultiIndex.from_product([["me"], ["nose", "tailbase"], ["x", "y"]], names=names)
    row = pd.DataFrame([[1.0] * 4], columns=columns, index=["labeled-data/m1/img00000001.png"])
    row.to_csv(folder / "CollectedData.csv")
    return folder


def rows_of(sheet):
    return [row.cells for row in read_sheet(sheet)]


def test_a_folder_of_lightning_pose_brings_labels_videos_and_a_proposed_table(lightning, capsys):
    assert main(["init", "study", "--from", "mirror", "--species", "mouse"]) == 0
    (row,) = rows_of("study/config/datasets.tsv")
    assert (row["dataset"], row["format"], row["role"]) == ("mirror", "lightning_pose", "pretrain")
    assert row["path"] == str(lightning)
    table = rows_of(f"study/config/keypoints/{MOUSE}/mirror.tsv")
    assert [(r["source"], r["unified"]) for r in table] == [
        ("nose", "nose"),
        ("tailbase", "tail_base"),
    ]
    assert {row["video"] for row in rows_of("study/config/videos.tsv")} == {"m1", "m2"}
    assert "review study/config/keypoints" in capsys.readouterr().out


def labeled(path, target, is_users):
    """A copy of somebody's .slp whose instances are all a person's, or all predictions."""
    shutil.copyfile(path, target)
    target.chmod(0o644)
    with h5py.File(target, "r+") as file:
        rows = file["instances"][()]
        rows["instance_type"] = 0 if is_users else 1
        file["instances"][...] = rows
    return target


@needs_sleap
def test_a_sleap_file_brings_its_nodes_and_the_video_that_lies_beside_it(tmp_path):
    source = SHARED / "sleap_flies/tracking"
    with h5py.File(source / "two_flies.slp") as file:
        count = pd.Series(file["instances"]["frame_id"]).value_counts().max()
    path = labeled(source / "two_flies.slp", tmp_path / "two_flies.v001.slp", is_users=True)
    named = read_any_project(path)
    assert named.videos == ()
    assert len(named.lost) == 1
    shutil.copyfile(source / "two_flies.mp4", tmp_path / Path(named.lost[0]).name)
    project = read_any_project(path)
    assert (project.name, project.format, project.individuals) == ("two_flies", "sleap", count)
    assert project.videos == (tmp_path / Path(named.lost[0]).name,)
    assert project.body_parts


@needs_sleap
def test_a_sleap_file_of_predictions_alone_is_sent_to_where_they_belong(tmp_path):
    path = labeled(
        SHARED / "sleap_flies/tracking/two_flies.slp", tmp_path / "p.slp", is_users=False
    )
    with pytest.raises(
        DatasetError, match="no labels; a study takes them in the column 'predictions'"
    ):
        read_any_project(path)


def test_what_is_no_project_is_told(tmp_path):
    with pytest.raises(DatasetError, match=r"has no config.yaml; .* a \.slp or a data folder"):
        read_any_project(tmp_path)
    with pytest.raises(DatasetError, match=r"gone\.slp: no such file"):
        read_any_project(tmp_path / "gone.slp")


def test_brought_predictions_are_filled_in_beside_their_videos(tmp_path, monkeypatch, capsys):
    """Raw and filtered, .csv and .h5 are one network; m1 is not in m10's; it is read and sound."""
    study = write_study(tmp_path / "sound")
    (study / "raw/m2.mp4").rename(study / "raw/m10.mp4")
    shutil.rmtree(study / "theirs")
    rng, given = np.random.default_rng(0), study / "theirs"
    for name in ("m1DLC_net0", "m1DLC_net1", "m1DLC_net1_filtered", "m10DLC_net0", "other"):
        write_predictions(given / f"{name}.csv", rng, names=("Nose", "left_ear", "implant"))
    (given / "m10DLC_net0.h5").touch()
    monkeypatch.chdir(tmp_path)
    typed = ["init", "new", "--videos", str(study / "raw"), "--predictions", str(given)]
    assert main([*typed, "--species", "mouse"]) == 0
    told = capsys.readouterr().out
    assert "videos.tsv: 2, with 3 files of predictions" in told
    assert f"left out, named after no video: {given / 'other.csv'}" in told
    assert "dropped, since no name is like theirs: implant" in told
    rows = [row.cells for row in read_sheet("new/config/videos.tsv")]
    cells = {row["video"]: row["predictions"] for row in rows}
    names = {video: [Path(p).name for p in cell.split("; ")] for video, cell in cells.items()}
    assert names == {"m1": ["m1DLC_net0.csv", "m1DLC_net1.csv"], "m10": ["m10DLC_net0.csv"]}
    assert main(["check", "new"]) == 0
    (given / "m10DLC_net0.csv").unlink()
    (given / "m10DLC_net0.h5").unlink()
    typed[1] = "newer"
    assert main([*typed, "--species", "mouse"]) == 0
    told = capsys.readouterr().out
    assert f"begins with the video's: {study / 'raw/m10.mp4'}\n" in told
    assert "videos.tsv: 1, with 2 files of predictions" in told
    assert [row.cells["video"] for row in read_sheet("newer/config/videos.tsv")] == ["m1"]
    assert main(["check", "newer"]) == 0


def test_predictions_of_videos_of_one_name_are_told_apart_by_their_folders():
    """day1/m1 and day2/m1, beside their videos or in a tree that is called alike; else nobody's."""
    videos = [FoundVideo(Path(f"v/{day}/m1.mp4"), f"{day}_m1", day) for day in ("day1", "day2")]
    for top in ("v", "dlc", "v/results"):
        files = [Path(f"{top}/{day}/m1DLC_net0.csv") for day in ("day1", "day2")]
        assert files_by_video(files, videos) == {"day1_m1": files[:1], "day2_m1": files[1:]}
    assert files_by_video([Path("dlc/m1DLC_net0.csv")], videos) == {"day1_m1": [], "day2_m1": []}
    crossed = [FoundVideo(Path(f"v/{way}/m1.mp4"), way, way) for way in ("a/b", "b/a")]
    files = [Path("v/a/b/m1DLC.csv"), Path("v/b/a/m1DLC.csv"), Path("v/b/a/dlc/m1DLC.csv")]
    assert files_by_video(files, crossed) == {"a/b": files[:1], "b/a": files[1:]}
    outer = [FoundVideo(Path(f"v/{way}/m1.mp4"), way, way) for way in ("a", "b")]
    assert files_by_video(files, outer) == {"a": files[:1], "b": files[1:]}
    parallel = [Path("dlc/day1/m1DLC.csv")]
    for nearer, other in [("v/day1/camera", "v"), ("v/day1", "v/day1/old")]:
        both = [FoundVideo(Path(f"{way}/m1.mp4"), way, way) for way in (nearer, other)]
        assert files_by_video(parallel, both) == {nearer: parallel, other: []}
        assert files_by_video(parallel, both[::-1]) == {nearer: parallel, other: []}
    above = FoundVideo(Path("v/m1.mp4"), "m1", "")
    files = [Path("v/m1DLC.csv"), Path("v/day1/m1DLC.csv")]
    assert files_by_video(files, [above, videos[0]]) == {"m1": files[:1], "day1_m1": files[1:]}


def test_videos_without_predictions_are_left_out_and_told_unless_all_are(tmp_path):
    """DeepLabCut writes its labeled videos beside the others."""
    write_predictions(tmp_path / "m1DLC.csv", np.random.default_rng(0), names=("Nose",))
    names = ("m1", "m1DLC_net0_labeled", "m2")
    videos = [FoundVideo(Path(f"v/{name}.mp4"), name, "") for name in names]
    found = find_predictions(tmp_path, videos, left_out := LeftOut())
    assert [*found.files] == ["m1"]
    [line] = left_out.lines()
    assert line.endswith("begins with the video's: 2 files, v/m1DLC_net0_labeled.mp4 the first")
    with pytest.raises(DatasetError, match=r"of v/m2.mp4 no file .* so that no video has"):
        find_predictions(tmp_path, videos[2:], LeftOut())
    namesakes = [FoundVideo(Path(f"v/{day}/m1.mp4"), f"{day}_m1", day) for day in ("day1", "day2")]
    with pytest.raises(DatasetError, match=r"called 'm1', and no folder .* no video has"):
        find_predictions(tmp_path, namesakes, LeftOut())


@pytest.mark.parametrize(
    ("stem", "name", "is_its"),
    [
        ("m1", "m1DLC_net0.csv", True),
        ("m1", "m1DLC_net0_el.h5", True),
        ("m1", "m1_day2DLC_net0.csv", False),
        ("m1", "m1-croppedDLC_net0.csv", False),
        ("m1DLC_left", "m1DLC_leftDLC_net0.csv", True),
        ("m1", "m1DLC_net0_myDLC_project.csv", True),
        ("m1", "m1.predictions.analysis.h5", True),
        ("m1", "m1_net2.csv", True),
        ("m1", "m10.csv", False),
    ],
)
def test_what_deeplabcut_names_is_of_the_video_with_the_whole_name(stem, name, is_its):
    """A study of some videos of a folder, beside the predictions of all."""
    video = FoundVideo(Path(f"v/{stem}.mp4"), stem, "")
    assert files_by_video([Path(f"p/{name}")], [video])[stem] == [Path(f"p/{name}")] * is_its


def test_a_video_with_more_files_than_most_is_asked_about():
    files = {"m1": [Path("m1.csv"), Path("m1-2.csv")], "m2": [Path("m2.csv")]}
    files["m3"] = [Path("m3.csv")]
    assert "1 another number; 'm1' has 2 (m1.csv, m1-2.csv): are all" in other_counts(files)
    del files["m1"]
    assert other_counts(files) == ""


def test_one_name_in_folders_of_two_endings_is_one_network_and_of_one_ending_two():
    alike = [Path("csv/m1DLC.csv"), Path("h5/m1DLC.h5")]
    assert one_of_each_network(alike) == alike[:1]
    seeds = [Path("seed0/m1DLC.h5"), Path("seed1/m1DLC.h5")]
    assert one_of_each_network(seeds) == seeds


def test_tables_that_hold_no_poses_and_hidden_folders_are_left_out_and_links_followed(tmp_path):
    rng, given = np.random.default_rng(0), tmp_path / "given"
    given.mkdir()
    write_predictions(tmp_path / "elsewhere/m1DLC_net0.csv", rng, names=("Nose",))
    write_predictions(given / ".ipynb_checkpoints/m1DLC_net0-checkpoint.csv", rng, names=("Nose",))
    write_predictions(given / "._m1DLC_net0.csv", rng, names=("Nose",))
    (given / "linked").symlink_to(tmp_path / "elsewhere")
    (given / "m1.csv").write_text("frame,speed\n0,1.5\n")
    (given / "m1DLC_net0_skeleton.csv").write_text("a,a,a\nlength,orientation,likelihood\n1,2,3\n")
    (given / "m1DLC_net0_skeleton.h5").touch()
    video = FoundVideo(Path("v/m1.mp4"), "m1", "")
    found = find_predictions(given, [video], left_out := LeftOut())
    assert found.files == {"m1": [given / "linked/m1DLC_net0.csv"]}
    assert left_out.lines() == [
        f"left out, no table of poses: 3 files, {given / 'm1.csv'} the first"
    ]
    (given / "linked").unlink()
    with pytest.raises(DatasetError, match=r"no table of poses; .*m1.csv is none"):
        find_predictions(given, [video], LeftOut())
