import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from made_exports import SPACE, exported

from superanimal_core.__main__ import main
from superanimal_core.formats.exports.from_tables import export_video, part_of
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.tables.parquet import write_failure
from superanimal_core.tables.pose_files import write_smoothed

MOUSE = "superanimal_topviewmouse"
TAUGHT = ("tail", "nose")
FAILURE = {"failure": {"stage": "probe_video", "reason": "torn"}}


def write_poses(study, video, individuals=("animal0",)):
    given = exported(individuals)
    path = study / f"results/videos/{video}/poses.parquet"
    write_smoothed(given.smoothed, path, {}, given.expected, taught=TAUGHT)
    return given


@pytest.fixture
def study(tmp_path):
    """Four videos: one animal, two animals, failed, not finished."""
    study = tmp_path / "study"
    (study / "config").mkdir(parents=True)
    (study / "raw/day2").mkdir(parents=True)
    rows = []
    for video in ("one", "two", "bad", "open"):
        (study / f"raw/{video}.mp4").touch()
        rows.append(f"raw/{video}.mp4\n")
    (study / "config/videos.tsv").write_text("path\n" + "".join(rows))
    (study / "config/config.yaml").write_text(yaml.safe_dump({"videos": "config/videos.tsv"}))
    write_poses(study, "one")
    write_poses(study, "two", ("a", "b"))
    write_failure(study / "results/videos/bad/poses.parquet", FAILURE)
    return study


def run(capsys, *arguments):
    code = main(["export", *map(str, arguments)])
    return code, capsys.readouterr()


def test_only_what_a_network_was_taught_is_given_away(study, capsys, tmp_path):
    code, said = run(capsys, study, "one", "--to", "deeplabcut_csv", "--output", tmp_path / "out")
    assert (code, said.err) == (0, "")
    table = pd.read_csv(tmp_path / "out/one.csv", header=[0, 1, 2], index_col=0)
    assert list(dict.fromkeys(table.columns.get_level_values(1))) == [*TAUGHT]
    nose = exported().xy_px[:, 0, SPACE.index("nose")] - 0.5
    np.testing.assert_allclose(table["superanimal"]["nose"][["x", "y"]], nose, atol=1e-3)


def test_programs_that_smooth_themselves_get_what_the_networks_said(study, capsys):
    assert run(capsys, study, "one", "--to", "keypoint_moseq")[0] == 0
    table = pd.read_hdf(study / "exports/keypoint_moseq/one.h5")
    raw = exported().smoothed.raw_xy_px[:, 0, 0] - 0.5
    np.testing.assert_allclose(table["superanimal"]["tail"][["x", "y"]], raw, atol=1e-3)


def test_all_are_exported_but_those_that_cannot_be_and_each_is_told(study, capsys):
    code, said = run(capsys, study, "--all", "--to", "anipose")
    assert code == 0
    assert "left out: two: anipose knows one animal, and 'two' has 2" in said.err
    assert "left out: bad: torn" in said.err
    assert "left out: open: not finished" in said.err
    assert "anipose of 1 video\n" in said.out
    assert [path.name for path in (study / "exports/anipose/pose-2d").iterdir()] == ["one.h5"]


def test_two_videos_of_one_file_name_do_not_overwrite_each_other(study, capsys):
    (study / "raw/day2/one.mp4").touch()
    rows = ["path\tvideo", "raw/one.mp4\tone", "raw/day2/one.mp4\tother", ""]
    (study / "config/videos.tsv").write_text("\n".join(rows))
    write_poses(study, "other")
    _, said = run(capsys, study, "--all", "--to", "simba")
    assert "left out: other: its file is called as that of one: one" in said.err
    _, said = run(capsys, study, "--all", "--to", "csv")
    assert said.err == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["onne", "--to", "csv"], "no video 'onne' in the study; did you mean 'one'?"),
        (["--to", "csv"], "name videos, or --all of them"),
        (["one", "--all", "--to", "csv"], "name videos, or --all of them"),
        (["open", "--to", "csv"], "no video could be exported"),
    ],
)
def test_mistakes_are_one_sentence(study, capsys, arguments, told):
    code, said = run(capsys, study, *arguments)
    assert code == 1
    assert told in said.err.replace(" (did you mean 'one'?)", "; did you mean 'one'?")


def test_bones_and_mirror_pairs_of_keypoints_that_stay_do_stay():
    space = part_of(SPACE, ("left_ear", "nose"))
    assert space == KeypointSpace("stick", ("left_ear", "nose"), (), (("nose", "left_ear"),))


def test_the_score_of_an_absent_keypoint_is_none(study):
    export_video(
        study / "results/videos/one/poses.parquet",
        study,
        "csv",
        video="x",
        file="x.mp4",
        noise_px2=1.0,
    )
    table = pd.read_csv(study / "x.csv")
    assert (table.score[table.x_px.isna()] == 0).all()
    assert table.x_px.isna().sum() == 2  # the tail and the nose in the frame without the animal
    assert len(pq.read_table(study / "results/videos/one/poses.parquet")) == 2 * len(table)


def test_no_prediction_of_the_study_is_overwritten(study, capsys):
    """one.csv is what DeepLabCut may have called it, and what the export is called."""
    (study / "dlc").mkdir()
    (study / "dlc/one.csv").write_text("theirs")
    settings = {"models": {"theirs": {"predictions": {"format": "deeplabcut", "space": MOUSE}}}}
    (study / "config/config.yaml").write_text(yaml.safe_dump(settings))
    (study / "config/videos.tsv").write_text("path\tpredictions\nraw/one.mp4\tdlc/one.csv\n")
    output = study / "raw/../dlc"
    code, said = run(capsys, study, "one", "--to", "deeplabcut_csv", "--output", output)
    assert code == 1
    assert f"export: {output}: holds predictions that the study is made of" in said.err
    assert (study / "dlc/one.csv").read_text() == "theirs"
    output = study / "dlc/new"
    assert run(capsys, study, "one", "--to", "deeplabcut_csv", "--output", output)[0] == 0


def test_a_folder_that_cannot_be_made_is_one_sentence(study, capsys):
    for output in (study / "raw/one.mp4", study / "raw/one.mp4/x"):
        code, said = run(capsys, study, "one", "--to", "csv", "--output", output)
        assert code == 1
        assert said.err.startswith(f"export: {output}: cannot be made a folder (")
        assert said.err.count("\n") == 1
