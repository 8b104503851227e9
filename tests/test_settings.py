import copy
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from superanimal_core.behavior.actions import definitions_from_mapping
from superanimal_core.errors import ConfigError
from superanimal_core.settings import (
    AugmentSettings,
    TrainingSettings,
)
from superanimal_core.study.settings_document import settings_from_mapping

CONFIG = Path(__file__).resolve().parents[1] / "config/config.yaml"
SHIPPED = yaml.safe_load(CONFIG.read_text())


def changed(path, value):
    """The shipped settings with one value changed, named by its key path."""
    settings = copy.deepcopy(SHIPPED)
    section = settings
    *keys, last = path.split(".")
    for key in keys:
        section = section[key]
    section[last] = value
    return settings


def mistakes_in(mapping):
    with pytest.raises(ConfigError) as told:
        settings_from_mapping(mapping, "config/config.yaml")
    return told.value.mistakes


def test_the_shipped_settings_are_right_and_complete():
    settings = settings_from_mapping(SHIPPED, "config/config.yaml")
    assert set(SHIPPED) == set(type(settings).model_fields)
    assert settings.training.steps == SHIPPED["training"]["steps"]


def test_settings_cannot_be_changed():
    settings = settings_from_mapping(SHIPPED, "config/config.yaml")
    with pytest.raises(ValidationError):
        settings.training.steps = 1


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("trainings", "training"),
        ("training.step", "steps"),
        ("models.mouse.backbon", "backbone"),
        ("features.anatomy.superanimal_topviewmouse.frontt", "front"),
        ("report.titlle", "title"),
    ],
)
def test_an_unknown_key_is_told_with_the_nearest_known_one(path, nearest):
    (mistake,) = mistakes_in(changed(path, 1))
    assert mistake == f"config/config.yaml: {path}: unknown key; did you mean '{nearest}'?"


def test_an_unknown_key_that_is_near_to_none_is_told_with_all_known_ones():
    (mistake,) = mistakes_in(changed("inference.zzzzzz", 1))
    assert "inference.zzzzzz: unknown key; known are batch, precision" in mistake


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("training.steps", "many", "read 'many'; input should be a valid integer"),
        ("training.steps", 0, "read 0; input should be greater than or equal to 1"),
        ("training.steps", 2.5, "read 2.5; input should be a valid integer"),
        ("training.learning_rate", -1, "read -1; input should be greater than 0"),
        ("training.learning_rate", float("nan"), "read NaN; input should be a finite number"),
        ("training.learning_rate", float("inf"), "read inf; input should be a finite number"),
        ("unlabeled.temporal.log_weight", -2000, "read -2000; input should be greater than"),
        ("unlabeled.temporal", True, "read True; a section belongs there, with log_weight, epsi"),
        ("training.masking", "perhaps", "read 'perhaps'; input should be a valid boolean"),
        ("training.precision", "float16", "read 'float16'; input should be 'float32' or"),
        ("labels.test_fraction", 1.5, "read 1.5; input should be less than or equal to 1"),
        ("network.stride_px", 3, "read 3; input should be 2, 4 or 8"),
        ("models.mouse.input_size_px", 100, "read 100; input should be a multiple of 32"),
        ("models.mouse.seeds", [], "read []; list should have at least 1 item"),
        ("training.steps", True, "read True; a number belongs there, no yes or no"),
        ("training.weight_decay", False, "read False; a number belongs there, no yes or no"),
        ("detector.every_frames", 0, "read 0; input should be a whole number from 1 on, or auto"),
        ("detector.every_frames", 1.5, "read 1.5; input should be a whole number from 1"),
        ("detector.every_frames", True, "read True; input should be a whole number from 1"),
        ("detector.every_frames", "1e1", "read '1e1'; input should be a whole number from 1"),
        ("detector.every_frames", "never", "read 'never'; input should be a whole number"),
        ("models", {}, "read {}; dictionary should have at least 1 item"),
        ("training", None, "read None; a section belongs there, with masking, steps"),
    ],
)
def test_a_wrong_value_is_told_with_its_key_and_what_was_read(path, value, told):
    mistakes = mistakes_in(changed(path, value))
    assert mistakes[0].startswith(f"config/config.yaml: {path}: {told}")


@pytest.mark.parametrize("given", [1, 25, 10.0, "auto"])
def test_the_detector_looks_at_every_nth_frame_or_where_needed(given):
    settings = settings_from_mapping(changed("detector.every_frames", given), "config/config.yaml")
    assert settings.detector.every_frames == given


def leaves(mapping, path=()):
    for key, value in mapping.items():
        yield (*path, key)
        if isinstance(value, dict) and path[:1] not in (("gait",), ("features",), ("behavior",)):
            yield from leaves(value, (*path, key))


FIXED = [path for path in leaves(SHIPPED) if path[:1] not in (("behavior",),) and len(path) <= 2]
FIXED = [p for p in FIXED if p[0] != "models" or len(p) == 1]


@given(st.lists(st.sampled_from(FIXED), min_size=1, max_size=6, unique=True))
def test_every_missing_key_is_told(paths):
    settings = copy.deepcopy(SHIPPED)
    outer = {path for path in paths if len(path) == 1}
    paths = [path for path in paths if len(path) == 1 or path[:1] not in outer]
    for path in paths:
        section = settings
        for key in path[:-1]:
            section = section[key]
        del section[path[-1]]
    expected = {f"config/config.yaml: {'.'.join(path)}: missing; add it" for path in paths}
    assert {mistake.partition(" (")[0] for mistake in mistakes_in(settings)} == expected


def test_all_mistakes_are_told_at_once():
    settings = changed("training.steps", "many")
    settings["detector"]["stepps"] = 3
    del settings["quality"]["min_score"]
    settings["models"]["mouse"]["seeds"] = "all"
    places = [mistake.split(": ")[1] for mistake in mistakes_in(settings)]
    expected = {"training.steps", "detector.stepps", "quality.min_score", "models.mouse.seeds"}
    assert set(places) == expected
    assert len(places) == 4


@pytest.mark.parametrize("mapping", [None, [], "text", 3])
def test_what_is_no_mapping_is_told(mapping):
    (mistake,) = mistakes_in(mapping)
    assert mistake.startswith("config/config.yaml: expected a mapping of sections")


@pytest.mark.parametrize("model", [AugmentSettings, TrainingSettings])
def test_no_setting_has_a_default(model):
    assert all(field.is_required() for field in model.model_fields.values())
    assert model(**SHIPPED[{AugmentSettings: "augment"}.get(model, "training")])


def test_behaviors_come_from_plain_values():
    plain = SHIPPED["behavior"]["definitions"]["superanimal_topviewmouse"]
    definitions = definitions_from_mapping(plain)
    assert set(definitions) == set(plain)
    assert definitions["walk"].conditions[0].feature == plain["walk"]["conditions"][0]["feature"]
