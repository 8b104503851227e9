"""An animal has one name over all videos, and two animals never share one."""

from superanimal_core.tables.animal_names import animal_names


def test_individuals_of_one_video_are_animals_of_their_own():
    keys = [("a", "animal0"), ("b", "animal0"), ("b", "animal1"), ("a", "animal0")]
    named = {"a": "m1", "b": "m1"}
    assert animal_names(keys, named) == {
        ("a", "animal0"): "m1",
        ("b", "animal0"): "m1/animal0",
        ("b", "animal1"): "m1/animal1",
    }
    assert animal_names([], {}) == {}
