"""A new study: what it holds is read back by the readers of a run, and every mistake is told."""

import json
import os
import shutil
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.__main__ import main
from superanimal_core.commands import init
from superanimal_core.commands.found_videos import LeftOut, distinct_names, find_videos
from superanimal_core.commands.given_model import SUFFIXES
from superanimal_core.errors import ConfigError, SuperAnimalError
from superanimal_core.formats.documents import read_keypoint_space
from superanimal_core.formats.sheets import read_sheet
from superanimal_core.models.checkpoints import read_tensors
from superanimal_core.study.sheet_columns import identifier_mistakes
from superanimal_core.study.sheet_schema import VIDEOS
from superanimal_core.study.study import read_study

ROOT = Path(__file__).resolve().parents[2]
MOUSE = "superanimal_topviewmouse"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with videos in two subfolders, in which commands are typed."""
    monkeypatch.chdir(tmp_path)
    make_files(tmp_path / "raw", "m1.mp4", "day1/m2.mp4", "day2/m2.MP4", "notes.txt")
    return tmp_path


def make_files(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def make_model(folder, space=MOUSE, with_detector=True):
    """A model folder of which only the descriptions are looked at."""
    (folder / "member-0").mkdir(parents=True)
    described = {"name": space, "keypoints": ["nose", "ear_l", "ear_r"], "bones": []}
    described |= {"mirror_pairs": [["ear_l", "ear_r"]], "oks_sigmas": [0.1, 0.2, 0.3]}
    (folder / "member-0/bundle.json").write_text(json.dumps({"space": described}))
    if with_detector:
        make_files(folder, "detector/bundle.json")
    return folder


def make_project(folder, parts=("snout", "leftear", "rightear", "tailbase"), **more):
    """A DeepLabCut project with a table of labels and one of its two videos."""
    make_files(folder, "labeled-data/m9/CollectedData_me.csv", "videos/m9.mp4")
    sets = {r"C:\Users\me\m9.mp4": {"crop": "0, 1"}, "/gone/m8.mp4": {"crop": "0, 1"}}
    config = {"Task": "my task", "bodyparts": list(parts), "video_sets": sets} | more
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    return folder


def study_in(folder, monkeypatch):
    """What a run reads in the study."""
    monkeypatch.chdir(folder)
    return read_study(yaml.safe_load(Path("config/config.yaml").read_text()), ROOT)


def told_by(capsys, *arguments):
    assert main(["init", *map(str, arguments)]) == 1
    told = capsys.readouterr().err
    assert told.startswith("init: ")
    assert told.count("\n") == 1  # one sentence
    return told


def test_a_study_with_somebodys_model_is_ready_to_run(home, monkeypatch, capsys):
    make_model(home / "theirs/results/models/mouse")
    assert main(["init", "study", "--videos", "raw", "--model", "theirs"]) == 0
    told = capsys.readouterr().out
    assert "MISSING" not in told
    assert told.splitlines()[-1].endswith("run it: superanimal run study")
    lines = Path("study/config/config.yaml").read_text().splitlines()
    assert len(lines) <= 15
    study = study_in(home / "study", monkeypatch)
    model = study.settings.models["mouse"]
    assert model.pose_weights == f"{home}/theirs/results/models/mouse/member-0"
    assert model.detector_weights == f"{home}/theirs/results/models/mouse/detector"
    assert [*study.settings.models] == ["mouse"]
    found = {name: (video.path, video.columns["folder"]) for name, video in study.videos.items()}
    assert found == {
        "m1": (f"{home}/raw/m1.mp4", ""),
        "day1_m2": (f"{home}/raw/day1/m2.mp4", "day1"),
        "day2_m2": (f"{home}/raw/day2/m2.MP4", "day2"),
    }


@pytest.mark.parametrize(("members", "is_told"), [(1, False), (2, True)])
def test_which_of_somebodys_networks_is_used_is_said(home, capsys, members, is_told):
    model = make_model(home / "model")
    for number in range(1, members):
        shutil.copytree(model / "member-0", model / f"member-{number}")
    assert main(["init", "study", "--videos", "raw", "--model", "model"]) == 0
    told = f"of the {members} networks of this model the first is used: member-0"
    assert (told in capsys.readouterr().out) == is_told


def test_videos_below_the_study_have_relative_paths(home, monkeypatch):
    make_model(home / "model")
    make_files(home / "study/raw", "a.avi", "#b.mp4", "Mäuse 1 [x].mkv")
    assert main(["init", "study", "--videos", "study/raw", "--model", "model"]) == 0
    study = study_in(home / "study", monkeypatch)
    assert {name: v.path for name, v in study.videos.items()} == {
        "b": "raw/#b.mp4",
        "a": "raw/a.avi",
        "Mause_1_x": "raw/Mäuse 1 [x].mkv",
    }
    monkeypatch.chdir(home / "study/raw")
    assert main(["init", "../other", "--videos", "#b.mp4", "--model", "../../model"]) == 0
    monkeypatch.chdir(home / "study")
    (cell,) = read_sheet("other/config/videos.tsv")
    assert cell.cells["path"].startswith("/")


def test_paths_that_a_sheet_would_misread_are_written_otherwise(home, monkeypatch):
    make_model(home / "model")
    make_files(home / "study", "#b.mp4", " c/d.mp4", '"e/f.mp4')
    assert main(["init", "study", "--videos", "study", "--model", "model"]) == 0
    paths = [video.path for video in study_in(home / "study", monkeypatch).videos.values()]
    assert sorted(paths) == ["./ c/d.mp4", './"e/f.mp4', "./#b.mp4"]


def test_a_folder_with_letters_that_nobody_sees_is_read(home, monkeypatch):
    make_model(home / "model")
    make_files(home / "other", "day\u00ad1/a.mp4")
    assert main(["init", "study", "--videos", "other", "--model", "model"]) == 0
    assert study_in(home / "study", monkeypatch).videos["a"].columns["folder"] == "day1"


def test_without_anything_to_learn_from_the_study_says_what_is_missing(home, monkeypatch, capsys):
    assert main(["init", "study", "--videos", "raw", "--species", "bird"]) == 0
    told = capsys.readouterr().out
    first = next(line for line in told.splitlines() if line.startswith("  1. "))
    assert "MISSING" in first
    assert "study/config/datasets.tsv" in first
    assert "MISSING" in Path("study/config/config.yaml").read_text()
    with pytest.raises(ConfigError) as mistakes:
        study_in(home / "study", monkeypatch)
    assert all("no data set" in mistake for mistake in mistakes.value.mistakes)  # nothing else


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_of_weights_are_those_that_are_read(home, monkeypatch, suffix):
    Path(f"w{suffix}").write_bytes(b"no weights")
    study = ["study", "--videos", "raw", "--species", "mouse", "--model", f"w{suffix}"]
    assert main(["init", *study]) == 0
    with pytest.raises(SuperAnimalError) as told:
        read_tensors(f"w{suffix}")
    assert "weights are read from" not in str(told.value)


def test_a_file_that_holds_no_weights_is_told(home, capsys):
    told = told_by(
        capsys, "study", "--videos", "raw", "--species", "mouse", "--model", "raw/m1.mp4"
    )
    assert "raw/m1.mp4: no file of weights; they end in .pt, .pth" in told


def test_a_model_without_a_detector_is_told(home, monkeypatch, capsys):
    make_model(home / "model", with_detector=False)
    assert main(["init", "study", "--videos", "raw", "--model", "model/member-0"]) == 0
    assert "MISSING, a detector" in capsys.readouterr().out
    model = study_in(home / "study", monkeypatch).settings.models["mouse"]
    assert model.detector_weights == "whole_frame"


@pytest.mark.parametrize("species", [[], ["--species", "own"], ["--species", "mine"]])
def test_a_model_brings_a_space_of_its_own_along(home, monkeypatch, capsys, species):
    make_model(home / "theirs/results/models/m", space="mine")
    assert main(["init", "study", "--videos", "raw", "--model", "theirs", *species]) == 0
    assert "MISSING" not in capsys.readouterr().out
    study = study_in(home / "study", monkeypatch)
    (model,) = study.settings.models.values()
    space = read_keypoint_space(study.spaces[model.space])
    assert (space.name, space.keypoints) == ("mine", ("nose", "ear_l", "ear_r"))
    assert space.mirror_pairs == (("ear_l", "ear_r"),)
    assert space.oks_sigmas == (0.1, 0.2, 0.3)


@pytest.mark.parametrize(
    ("task", "parts", "mode", "space"),
    [
        ("mine", ("nose", "ear_l"), "memory_replay", "mine"),  # more labels of the same
        ("other", ("nose", "ear_l"), "memory_replay", "mine"),
        ("other", ("nose", "implant"), "new_head", "other"),
        ("mine", ("nose", "implant"), "new_head", "mine_own"),  # of one name, and not the same
    ],
)
def test_own_labels_meet_a_model_of_a_space_of_its_own(home, monkeypatch, task, parts, mode, space):
    make_model(home / "theirs/results/models/m", space="mine")
    make_project(home / "project", parts, Task=task)
    typed = ["init", "study", "--from", "project", "--model", "theirs", "--species", "own"]
    assert main(typed) == 0
    study = study_in(home / "study", monkeypatch)
    (tuned,) = (m for m in study.settings.models.values() if m.fine_tune)
    assert (tuned.fine_tune.mode, tuned.space) == (mode, space)
    assert study.settings.models["given"].space == "mine"
    (row,) = study.datasets.values()
    assert (row.space, row.role) == (space, "fine_tune")


@pytest.mark.parametrize(
    ("species", "name"),
    [
        ("mouse", "superanimal_topviewmouse_hrnet_w32"),
        ("quadruped", "superanimal_quadruped_rtmpose_s"),
        ("superanimal_bird", "superanimal_bird_resnet_50"),
        ("human", "superanimal_humanbody_rtmpose_x"),
    ],
)
def test_released_weights_bring_a_detector_where_there_is_one(home, monkeypatch, species, name):
    assert main(["init", "s", "--videos", "raw", "--species", species, "--weights", name]) == 0
    study = study_in(home / "s", monkeypatch)
    (model,) = study.settings.models.values()
    detector = study.released.get(model.detector_weights)
    assert model.pose_weights == name
    assert model.detector_weights == "whole_frame" if "human" in name else detector.kind


@pytest.mark.parametrize(
    ("space", "preset", "pose", "detector"),
    [
        (MOUSE, "gpu", "hrnet_w32", "fasterrcnn_resnet50_fpn_v2"),
        (MOUSE, "cpu", "resnet_50", "fasterrcnn_mobilenet_v3_large_fpn"),
        ("superanimal_quadruped", "cpu", "rtmpose_s", "ssdlite"),
        (MOUSE, "cluster", "hrnet_w32", "fasterrcnn_resnet50_fpn_v2"),
        ("superanimal_bird", "gpu", "resnet_50", "fasterrcnn_mobilenet_v3_large_fpn"),
        ("superanimal_humanbody", "cpu", "rtmpose_x", None),
    ],
)
def test_a_space_stands_for_the_released_networks_that_suit_the_computer(
    home, monkeypatch, capsys, space, preset, pose, detector
):
    arguments = ["init", "s", "--videos", "raw", "--model", space, "--preset", preset]
    assert main(arguments) == 0
    study = study_in(home / "s", monkeypatch)
    (model,) = study.settings.models.values()
    assert (model.space, model.pose_weights) == (space, f"{space}_{pose}")
    assert model.detector_weights == (f"{space}_{detector}" if detector else "whole_frame")
    assert study.settings.adaptation.enabled is (preset != "cpu")
    jobs = study.settings.training_jobs
    assert (jobs.where, jobs.gpus) == (("slurm", True) if preset == "cluster" else ("here", False))
    told = capsys.readouterr().out
    assert ("run s --slurm" in told, "plan s --slurm" in told) == (preset == "cluster",) * 2
    assert study.settings.detector.every_frames == "auto"


@pytest.mark.parametrize(("has_gpu", "preset"), [(True, "gpu"), (False, "cpu")])
def test_the_computer_says_what_suits_it(home, monkeypatch, capsys, has_gpu, preset):
    monkeypatch.setattr(init.shutil, "which", lambda name: "/usr/bin/x" if has_gpu else None)
    assert main(["init", "s", "--videos", "raw", "--species", "mouse"]) == 0
    assert f"(--preset {preset})" in capsys.readouterr().out
    text = Path("s/config/config.yaml").read_text()
    assert ("backbone: mobilenetv2_050" in text) is not has_gpu


def test_a_preset_that_there_is_not_is_told(home, capsys):
    told = told_by(capsys, "s", "--videos", "raw", "--species", "mouse", "--preset", "gpus")
    assert "--preset gpus: not one of cpu, gpu, cluster; did you mean 'gpu'?" in told


@pytest.mark.parametrize(("count", "is_shown"), [(10, True), (11, False)])
def test_of_few_videos_all_are_drawn_and_given_to_others(home, monkeypatch, count, is_shown):
    make_model(home / "model")
    make_files(home / "some", *(f"v{i:02}.mp4" for i in range(count)))
    assert main(["init", "s", "--videos", "some", "--model", "model"]) == 0
    settings = study_in(home / "s", monkeypatch).settings
    assert settings.report.labeled_videos == ("all" if is_shown else [])
    assert settings.exports == (["csv"] if is_shown else [])


def test_a_deeplabcut_project_brings_labels_videos_and_a_proposed_table(home, monkeypatch, capsys):
    make_project(home / "project", ("snout", "leftear", "rightear", "tailbase", "cable"))
    assert main(["init", "study", "--from", "project", "--species", "mouse"]) == 0
    told = capsys.readouterr().out
    assert "left out, not there: /gone/m8.mp4" in told
    assert f"1. review study/config/keypoints/{MOUSE}/my_task.tsv" in told
    assert told.count("cable") == 1
    table = Path(f"study/config/keypoints/{MOUSE}/my_task.tsv")
    assert table.read_text().startswith("# Proposed; review every row")
    assert {r.cells["source"]: r.cells["unified"] for r in read_sheet(table)} == {
        "snout": "nose",
        "leftear": "left_ear",
        "rightear": "right_ear",
        "tailbase": "tail_base",
        "cable": "",
    }
    study = study_in(home / "study", monkeypatch)
    row = study.datasets["my_task"]
    assert (row.path, row.format, row.role) == (f"{home}/project", "deeplabcut", "pretrain")
    assert {v.path for v in study.videos.values()} == {f"{home}/project/videos/m9.mp4"}


def test_a_projects_own_table_counts_and_says_the_species(home, monkeypatch, capsys):
    own = {"SuperAnimalConversionTables": {MOUSE: {"snout": "nose"}}, "Task": "openfield"}
    make_project(home / "project", **own)
    make_model(home / "model")
    assert main(["init", "study", "--from", "project/config.yaml", "--model", "model"]) == 0
    assert "own conversion table" in capsys.readouterr().out
    study = study_in(home / "study", monkeypatch)
    (row,) = study.datasets.values()  # not the program's own table for its set openfield
    assert (row.role, row.conversion) == ("fine_tune", f"{home}/project/config.yaml")
    assert next(iter(study.settings.models.values())).fine_tune.parent == "given"


def test_a_project_of_several_animals_fills_max_individuals(home, monkeypatch):
    many = {"multianimalproject": True, "individuals": ["a", "b", "c"], "uniquebodyparts": ["nose"]}
    make_project(home / "project", multianimalbodyparts=["snout"], **many)
    make_model(home / "model")
    table = f"study/config/keypoints/{MOUSE}/my_task.tsv"
    assert main(["init", "study", "--from", "project", "--model", "model"]) == 0
    assert [row.cells["source"] for row in read_sheet(table)] == ["snout", "nose"]
    videos = study_in(home / "study", monkeypatch).videos
    assert {video.max_individuals for video in videos.values()} == {3}


def test_what_is_no_video_is_left_out_and_said(home):
    raw = home / "raw"
    make_files(raw, "._m1.mp4", ".m3.mp4", ".trash/m4.mp4", "m5.mp4.part")
    (raw / "again.mp4").symlink_to(raw / "m1.mp4")
    (raw / "lost.mp4").symlink_to(raw / "nowhere.mp4")
    (raw / "day1/round").symlink_to(raw, target_is_directory=True)
    make_files(home / "disk", "m6.mov")
    (raw / "disk").symlink_to(home / "disk", target_is_directory=True)
    left_out = LeftOut()
    found = find_videos([raw], left_out)
    assert sorted(v.file.name for v in found) == ["again.mp4", "m2.MP4", "m2.mp4", "m6.mov"]
    told = "\n".join(left_out.lines())
    assert all(name in told for name in ("._m1.mp4", ".m3.mp4", "m1.mp4", "lost.mp4"))


def test_copies_of_a_video_count_once_and_others_of_its_name_stay(home):
    """A project keeps copies of the videos that lie in the folder that is searched, too."""
    make_files(home, "project/videos/m1.mp4", "project/videos/empty.mp4", "raw/empty.mp4")
    long = bytes(range(256)) * 10_000  # more than is compared at each end
    for name, content in (
        ("raw/m1.mp4", long),
        ("project/videos/m1.mp4", long),
        ("raw/day1/m1.mp4", long[:-1] + b"x"),
        ("raw/day2/m1.mp4", long + b"x"),
        ("raw/other.mp4", long),
    ):
        (home / name).write_bytes(content)
    left_out = LeftOut()
    found = find_videos([home / "raw", home / "project/videos"], left_out)
    assert sorted(v.video for v in found) == [
        "day1_m1", "day1_m2", "day2_m1", "day2_m2", "other", "raw_empty", "raw_m1",
        "videos_empty",
    ]  # fmt: skip
    (told,) = left_out.lines()
    assert told == f"left out, a copy of {home}/raw/m1.mp4: {home}/project/videos/m1.mp4"


def test_a_video_that_a_project_has_lost_and_the_searched_folder_has_is_no_loss(home, capsys):
    make_project(home / "project", video_sets={r"D:\films\m1.mp4": {}, "/gone/m7.mp4": {}})
    assert main(["init", "s", "--from", "project", "--videos", "raw", "--species", "own"]) == 0
    told = capsys.readouterr().out
    assert "left out, not there: /gone/m7.mp4" in told
    assert "m1.mp4" not in told


@given(st.lists(st.text("aAä_. /1", min_size=1), unique=True, max_size=12))
def test_names_are_distinct_identifiers_on_every_disk(stems):
    paths = [f"{stem}.mp4" for stem in stems]
    names = distinct_names(paths)
    assert len({name.casefold() for name in names}) == len(paths)
    assert [m for name in names for m in identifier_mistakes("", VIDEOS["video"], name)] == []


@pytest.mark.parametrize("name", ["0012", "7", "20260331", "-3", "2026-03-31", "1e5", "1E-5"])
def test_no_name_is_a_number_or_a_day_for_those_who_read_the_tables(name, tmp_path):
    """The oracles are the readers: what they make of a folder of that name is no text."""
    folder = tmp_path / f"poses.parquet/video={name}"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"frame": [0]}), folder / "part-0.parquet")
    guess = pl.scan_parquet(tmp_path / "poses.parquet").collect_schema()["video"]
    assert guess != pl.String
    assert distinct_names([f"{name.lstrip('-')}.mp4"]) == [f"video_{name.lstrip('-')}"]


@pytest.mark.parametrize("name", ["m12", "12_1", "2026_03_31", "2026-03-31_m1", "1e", "1-2"])
def test_other_names_are_text_for_those_who_read_the_tables(name, tmp_path):
    folder = tmp_path / f"poses.parquet/video={name}"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"frame": [0]}), folder / "part-0.parquet")
    assert pl.scan_parquet(tmp_path / "poses.parquet").collect()["video"].to_list() == [name]
    assert set(pd.read_parquet(tmp_path / "poses.parquet")["video"]) == {name}
    assert distinct_names([f"{name}.mp4"]) == [name]


def test_no_name_is_taken_for_an_option_by_other_commands():
    paths = ["-n.mp4", "n.mp4", "--.mp4", "-20C_mouse.mp4", f"{'m' * 300}-{'x' * 200}.mp4"]
    names = distinct_names([*paths, "a-b.mp4"])
    assert names[:4] == ["n_mp4", "n_mp4_2", "video", "20C_mouse"]
    assert not [name for name in names if name.startswith("-")]
    assert names[-1] == "a-b"


def test_names_are_no_longer_than_they_must_be():
    paths = ["m1.mp4", "a/x/m2.mp4", "b/x/m2.mp4", "m3.mp4", "m3.avi", "c/m4.mp4"]
    expected = ["m1", "a_x_m2", "b_x_m2", "m3_mp4", "m3_avi", "m4"]
    assert distinct_names(paths) == expected
    assert len(distinct_names(["ab" * 120 + ".mp4"])[0]) < 160


def test_the_same_name_in_two_searched_folders_is_told_apart_by_theirs(home):
    make_files(home, "one/a.mp4", "two/a.mp4")
    found = find_videos([home / "one", home / "two"], LeftOut())
    assert [video.video for video in found] == ["one_a", "two_a"]


MISTAKES = {  # what is typed: what is told
    "s --videos nowhere --species mouse": "nowhere: does not exist",
    "s --videos empty --species mouse": "empty: no video in it; looked for the endings 3gp",
    "s --videos mac --species mouse": "._a.mp4",
    "s --videos raw --species muose": "did you mean 'mouse'",
    "s --videos raw": "--species is missing: mouse, quadruped",
    "s --species mouse": "name their folder with --videos",
    "taken --videos raw --species mouse": "has a folder config already",
    "raw/m1.mp4 --videos raw --species mouse": "is a file",
    "{s} --videos raw --species mouse": "braces",
    "s --videos tab --species mouse": "rename it",
    "s --videos latin --species mouse": "bytes that are no text",
    "s --videos raw --model models/cat/detector": "no network of poses",
    "s --videos raw --model half": "half/member-0: no network of poses",
    "s --videos raw --species mouse --model own": "--species mouse: the model speaks 'mine'",
    "s --videos raw --model nothing": "no folder, no file and no released network",
    "s --videos raw --model superanimal_quadruped_hrnet_w3": "did you mean",
    "s --videos raw --model empty": "no bundle.json",
    "s --videos raw --model models": "several models (cat, dog)",
    "s --videos raw --species bird --model models/cat": "the model speaks 'superanimal_top",
    "s --from raw --species mouse": "has no config.yaml",
    "s --from notes --species mouse": "names no bodyparts",
    "s --from wings --species mouse": "no body part is called like a keypoint",
    "s --from gone --species mouse": "none of the 2 videos of the project is there",
    "raw/m1.mp4/s --videos raw --species mouse": "cannot be written",
}


@pytest.mark.parametrize("typed", MISTAKES)
def test_every_mistake_is_one_sentence_and_nothing_is_written(home, capsys, typed):
    make_files(home, "taken/config/mine.txt", "mac/._a.mp4", "tab/a\tb.mp4")
    (home / "empty").mkdir()
    make_files(home, os.fsdecode(b"latin/m\xe4use.mp4"))
    make_model(home / "own", "mine")
    make_model(home / "half")
    (home / "half/member-0/bundle.json").write_text('{"space": {"name": "mine"}}')
    make_model(home / "models/cat")
    (home / "models/cat/detector/bundle.json").write_text("{}")
    make_model(home / "models/dog")
    make_project(home / "wings", ("qqq", "zzz"))
    (make_project(home / "gone") / "videos/m9.mp4").unlink()
    (home / "notes").mkdir()
    (home / "notes/config.yaml").write_text("models: {}\n")
    before = sorted(home.rglob("*"))
    assert MISTAKES[typed] in told_by(capsys, *typed.split())
    assert sorted(home.rglob("*")) == before


def test_the_launchers_own_name_stands_in_what_to_type_next(home, capsys, monkeypatch):
    monkeypatch.setitem(os.environ, "SUPERANIMAL_COMMAND", "./superanimal")
    make_model(home / "model")
    main(["init", "my study", "--videos", "raw", "--model", "model"])
    assert capsys.readouterr().out.splitlines()[-1].endswith(": ./superanimal run 'my study'")
