"""Which videos a model learns from without labels, and what of it cannot be."""

from pathlib import Path

import pytest
from test_graph import HORSE, MOUSE, TUNED, dataset, graph_of, video
from test_study import SPACE, TABLE, WORKFLOW, config, mistakes_of, write_datasets  # noqa: F401  # a fixture

from superanimal_core.study.graph import Original
from superanimal_core.study.rule_settings import RuleSettings
from superanimal_core.study.study import read_study

ROLES = (("lab", "pretrain"), ("own", "fine_tune"))
WITH_TABLE = "dataset\tpath\tformat\tspace\trole\tunlabeled_videos\tconversion"
COLUMNS = "dataset\tpath\tformat\tspace\trole\tunlabeled_videos"


def with_unlabeled(graph, **files):
    object.__setattr__(graph.study, "unlabeled", files)
    return graph


def test_a_model_learns_from_the_videos_of_the_data_sets_it_is_trained_on():
    rows = [
        dataset("a", "pretrain"),
        dataset("b", "pretrain"),
        dataset("horses", "pretrain", HORSE),
        dataset("own", "fine_tune"),
        dataset("tested", "evaluate"),
    ]
    graph = with_unlabeled(
        graph_of((), rows, TUNED),
        a=["2.mp4", "1.mp4"],
        b=["1.mp4"],
        horses=["h.mp4"],
        own=["o.mp4"],
        tested=["t.mp4"],
    )
    expected = [Original(f"{name}.mp4", f"file:{name}.mp4") for name in "12"]
    assert graph.unlabeled_videos("mouse") == expected
    assert graph.unlabeled_videos("tuned") == [Original("o.mp4", "file:o.mp4")]


def test_the_videos_that_are_looked_at_are_those_of_the_sheet_and_those_without_a_row():
    rows = [dataset("a", "pretrain"), dataset("b", "pretrain")]
    videos = [video("v"), video("w")]
    graph = with_unlabeled(graph_of(videos, rows), a=["1.mp4", "raw/v.mp4"], b=["1.mp4"])
    assert graph.local_videos() == ["raw/v.mp4", "raw/w.mp4", "1.mp4"]


def test_without_unlabeled_videos_a_training_is_given_what_it_always_was():
    rows = [dataset("a", "pretrain"), dataset("own", "fine_tune")]
    settings = RuleSettings(graph_of((), rows, TUNED))
    assert settings.pretraining_of("mouse") == settings.of("training")
    assert settings.fine_tuning_of("tuned") == settings.fine_tuning("naive")
    assert settings.graph.unlabeled_videos("mouse") == []


def test_with_them_it_is_given_the_losses_and_the_mirrors_of_its_space():
    views = {"mirrors": {MOUSE: ["top", "bot"]}}
    rows = [dataset("a", "pretrain"), dataset("own", "fine_tune")]
    graph = with_unlabeled(graph_of((), rows, TUNED), a=["1.mp4"])
    shipped = RuleSettings(graph)
    assert shipped.pretraining_of("mouse")["unlabeled"]["mirrors"] == []
    assert shipped.code_of_model("mouse")["LESSONS"] == "labels_and_videos"
    assert shipped.code_of_model("tuned")["LESSONS"] == "labels"
    assert "unlabeled" not in shipped.fine_tuning_of("tuned")
    shipped.all["smoothing"]["views"] |= views
    given = shipped.pretraining_of("mouse")
    assert given["unlabeled"] == shipped.of("unlabeled") | {"mirrors": ["top", "bot"]}
    assert {k: v for k, v in given.items() if k != "unlabeled"} == shipped.of("training")


@pytest.fixture
def learning(config):  # noqa: F811
    """The same study, which learns from whole frames of its videos."""
    del config["models"]["other"]
    config["models"]["mouse"]["detector_weights"] = "whole_frame"
    config["unlabeled"]["enabled"] = True
    name_videos("raw/*.mp4")
    return config


def name_videos(cell):
    write_datasets(f"lab\traw/lab\tcoco\t{SPACE}\tpretrain\t{cell}", columns=COLUMNS)


@pytest.mark.parametrize(
    ("cell", "files"),
    [
        ("raw/*.mp4", ["raw/a.mp4", "raw/b.mp4"]),
        ("raw/**/*.mp4", ["raw/a.mp4", "raw/b.mp4", "raw/sub/c 1.mp4"]),
        ("raw/sub/c 1.mp4", ["raw/sub/c 1.mp4"]),
    ],
)
def test_a_cell_is_a_file_or_a_pattern(learning, cell, files):
    name_videos(cell)
    assert read_study(learning, WORKFLOW).unlabeled == {"lab": files}


def test_a_file_that_is_there_is_never_taken_for_a_pattern(learning):
    Path("raw/[ab].mp4").touch()
    name_videos("raw/[ab].mp4")
    assert read_study(learning, WORKFLOW).unlabeled == {"lab": ["raw/[ab].mp4"]}


def test_what_is_not_enabled_is_not_looked_for(learning):
    learning["unlabeled"]["enabled"] = False
    name_videos("raw/nothing.mp4")
    assert read_study(learning, WORKFLOW).unlabeled == {}


def test_a_file_that_is_not_there_is_told(learning):
    name_videos("raw/nothing.mp4")
    first, second = mistakes_of(learning)
    assert first == (
        "config/datasets.tsv: row 2: unlabeled_videos: no file raw/nothing.mp4; mend it or empty "
        "the cell"
    )
    assert "no model has a data set with unlabeled_videos" in second


def test_a_study_that_names_no_videos_is_told(learning):
    name_videos("")
    (mistake,) = mistakes_of(learning)
    assert "unlabeled.enabled, but no model has a data set" in mistake


def test_a_model_with_a_detector_is_told(learning):
    learning["models"]["mouse"]["detector_weights"] = None
    (mistake,) = mistakes_of(learning)
    assert "write detector_weights: whole_frame, or empty the column" in mistake


def test_a_tuned_model_sees_whole_frames_where_its_parent_does(learning):
    tuned = {"detector_weights": None, "fine_tune": {"parent": "mouse", "mode": "naive"}}
    learning["models"]["tuned"] = learning["models"]["mouse"] | tuned
    rows = [f"{name}\traw/lab\tcoco\t{SPACE}\t{role}" for name, role in ROLES]
    write_datasets(f"{rows[0]}\t\t{TABLE}", f"{rows[1]}\traw/a.mp4\t{TABLE}", columns=WITH_TABLE)
    study = read_study(learning, WORKFLOW)
    assert study.unlabeled_of("tuned") == ["raw/a.mp4"]
    assert study.unlabeled_of("mouse") == []
    learning["models"]["mouse"]["detector_weights"] = None
    (mistake,) = mistakes_of(learning)
    assert "model 'tuned' would learn from unlabeled_videos" in mistake


def test_views_without_mirrors_are_told(learning):
    learning["unlabeled"]["view_pca"] = {"log_weight": 11.0, "epsilon_px": None}
    (mistake,) = mistakes_of(learning)
    assert f"smoothing.views.mirrors: nothing about '{SPACE}'" in mistake


def test_a_keypoint_that_the_space_lacks_is_told(learning):
    learning["unlabeled"]["pose_pca"]["keypoints"] = {SPACE: ["nose", "nosse"]}
    (mistake,) = mistakes_of(learning)
    assert mistake.endswith(f"unlabeled.pose_pca.keypoints.{SPACE}: unknown keypoint 'nosse'")
