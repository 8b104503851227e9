"""Models without networks: what is wrong with their sheet and settings, told before any job."""

from pathlib import Path

import pandas as pd
import pytest

from superanimal_core.errors import ConfigError
from superanimal_core.study.labeled_predictions import labeled_predictions
from superanimal_core.study.study import read_study

WORKFLOW = Path(__file__).resolve().parents[2]
SPACE = "superanimal_topviewmouse"
THEIRS = {"predictions": {"format": "deeplabcut", "space": SPACE}}


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Three videos, and a table of one network for each, in the working directory."""
    monkeypatch.chdir(tmp_path)
    for folder in ("raw", "dlc", f"config/keypoints/{SPACE}"):
        Path(folder).mkdir(parents=True)
    Path("config/datasets.tsv").write_text("dataset\tpath\tformat\tspace\trole\n")
    for name in ("a", "b", "c"):
        Path(f"raw/{name}.mp4").touch()
        write_table(f"dlc/{name}.csv", "nose", "tail_base")
    write_videos("raw/a.mp4\tdlc/a.csv", "raw/b.mp4\tdlc/b.csv")


def write_table(path, *keypoints):
    names = ["scorer", "bodyparts", "coords"]
    columns = pd.MultiIndex.from_product([["n"], keypoints, ["x", "y", "likelihood"]], names=names)
    pd.DataFrame([[1.0] * len(columns)], columns=columns).to_csv(path)


def write_videos(*rows, columns="path\tpredictions"):
    Path("config/videos.tsv").write_text("\n".join([columns, *rows, ""]))


def read(**models):
    return read_study({"models": models or {"theirs": THEIRS}}, WORKFLOW)


def mistakes(**models):
    with pytest.raises(ConfigError) as caught:
        read(**models)
    return caught.value.mistakes


def test_files_stand_alone_with_semicolons_or_as_a_pattern(study):
    Path("dlc/one;two.csv").write_text(Path("dlc/c.csv").read_text())
    write_videos(
        "raw/a.mp4\tdlc/a.csv; dlc/b.csv", "raw/b.mp4\tdlc/[c].*", "raw/c.mp4\tdlc/one;two.csv"
    )
    found = {name: row.predictions for name, row in read().videos.items()}
    assert found == {
        "a": ("dlc/a.csv", "dlc/b.csv"),
        "b": ("dlc/c.csv",),
        "c": ("dlc/one;two.csv",),
    }


def test_the_space_of_a_model_is_that_of_its_predictions(study):
    assert read().settings.models["theirs"].space == SPACE
    assert read(mouse=THEIRS).settings.models["mouse"].predictions.format == "deeplabcut"
    (told,) = mistakes(theirs=THEIRS | {"space": "superanimal_quadruped"})
    assert "predictions.space 'superanimal_topviewmouse'; leave the first out" in told


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("raw/a.mp4\tdlc/z.csv", "row 2: predictions: no file dlc/z.csv"),
        ("raw/a.mp4\tdlc/z*.csv", "row 2: predictions: no file dlc/z*.csv"),
        ("raw/a.mp4\t", "video 'a': model 'theirs' has no networks"),
        ("raw/*.mp4\tdlc/a.csv", "the videos 'a' and 'b' both have the predictions dlc/a.csv"),
        ("raw/a.mp4\traw/b.mp4", "raw/b.mp4 ends in none of .csv, .h5"),
    ],
)
def test_a_wrong_cell_is_told(study, row, told):
    write_videos(row)
    found = mistakes()
    assert told in found[0]


def test_networks_and_predictions_in_one_model_are_told(study):
    (told,) = mistakes(theirs=THEIRS | {"detector_weights": "whole_frame"})
    assert "predictions come from files, so that detector_weights has no meaning" in told
    Path("m.pt").touch()
    given = {
        "space": SPACE,
        "pose_weights": "m.pt",
        "detector_weights": "whole_frame",
        "seeds": [0],
    }
    told = mistakes(ours=given)
    assert "video 'a' has predictions, but model 'ours' has networks" in told[0]
    tuned = {"space": SPACE, "fine_tune": {"parent": "theirs", "mode": "naive"}}
    assert any(
        "'theirs' has predictions and no network" in m for m in mistakes(theirs=THEIRS, t=tuned)
    )


def test_keypoints_that_the_space_lacks_are_told_with_what_is_meant(study):
    write_table("dlc/a.csv", "nose", "tailbase")
    (told,) = mistakes()
    assert "no 'tailbase'; did you mean 'tail_base'?" in told.replace(" (did", "; did").replace(
        "?)", "?"
    )
    table = Path(f"config/keypoints/{SPACE}/theirs.tsv")
    table.write_text("source\tunified\nnose\tnose\n")
    (told,) = mistakes()
    assert "the keypoint 'tailbase' of 'a.csv' has no row" in told
    table.write_text("source\tunified\nnose\tnose\ntailbase\ttail_base\n")
    assert read()


def test_a_file_that_cannot_be_read_stops_nothing_before_its_video(study):
    Path("dlc/a.csv").write_text("hello\n")
    assert read()
    write_table("dlc/b.csv", "hat")
    assert "dlc/b.csv: keypoint space" in mistakes()[0]


def test_videos_are_found_in_the_names_of_labeled_pictures(study):
    for folder in ("lab/labeled-data/a", "lab/labeled-data/other"):
        Path(folder).mkdir(parents=True)
        Path(folder, "img01.png").touch()
    Path(f"config/keypoints/{SPACE}/lab.tsv").write_text("source\tunified\nnose\tnose\n")
    sheet = "dataset\tpath\tformat\tspace\trole\nlab\tlab\tdeeplabcut\t" + SPACE
    Path("config/datasets.tsv").write_text(f"{sheet}\tevaluate\n")
    assert labeled_predictions(read(), "theirs") == {"a": "results/videos/a/predicted"}
    Path("config/datasets.tsv").write_text(f"{sheet}\tpretrain\n")
    assert labeled_predictions(read(), "theirs") == {}
