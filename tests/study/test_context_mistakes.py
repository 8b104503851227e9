"""Models that look at neighboring frames: what they are built from, and what they cannot do."""

import pytest
from test_graph import CONFIG, TUNED, Paths, dataset, graph_of, video
from test_study import (
    SPACE,
    WORKFLOW,
    config,  # noqa: F401  # a fixture
    mistakes_of,
    write_datasets,
    write_videos,
)

from superanimal_core.network.bundle import ARCHITECTURES
from superanimal_core.study.graph import Graph
from superanimal_core.study.rule_settings import RuleSettings
from superanimal_core.study.study import read_study

CONTEXT = {"mouse": {"architecture": "pyramid_context"}}


@pytest.mark.parametrize("name", ["pyramid", "hrnet", "tokenpose", "vit"])
def test_each_architecture_with_context_is_built_from_the_same_settings(name):
    alone, beside = (
        RuleSettings(graph_of(models={"mouse": {"architecture": of}})).network("mouse")
        for of in (name, f"{name}_context")
    )
    assert beside == alone | {"architecture": f"{name}_context"}
    assert beside["architecture"] in ARCHITECTURES


def test_context_is_learned_where_the_network_has_it():
    graph = graph_of([video("v", "tuned")], [dataset("a", "pretrain")], TUNED | CONTEXT)
    settings = RuleSettings(graph)
    for code in (settings.code_of_model("mouse"), settings.code_of_video("v")):
        assert code["LESSONS"] == "labels_and_neighbors"
        assert code["ARCHITECTURES"] == "pyramid_context"
    assert settings.pretraining_of("mouse") == CONFIG["training"]


@pytest.fixture
def looking(config):  # noqa: F811
    """A study of a model that looks at neighboring frames, and of one that does not."""
    config["models"]["other"] = config["models"]["mouse"].copy()
    config["models"]["mouse"]["architecture"] = "pyramid_context"
    config["adaptation"]["enabled"] = False
    return config


def test_context_is_no_mistake(looking):
    read_study(looking, WORKFLOW)


def test_what_does_not_go_together_with_context_is_told_before_any_job(looking):
    looking["adaptation"]["enabled"] = looking["inference"]["compiled"] = True
    adaptation, compiled = mistakes_of(looking)
    assert "adaptation.enabled: model 'mouse' looks at neighboring frames" in adaptation
    assert "inference.compiled: model 'mouse' looks at neighboring frames" in compiled


@pytest.mark.parametrize("described", ['{"architecture": "hrnet_context"}', "{torn", "[]"])
def test_a_brought_network_says_itself_that_it_has_context(looking, tmp_path, described):
    brought = tmp_path / "somebodys"
    brought.mkdir()
    (brought / "bundle.json").write_text(described)
    looking["models"]["mouse"] |= {"architecture": "pyramid", "seeds": [0]}
    looking["models"]["mouse"]["pose_weights"] = str(brought)
    looking["inference"]["compiled"] = True
    if "architecture" not in described:
        read_study(looking, WORKFLOW)
        return
    [mistake] = mistakes_of(looking)
    assert "inference.compiled: model 'mouse' looks at neighboring frames" in mistake


def test_a_tuned_model_has_its_parents_context(looking):
    looking["models"]["other"]["fine_tune"] = {"parent": "mouse", "mode": "naive"}
    write_datasets(
        *(f"{name}\traw/lab\tcoco\t{SPACE}\t{name}" for name in ("pretrain", "fine_tune"))
    )
    write_videos("raw/a.mp4\tother", columns="path\tmodel")
    looking["adaptation"]["enabled"] = True
    [mistake] = [told for told in mistakes_of(looking) if "conversion" not in told]
    assert "model 'other' looks at neighboring frames" in mistake


def test_a_model_without_videos_is_not_adapted(looking):
    write_videos("raw/a.mp4\tother", columns="path\tmodel")
    looking["adaptation"]["enabled"] = True
    read_study(looking, WORKFLOW)


def test_unlabeled_videos_teach_it_too(looking):
    del looking["models"]["other"]
    looking["models"]["mouse"]["detector_weights"] = "whole_frame"
    looking["unlabeled"]["enabled"] = True
    write_datasets(
        f"lab\traw/lab\tcoco\t{SPACE}\tpretrain\traw/*.mp4",
        columns="dataset\tpath\tformat\tspace\trole\tunlabeled_videos",
    )
    graph = Graph(read_study(looking, WORKFLOW), Paths())
    assert RuleSettings(graph).code_of_model("mouse")["LESSONS"] == "neighbors_and_videos"


def test_a_transformer_with_context_needs_a_backbone_as_one_without(looking):
    looking["models"]["mouse"]["architecture"] = "vit_context"
    mistakes = mistakes_of(looking)
    assert any("is no plain vision transformer, which architecture" in told for told in mistakes)
    assert any("no detector can stand on a vision transformer" in told for told in mistakes)
    looking["models"]["mouse"]["architecture"] = "hrnet_context"
    assert any("is no HRNet" in told for told in mistakes_of(looking))


def test_a_detector_starts_from_the_first_member_with_context_too():
    graph = graph_of(models=CONTEXT | {"mouse": CONTEXT["mouse"] | {"seeds": [4]}})
    assert graph.start_of_detector("mouse") == "results/models/mouse/member-4"
