"""Students: what is refused, which videos they learn from, and that nothing goes round."""

from itertools import product
from pathlib import Path

import pytest
from test_graph import CONFIG, MOUSE, dataset, graph_of, video

from superanimal_core.study.overlay import overlaid
from superanimal_core.study.rule_settings import RuleSettings
from superanimal_core.study.student_graph import StudentGraph
from superanimal_core.study.student_settings import StudentSettings
from superanimal_core.study.students import (
    cohort,
    list_of_videos,
    student_doubts,
    student_mistakes,
    watched,
)
from superanimal_core.training.teaching import shares_of_batch

FAST = {"mouse": {"seeds": [0, 3]}, "fast": {"seeds": [0], "student_of": "mouse"}}
LABS = [dataset("lab", "pretrain")]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def students_of(videos=(), models=None, datasets=LABS, **sections):
    return StudentGraph(graph_of(videos, datasets, models or FAST, **sections))


def mistakes_of(models, datasets=LABS, videos=None):
    videos = [video("v")] if videos is None else videos
    study = graph_of(videos, datasets, models).study
    return student_mistakes(study.settings, study.videos, study.datasets)


def learn_from(graph):
    return cohort(graph.study.settings, graph.study.videos, "fast")


def test_a_student_is_its_teacher_again_but_one_network():
    own = {"a": {"space": MOUSE, "input_size_px": 192, "seeds": [3, 4], "pose_weights": "x.pt"}}
    own |= {"b": {"student_of": "a", "backbone": "lcnet_035"}, "c": {"space": MOUSE}}
    models = overlaid(CONFIG, {"models": own})["models"]
    expected = {"student_of": "a", "backbone": "lcnet_035", "seeds": [0], "pose_weights": None}
    assert models["b"] == models["a"] | expected
    assert models["c"]["seeds"] == CONFIG["models"]["mouse"]["seeds"]
    assert overlaid(CONFIG, {"models": own | {"b": own["b"] | {"seeds": [5, 6]}}})["models"]["b"][
        "seeds"
    ] == [5, 6]


def test_a_teacher_that_is_not_there_is_told_and_not_guessed():
    models = overlaid(CONFIG, {"models": {"b": {"student_of": "mouze"}}})["models"]
    told = mistakes_of({"mouse": {}, "b": models["b"]})
    assert told == [
        "config/config.yaml: models.b.student_of: no model 'mouze'; did you mean 'mouse'?"
    ]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"space": "superanimal_quadruped"}, "leave it out"),
        ({"pose_weights": "superanimal_x"}, "pose_weights"),
        ({"detector_weights": "whole_frame"}, "detector_weights"),
        ({"fine_tune": {"parent": "mouse", "mode": "naive"}}, "fine_tune"),
        ({"predictions": {"format": "eks", "space": MOUSE}}, "predictions"),
        ({"architecture": "pyramid_context"}, "write 'pyramid'"),
    ],
)
def test_a_student_takes_nothing_from_elsewhere(change, word):
    assert mistakes_of(FAST) == []
    told = mistakes_of(FAST | {"fast": FAST["fast"] | change}, [*LABS, *HORSES])
    assert len(told) == 1
    assert word in told[0]
    assert told[0].startswith("config/config.yaml: models.fast.")


HORSES = [dataset("horses", "pretrain", "superanimal_quadruped")]


def test_students_of_students_without_labels_and_without_videos_are_refused():
    chain = FAST | {"faster": {"student_of": "fast", "seeds": [0]}}
    assert "itself a student" in " ".join(mistakes_of(chain))
    assert "no data set with role 'pretrain'" in mistakes_of(FAST, [dataset("l", "evaluate")])[0]
    brought = {"predictions": {"format": "eks", "space": MOUSE}}
    assert "no networks" in " ".join(mistakes_of(FAST | {"mouse": brought}))
    other = [video("h", "horse")]
    horse = FAST | {"horse": {"space": "superanimal_quadruped"}}
    assert "no video has the model" in mistakes_of(horse, videos=other)[0]


@pytest.mark.parametrize(
    ("seeds", "model", "doubtful"),
    [
        ([0, 3], "fast", []),
        ([0, 3], "mouse", ["fast"]),
        ([3], "fast", ["mouse"]),
        ([3], "mouse", ["fast", "mouse"]),
    ],
)
def test_students_without_videos_and_teachers_of_one_network_are_doubtful(seeds, model, doubtful):
    models = FAST | {"mouse": {"seeds": seeds}, "lone": {"seeds": [0]}}  # which teaches nobody
    study = graph_of([video("v", model)], LABS, models).study
    told = dict(student_doubts(study.settings, study.videos))
    assert [*told] == doubtful
    advice = {"fast": "write 'fast' into the column 'model'", "mouse": "give it more seeds"}
    assert all(advice[name] in doubt for name, doubt in told.items())


def test_a_student_learns_from_the_labels_that_its_teacher_knew():
    rows = [dataset("old", "pretrain"), dataset("new", "fine_tune"), dataset("far", "evaluate")]
    names = [path.split("/")[2] for path in students_of(datasets=rows).labels("fast")]
    assert names == ["old"]
    tuned = FAST | {"tuned": {"fine_tune": {"parent": "mouse", "mode": "naive"}, "seeds": [1]}}
    tuned |= {"fast": {"student_of": "tuned"}}
    students = students_of(datasets=rows, models=tuned)
    assert [path.split("/")[2] for path in students.labels("fast")] == ["old", "new"]
    assert students.graph.detector("fast") == "results/models/mouse/detector"
    assert students.teachers("fast") == ["results/models/tuned/member-1"]


