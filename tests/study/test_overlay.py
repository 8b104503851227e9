import copy
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.errors import ConfigError
from superanimal_core.study.effective_settings import write_settings
from superanimal_core.study.overlay import overlaid, read_complete
from superanimal_core.study.settings_document import check_text, settings_from_mapping

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = yaml.safe_load((ROOT / "config/config.yaml").read_text())
MOUSE = SHIPPED["models"]["mouse"]


def paths(mapping, above=()):
    """Key paths of everything outside `models` that is no mapping."""
    for key, value in mapping.items():
        if isinstance(value, dict) and value:
            yield from paths(value, (*above, key))
        else:
            yield (*above, key)


SINGLE = [path for path in paths(SHIPPED) if path[0] not in ("models", "behavior")]


def put(mapping, path, value):
    """Set one value in place, making the mappings on the way."""
    for key in path[:-1]:
        mapping = mapping.setdefault(key, {})
    mapping[path[-1]] = value


def complete(own, shipped=SHIPPED):
    return settings_from_mapping(overlaid(shipped, own), "config/config.yaml")


def mistakes_in(own, shipped=SHIPPED):
    with pytest.raises(ConfigError) as told:
        complete(own, shipped)
    return told.value.mistakes


def test_a_study_that_says_nothing_has_the_shipped_settings():
    assert complete({}) == settings_from_mapping(SHIPPED, "config/config.yaml")
    assert complete(SHIPPED) == complete({})


@given(st.dictionaries(st.sampled_from(SINGLE), st.one_of(st.integers(), st.none(), st.text())))
def test_what_is_said_is_changed_and_nothing_else(values):
    own, expected, before = {}, copy.deepcopy(SHIPPED), copy.deepcopy(SHIPPED)
    for path, value in values.items():
        put(own, path, value)
        put(expected, path, value)
    assert overlaid(SHIPPED, own) == expected
    assert before == SHIPPED


def test_a_list_takes_the_place_of_the_shipped_one():
    assert complete({"transfer": {"modes": ["naive"]}}).transfer.modes == ["naive"]


def test_null_is_a_value():
    shipped = copy.deepcopy(SHIPPED)
    shipped["smoothing"]["eks"]["strength"] = 3.0
    assert (
        complete({"smoothing": {"eks": {"strength": None}}}, shipped).smoothing.eks.strength is None
    )
    (mistake,) = mistakes_in({"training": None})
    assert mistake.startswith("config/config.yaml: training: read None")


def test_models_are_those_of_the_study_alone():
    settings = complete({"models": {"fly": {"space": "fly", "seeds": [7]}}})
    assert list(settings.models) == ["fly"]
    expected = MOUSE | {"space": "fly", "seeds": [7]}
    assert settings.models["fly"].model_dump(mode="json") == expected


def test_a_model_of_a_shipped_name_is_that_model_but_for_what_is_said():
    settings = complete({"models": {"mouse": {"seeds": [3]}}})
    assert settings.models["mouse"].model_dump(mode="json") == MOUSE | {"seeds": [3]}


def test_a_model_of_another_name_takes_neither_space_nor_weights_of_the_shipped_one():
    shipped = copy.deepcopy(SHIPPED)
    shipped["models"]["mouse"] |= {
        "pose_weights": "a.pt",
        "detector_weights": "b.pt",
        "fine_tune": {"parent": "x", "mode": "naive"},
        "initial_weights": "c.npz",
        "backbone": "lcnet_050",
    }
    fly = complete({"models": {"fly": {"space": "fly"}}}, shipped).models["fly"]
    assert fly.backbone == "lcnet_050"
    assert {fly.pose_weights, fly.detector_weights, fly.fine_tune, fly.initial_weights} == {None}
    (mistake,) = mistakes_in({"models": {"fly": {}}})
    assert mistake.startswith("config/config.yaml: models.fly.space: missing; add it")


def test_a_spaces_behaviors_are_replaced_and_those_of_other_spaces_stay():
    rear = SHIPPED["behavior"]["definitions"]["superanimal_quadruped"]["rear"]
    own = {"behavior": {"definitions": {"superanimal_topviewmouse": {"rear": rear}}}}
    found = complete(own).behavior.definitions
    assert list(found["superanimal_topviewmouse"]) == ["rear"]
    assert (
        found["superanimal_quadruped"] == complete({}).behavior.definitions["superanimal_quadruped"]
    )


