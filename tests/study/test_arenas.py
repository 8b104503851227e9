"""Arenas and zones of the sheet, and which behaviors a video can tell."""

from dataclasses import replace
from fractions import Fraction
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_graph import MOUSE, graph_of, video

from superanimal_core.study.arenas import can_tell, untold_by, zones_in
from superanimal_core.study.polygons import polygon_in
from superanimal_core.study.rule_settings import RuleSettings
from superanimal_core.study.video_sheet import users_columns

SQUARE = ((10.0, 10.0), (410.0, 10.0), (410.0, 410.5), (10.0, 410.5))


def test_corners_are_read_in_their_order():
    mistakes = []
    assert polygon_in("10,10 410,10  410,410.5 10,410.5", "here", mistakes) == SQUARE
    assert polygon_in("", "here", mistakes) == ()
    assert mistakes == []


@pytest.mark.parametrize(
    "cell",
    [
        *("10,10 20,20", "10 10 20 20 30 30", "1,2 3,4 five,6", "1;2 3;4 5;6"),
        *("10,10 20,20 10,10", "10,10 20,20 20,20 10,10"),
    ],
)
def test_what_is_no_polygon_is_told(cell):
    mistakes = []
    assert polygon_in(cell, "videos.tsv: row 3: arena", mistakes) == ()
    assert len(mistakes) == 1
    assert f"'{cell}'" in mistakes[0]


@pytest.mark.parametrize(
    "cell", ["0,0 9,0 9,9 0,9", "0,9 9,9 9,0 0,0", "0,0 9,0 2,2 0,9", "0,0 4,4 8,0"]
)
def test_a_polygon_may_have_either_direction_and_be_closed(cell):
    """A first corner that counts twice would move the middle, and the zones of an open field."""
    mistakes = []
    plain = polygon_in(cell, "here", mistakes)
    assert len(plain) == len(cell.split())
    assert polygon_in(f"{cell} {cell.split()[0]}", "here", mistakes) == plain
    assert mistakes == []


@pytest.mark.parametrize(
    ("cell", "edges"),
    [
        ("0,0 9,0 0,9 9,9", "9,0 to 0,9 and 9,9 to 0,0"),  # an hourglass
        ("0,0 9,0 9,9 5,0 0,9", "0,0 to 9,0 and 9,9 to 5,0"),  # a corner on an edge
        ("0,0 5,0 9,0", "0,0 to 5,0 and 9,0 to 0,0"),  # no inside
        ("0,0 9,0 4,0 4,9", "0,0 to 9,0 and 9,0 to 4,0"),  # back on itself
        ("0,0 9,9 18,0 0,0.5 18,9 9,18", "0,0 to 9,9 and 18,0 to 0,0.5"),
    ],
)
def test_a_polygon_that_crosses_itself_is_told(cell, edges):
    mistakes = []
    assert polygon_in(cell, "videos.tsv: row 3: arena", mistakes) == ()
    assert mistakes == [
        f"videos.tsv: row 3: arena: the edges {edges} meet; write the corners in order around it"
    ]


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=6, unique=True)
)
def test_edges_meet_as_fractions_say(corners):
    """Points of two edges that are no neighbors, from the exact solution of their lines."""
    mistakes = []
    polygon_in(" ".join(f"{x},{y}" for x, y in corners), "here", mistakes)
    edges = list(pairwise([*corners, corners[0]]))
    crossed = False
    for i, j in combinations(range(len(edges)), 2):
        shared = {*edges[i]} & {*edges[j]}
        points = [p for p in meeting(edges[i], edges[j]) if p not in shared]
        crossed |= bool(points)
    assert bool(mistakes) == crossed


def meeting(one, other):
    """Points that two edges share: the crossing, or ends that lie on the other edge."""
    (ax, ay), (bx, by) = one
    (cx, cy), (dx, dy) = other
    u, v, w = (bx - ax, by - ay), (dx - cx, dy - cy), (cx - ax, cy - ay)
    det = u[0] * v[1] - u[1] * v[0]
    if det:
        s = Fraction(w[0] * v[1] - w[1] * v[0], det)
        t = Fraction(w[0] * u[1] - w[1] * u[0], det)
        return [(ax + s * u[0], ay + s * u[1])] if 0 <= s <= 1 and 0 <= t <= 1 else []
    if w[0] * u[1] != w[1] * u[0]:
        return []
    return [p for p in other if _is_between(p, one)] + [p for p in one if _is_between(p, other)]


def _is_between(point, edge):
    return all(min(a, b) <= p <= max(a, b) for p, a, b in zip(point, *edge, strict=True))


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


def test_of_each_behavior_the_videos_that_do_not_tell_it():
    assert untold_by({"a": ["walk", "freeze"], "b": ["walk"], "c": []}) == {
        "freeze": ["b", "c"],
        "walk": ["c"],
    }
    assert untold_by({"a": ["walk"], "b": ["walk"]}) == {"walk": []}  # it is one that all tell
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