def test_the_videos_are_those_of_both_models_evenly_over_the_sheet():
    rows = [video(f"v{i}", ("mouse", "fast", "horse")[i % 3]) for i in range(30)]
    models = FAST | {"horse": {"space": "superanimal_quadruped"}}
    every = learn_from(graph_of(rows, LABS, models))
    assert every == [f"v{i}" for i in range(30) if i % 3 < 2]
    few = learn_from(graph_of(rows, LABS, models, distillation={"videos": 5}))
    assert few == [every[i] for i in (0, 4, 8, 12, 16)]


def settle(*names):
    path = Path(list_of_videos("fast"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{name}\n" for name in names))


def test_a_settled_list_stands_when_videos_come_and_go(tmp_path):
    settle("b", "a", "gone", "lost")
    (tmp_path / watched("fast", "gone")).mkdir(parents=True)
    graph = graph_of([video(name) for name in "abc"], LABS, FAST, distillation={"videos": 1})
    assert learn_from(graph) == ["b", "a", "gone"]
    assert StudentGraph(graph).videos_to_watch() == "b|a"  # no rule makes what stays as it is


def test_a_settled_video_of_a_third_model_teaches_no_more(tmp_path):
    """It was taken for a mouse, and shows a horse."""
    settle("b", "a")
    (tmp_path / watched("fast", "b")).mkdir(parents=True)
    models = FAST | {"horse": {"space": "superanimal_quadruped"}}
    graph = graph_of([video("a", "fast"), video("b", "horse")], LABS, models)
    assert learn_from(graph) == ["a"]


def files_of(students, graph):
    """What is made, and what it needs: of all that is between videos and the poses of a video."""
    rows = [("teaching", students.watched("fast"))]
    for path in students.watched("fast"):
        name = path.rsplit("/", 1)[1]
        needs = [graph.video(name).path, *students.teachers("fast"), graph.detector("fast")]
        rows.append((path, [*needs, *students.calibration_of_teacher("fast")]))
    learned = [*students.labels("fast"), "teaching", *students.watched("fast")]
    rows += [(member, learned) for member in graph.members("fast")]
    for model, calibration in product(
        ("fast", "mouse"), ("calibration.parquet", "held_out.parquet")
    ):
        rows.append((f"results/models/{model}/{calibration}", graph.members(model)))
    for name in graph.study.videos:
        seers = [*graph.members(graph.model_of(name)), *students.teachers_of_video(name)]
        rows.append((f"results/videos/{name}/predicted", [*seers, *students.trust(name)]))
    return rows


def test_nothing_that_is_known_of_a_video_comes_before_a_student():
    """All that a student needs, followed back: files of users, labels, the teacher."""
    graph = graph_of([video("a"), video("b", "fast")], LABS, FAST)
    students = StudentGraph(graph)
    made_of = dict(files_of(students, graph))
    pending, before = list(graph.members("fast")), set()
    while pending:
        for path in made_of.get(pending.pop(), []):
            if path not in before:
                before.add(path)
                pending.append(path)
    assert not [path for path in before if path.startswith("results/videos/")]
    assert not before & {*graph.members("fast")}
    assert {*graph.members("mouse"), "raw/a.mp4", "raw/b.mp4"} <= before


def test_only_the_videos_of_a_student_have_two_who_may_see_them():
    graph = graph_of([video("a"), video("b", "fast")], LABS, FAST)
    students, settings = StudentGraph(graph), RuleSettings(graph)
    assert students.teachers_of_video("a") == students.trust("a") == []
    assert students.calibrations_of_video("a") == ["results/models/mouse/calibration.parquet"]
    assert students.teachers_of_video("b") == graph.members("mouse")
    both = [f"results/models/{model}/calibration.parquet" for model in ("fast", "mouse")]
    assert students.trust("b") == students.calibrations_of_video("b") == both
    assert (settings.seers("a"), settings.seers("b")) == ("model", "student")
    assert StudentSettings(settings).probe("a") is None
    assert StudentSettings(settings).probe("b")["frames"] == CONFIG["distillation"]["probe_frames"]
    assert settings.code_of_prediction("a")["SEERS"] == "model"
    assert "SMOOTHERS" not in settings.code_of_prediction("a")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.7, 0.9])
def test_a_student_sees_labels_of_people_as_often_as_its_teacher(share):
    """Batches are shared out in whole animals: as often within one of them a step."""
    graph = graph_of([video("a", "fast")], LABS, FAST, distillation={"taught_share": share})
    training = StudentSettings(RuleSettings(graph)).training()
    usual = RuleSettings(graph).of("training")
    assert {**training, "steps": 0} == {**usual, "steps": 0}
    _, own = shares_of_batch(usual["batch"], share)
    seen = training["steps"] * own / usual["batch"]
    assert seen == pytest.approx(usual["steps"], rel=1 / (2 * own))
    assert training["steps"] * (1 - share) >= usual["steps"] > (training["steps"] - 1) * (1 - share)


def test_no_student_is_pretrained_fine_tuned_or_has_a_detector_of_its_own():
    graph = graph_of([video("a")], LABS, FAST)
    kinds = {"pose_weights": False, "fine_tune": False, "student_of": False}
    assert graph.models_whose(**kinds) == "mouse"
    assert graph.models_whose(student_of=True) == "fast"
    assert graph.detector("fast") == "results/models/mouse/detector"
    assert graph.study.unlabeled_of("fast") == []