def test_a_space_of_the_study_stands_beside_the_shipped_ones():
    own = {"gait": {"limbs": {"fly": ["l1", "r1"]}}}
    assert set(complete(own).gait.limbs) == {"fly", *SHIPPED["gait"]["limbs"]}


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"trainings": {}}, "trainings: unknown key; did you mean 'training'?"),
        ({"training": {"step": 3}}, "training.step: unknown key; did you mean 'steps'?"),
        ({"models": {"mouse": {"seed": 3}}}, "models.mouse.seed: unknown key; did you mean 'seeds"),
        (
            {"models": {"m": {"space": "s", "sedes": 3}}},
            "models.m.sedes: unknown key; did you mean",
        ),
        ({"models": {"m": 3}}, "models.m: read 3; a section belongs there, with space"),
        ({"models": None}, "models: read None; input should be a valid dictionary"),
        ({"quality": []}, "quality: read []; a section belongs there, with min_score"),
        ([], "expected a mapping of sections, read []"),
    ],
)
def test_mistakes_are_told_as_in_a_complete_file(own, told):
    (mistake,) = mistakes_in(own)
    assert mistake.startswith(f"config/config.yaml: {told}")


def test_a_workflow_whose_own_file_was_shortened_says_what_it_lacks():
    shipped = copy.deepcopy(SHIPPED)
    del shipped["training"]["steps"]
    (mistake,) = mistakes_in({"report": {"title": "x"}}, shipped)
    assert "training.steps: missing; add it" in mistake
    assert "beside the Snakefile" in mistake
    assert complete({"training": {"steps": 5}}, shipped).training.steps == 5


@pytest.mark.parametrize("models", [{}, None, "mouse", {"mouse": 3}])
def test_a_workflow_with_broken_models_ends_in_no_traceback(models):
    told = mistakes_in({"models": {"fly": {"space": "fly"}}}, SHIPPED | {"models": models})
    assert all(mistake.startswith("config/config.yaml: models.fly.") for mistake in told)


@pytest.mark.parametrize("name", ["demo/config.yaml", "demo/real.yaml"])
def test_the_demos_are_short_and_right(name):
    text = (ROOT / name).read_text()
    settings = settings_from_mapping(read_complete(ROOT / name), name)
    own = yaml.safe_load(text)
    assert settings.training.steps == own["training"]["steps"] != SHIPPED["training"]["steps"]
    repeated = [
        p for p in paths(own) if p[0] != "models" and value_at(own, p) == value_at(SHIPPED, p)
    ]
    assert not repeated


def test_the_example_in_the_manual_is_a_whole_study_and_differs_where_it_says():
    example = (ROOT / "config/README.md").read_text().split("```yaml\n")[1].split("```")[0]
    settings = complete(yaml.safe_load(example))
    assert settings.training.steps == 5000
    assert settings.models["mouse"].seeds == [0, 1]


def value_at(mapping, path):
    for key in path:
        mapping = mapping[key]
    return mapping


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "config.yaml").write_text("a: [")
    with pytest.raises(ConfigError, match=r"config.yaml: line 1"):
        read_complete(tmp_path / "config.yaml")


def test_the_effective_settings_are_a_configuration_with_the_same_settings(tmp_path):
    path = tmp_path / "results/settings.yaml"
    own = {"training": {"learning_rate": 1e-5}, "report": {"title": "Mäuse: 1e5, yes"}}
    own["training_jobs"] = {"slurm": {"account": "0123", "comment": "on"}}
    settings = complete(own)
    write_settings(settings, path)
    check_text(path)
    assert settings_from_mapping(yaml.safe_load(path.read_text("utf-8")), str(path)) == settings


def test_the_effective_settings_are_written_only_when_they_changed(tmp_path):
    path = tmp_path / "settings.yaml"
    write_settings(complete({}), path)
    before = path.stat()
    write_settings(complete({}), path)
    assert path.stat().st_ino == before.st_ino
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    write_settings(complete({"training": {"steps": 5}}), path)
    assert "steps: 5\n" in path.read_text()
    assert list(tmp_path.iterdir()) == [path]
