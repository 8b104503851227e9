"""What the methods paragraph says of behavior, groups and software."""

import pytest
from made_study import Made, settings

from superanimal_core.report.methods_of_behavior import behavior_sentences, software_sentence
from superanimal_core.report.references import REFERENCES, numbered


def chosen(**more):
    return settings(Made(), "s") | more


def test_rules_are_named_in_the_spaces_that_are_used():
    definitions = {"stick": {"walk": {}, "rear": {}}, "other": {"fly": {}}}
    (said,) = behavior_sentences(chosen(behavior={"definitions": definitions}), False)
    assert "Bouts of 2 behaviors (rear and walk) were found by rules" in said
    assert behavior_sentences(chosen(behavior={"definitions": {}}), False) == []


@pytest.mark.parametrize(
    ("method", "words"), [("boosting", "boosted trees"), ("network", "[Sturman]")]
)
def test_classifiers_are_named_with_their_method(method, words):
    named = {"grooming": {"behaviors": ["groom", "lick"], "method": method}}
    classifiers = {"every": {"method": "boosting"}, "named": named}
    *_, said = behavior_sentences(chosen(classifiers=classifiers), False)
    assert said.startswith("The classifier grooming learned groom and lick from bouts")
    assert words in said


def test_arenas_and_groups_are_told_where_there_are_some():
    groups = {"column": "genotype", "reference": None, "animal_column": "subject"}
    _, arena, compared = behavior_sentences(chosen(groups=groups), True)
    assert "[Sturman]" in arena
    assert "Groups (column genotype) were compared" in compared


def test_the_software_is_told_and_cited():
    versions = [("superanimal-core", "1"), ("snakemake", "9"), ("torch", "2"), ("timm", "3")]
    said = software_sentence(versions, "abc", True)
    assert "superanimal-core 1 (source abc) in Snakemake 9 [Mölder]" in said
    assert "PyTorch 2 [Paszke] with backbones of timm 3" in said
    assert "PyTorch" not in software_sentence(versions, "abc", False)


def test_references_are_numbered_in_their_order_and_only_those_that_are_cited():
    said, works = numbered(["First [Lei].", "Then [Ye] and again [Lei]."])
    assert said == "First [1]. Then [2] and again [1]."
    assert works == [REFERENCES["Lei"], REFERENCES["Ye"]]
    for text, link in REFERENCES.values():
        assert link.startswith("https://doi.org/10.")
        assert text.endswith(").")
