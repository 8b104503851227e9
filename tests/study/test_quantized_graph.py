"""int8 asks for networks of its own, and where it is not asked for nothing is another."""

import pytest
from test_graph import MOUSE, dataset, graph_of, video

from superanimal_core.study.engine_mistakes import unlabeled_mistakes
from superanimal_core.study.quantized_graph import QuantizedGraph, QuantizedSettings
from superanimal_core.study.rule_settings import RuleSettings
from superanimal_core.study.student_graph import StudentGraph
from superanimal_core.study.student_settings import StudentSettings

MODELS = {"mouse": {"seeds": [0, 3]}, "fast": {"seeds": [0], "student_of": "mouse"}}
VIDEOS = [video("a"), video("b", "fast")]
LABS = [dataset("lab", "pretrain"), dataset("own", "fine_tune"), dataset("new", "evaluate")]
EIGHT = {"inference": {"precision": "int8", "engine": "openvino"}}


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def both_of(videos=VIDEOS, models=None, datasets=LABS, **sections):
    graph = graph_of(videos, datasets, models or MODELS, **sections)
    rules = RuleSettings(graph)
    students = StudentSettings(rules)
    return QuantizedGraph(StudentGraph(graph)), QuantizedSettings(students), rules


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("engine", ["torch", "openvino"])
@pytest.mark.parametrize("name", ["a", "b"])
def test_other_precisions_are_as_they_were(precision, engine, name):
    graph, settings, rules = both_of(inference={"precision": precision, "engine": engine})
    assert graph.trust(name) == graph.students.trust(name)
    assert settings.seers(name) == rules.seers(name)
    assert settings.code(name) == rules.code_of_prediction(name)
    assert settings.judged_by(name) == settings.students.probe(name)
    whole = {key: v for key, v in rules.all["inference"].items() if key != "chunk_frames"}
    assert settings.inference() == rules.inference() == whole
    assert whole["precision"] == precision


def test_a_video_waits_for_its_networks_in_int8():
    graph, settings, _ = both_of(**EIGHT)
    mouse = [f"results/models/mouse/quantized/member-{seed}" for seed in (0, 3)]
    assert graph.trust("a") == mouse
    calibrations = graph.students.trust("b")
    assert len(calibrations) == 2
    fast = ["results/models/fast/quantized/member-0"]
    assert graph.trust("b") == [*calibrations, *fast, *mouse]
    assert (settings.seers("a"), settings.seers("b")) == ("quantized_model", "quantized_student")


def test_what_is_judged_and_how_is_told_to_who_sees():
    _, settings, rules = both_of(**EIGHT)
    assert settings.judged_by("a") == {"engine": "openvino"}
    assert settings.judged_by("b") == {**settings.students.probe("b"), "engine": "openvino"}
    assert settings.code("a")["SEERS"] == "quantized_model"
    assert settings.code("b") == rules.code_of_prediction("b") | {"SEERS": "quantized_student"}


def test_all_other_jobs_compute_in_float32():
    _, settings, rules = both_of(**EIGHT)
    assert rules.of("inference", "batch", "precision")["precision"] == "float32"
    assert (rules.inference()["precision"], rules.inference()["engine"]) == ("float32", "openvino")
    seen = settings.inference()
    assert (seen["precision"], seen["engine"]) == ("float32", "torch")
    assert rules.all["inference"]["precision"] == "int8"
    assert rules.of("training")["precision"] == "float32"


def test_a_network_in_int8_needs_the_labels_that_it_learned_from():
    tuned = {"seeds": [0], "fine_tune": {"parent": "mouse", "mode": "naive"}}
    graph, _, _ = both_of(models=MODELS | {"tuned": tuned}, **EIGHT)
    for model, of in {"mouse": "lab", "fast": "lab", "tuned": "own"}.items():
        assert graph.labels(model) == [f"results/datasets/{of}/unified.parquet"]


def test_weights_from_elsewhere_are_calibrated_on_any_labels_of_their_space():
    models = {"mouse": {"seeds": [0], "pose_weights": "x.pt", "detector_weights": "y.pt"}}
    graph, _, _ = both_of([video("a")], models, [dataset("new", "evaluate")], **EIGHT)
    assert graph.labels("mouse") == ["results/datasets/new/unified.parquet"]


@pytest.mark.parametrize(
    ("precision", "datasets", "seen_by", "is_told"),
    [
        ("int8", [], ["mouse"], True),
        ("int8", [dataset("cats", "evaluate", "superanimal_quadruped")], ["mouse"], True),
        ("int8", [dataset("new", "evaluate")], ["mouse"], False),
        ("int8", [], [], False),
        ("float32", [], ["mouse"], False),
    ],
)
def test_a_model_without_labeled_pictures_is_told(precision, datasets, seen_by, is_told):
    models = {"mouse": {"seeds": [0], "pose_weights": "x.pt", "detector_weights": "y.pt"}}
    study = graph_of(
        [], datasets, models, inference={"precision": precision, "engine": "openvino"}
    ).study
    told = unlabeled_mistakes(study.settings, study.datasets, seen_by)
    assert len(told) == is_told
    for mistake in told:
        assert f"has none in '{MOUSE}' for model 'mouse'" in mistake
        assert "or write float32" in mistake
