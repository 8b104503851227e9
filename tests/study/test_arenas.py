"""Arenas and zones of the sheet, and which behaviors a video can tell."""

from dataclasses import replace

import pytest
from test_graph import MOUSE, graph_of, video

from superanimal_core.study.arenas import can_tell, polygon_in, untold_by, zones_in
from superanimal_core.study.rule_settings import RuleSettings
from superanimal_core.study.video_sheet import users_columns

SQUARE = ((10.0, 10.0), (410.0, 10.0), (410.0, 410.5), (10.0, 410.5))


def test_corners_are_read_in_their_order():
    mistakes = []
    assert polygon_in("10,10 410,10  410,410.5 10,410.5", "here", mistakes) == SQUARE
    assert polygon_in("", "here", mistakes) == ()
    assert mistakes == []


@pytest.mark.parametrize(
    "cell", ["10,10 20,20", "10 10 20 20 30 30", "1,2 3,4 five,6", "1;2 3;4 5;6"]
)
def test_what_is_no_polygon_is_told(cell):
    mistakes = []
    assert polygon_in(cell, "videos.tsv: row 3: arena", mistakes) == ()
    assert len(mistakes) == 1
    assert f"'{cell}'" in mistakes[0]


def test_zones_have_names_of_their_own():
    mistakes = []
    found = zones_in("food: 1,1 2,1 2,2; nest_2: 5,5 6,5 6,6", "here", mistakes)
    assert found == {"food": ((1, 1), (2, 1), (2, 2)), "nest_2": ((5, 5), (6, 5), (6, 6))}
    assert mistakes == []
    for cell in (
        "center: 1,1 2,1 2,2",
        "a: 1,1 2,1 2,2; a: 1,1 2,1 2,2",
        "1,1 2,1 2,2",
        "a b: 1,1 2,1 2,2",
    ):
        zones_in(cell, "here", mistakes)
    assert len(mistakes) == 4


def test_behaviors_that_only_some_videos_tell():
    assert untold_by({"a": ["walk", "freeze"], "b": ["walk"], "c": []}) == {
        "freeze": ["b", "c"],
        "walk": ["c"],
    }
    assert untold_by({}) == {}


def test_a_video_tells_what_its_scale_and_arena_allow():
    plain = replace(video("m"), cm_per_px=None)
    with_arena = replace(plain, arena=SQUARE, zones={"food": SQUARE[:3]})
    told = {
        "speed_bl_per_s": (True, True),
        "speed_cm_per_s": (False, False),
        "zone_center": (False, True),
        "border_px": (False, True),
        "zone_food": (False, True),
        "zone_nest": (False, False),
    }
    for feature, expected in told.items():
        assert (can_tell(plain, feature), can_tell(with_arena, feature)) == expected, feature
    assert can_tell(replace(plain, cm_per_px=0.1), "speed_cm_per_s")


def test_behaviors_without_what_they_need_are_left_out():
    bare, full = replace(video("a"), cm_per_px=None), replace(video("b"), arena=SQUARE)
    settings = RuleSettings(graph_of([bare, full], models={"mouse": {"space": MOUSE}}))
    without, whole = (set(settings.behaviors(name)) for name in ("a", "b"))
    assert {
        "freeze",
        "move",
        "immobile",
        "in_center",
        "in_periphery",
        "in_corner",
    } == whole - without
    assert "turn_left" in without
    assert settings.arena("a") is None
    assert settings.arena("b") == {"outline_px": [list(c) for c in SQUARE], "zones_px": {}}
    assert settings.feature_groups("a") == []
    assert "arena" not in users_columns(full)
