"""Maps of ways: what is drawn is where the animal was."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.report.paths import POINTS, WIDTH, draw_map, path_maps, round_length, way


def places_of(path):
    """The places that a path of SVG goes through, as lists without breaks."""
    pieces = []
    for letter, x, y in re.findall(r"([Ml])(-?\d+) (-?\d+)", path):
        if letter == "M":
            pieces.append([(int(x), int(y))])
        else:
            x0, y0 = pieces[-1][-1]
            pieces[-1].append((x0 + int(x), y0 + int(y)))
    return [[place for i, place in enumerate(p) if i == 0 or place != p[i - 1]] for p in pieces]


@given(st.lists(st.tuples(st.integers(-50, 900), st.integers(-50, 900)), min_size=1, max_size=60))
def test_a_way_goes_through_every_place_and_repeats_none(places):
    path = way(np.array(places, float))
    (drawn,) = places_of(path)
    assert drawn == [p for i, p in enumerate(places) if i == 0 or p != places[i - 1]]
    assert path.count("l") == len(drawn)  # one step to each, and one that shows a single place


def test_a_way_breaks_where_nothing_is_known():
    xy = np.array([[1, 2], [3, 4], [np.nan, 4], [7, 8], [np.nan, np.nan], [9, 9]], float)
    assert places_of(way(xy)) == [[(1, 2), (3, 4)], [(7, 8)], [(9, 9)]]
    assert way(np.full((5, 2), np.nan)) == way(np.empty((0, 2))) == ""


@pytest.mark.parametrize("frames", [POINTS, POINTS + 1, 50 * POINTS + 7])
def test_long_ways_are_thinned_evenly(frames):
    xy = np.column_stack([np.arange(frames), np.zeros(frames)])
    (drawn,) = places_of(way(xy))
    steps = np.diff([x for x, _ in drawn])
    assert len(drawn) <= POINTS
    assert len(drawn) == -(-frames // steps[0])
    assert set(steps) == {-(-frames // POINTS)}


@pytest.mark.parametrize(
    ("most", "length"), [(1.0, 1), (1.99, 1), (2.0, 2), (4.9, 2), (5, 5), (99, 50), (0.07, 0.05)]
)
def test_scale_bars_have_round_lengths(most, length):
    assert round_length(most) == pytest.approx(length)


def a_map(cm_per_px=None, arena=None, size_px=(500.0, 250.0)):
    xy = np.array([[0, 0], [250, 125], [500, 250]], float)
    return str(draw_map({"animal0": xy}, size_px, arena, cm_per_px, described="m"))


def test_a_map_is_as_wide_as_the_picture_and_begins_and_ends_where_the_way_does():
    drawn = a_map()
    assert places_of(re.search(r'class="way"[^>]* d="([^"]*)"', drawn)[1]) == [
        [(0, 0), (500, 250), (1000, 500)]
    ]
    assert f'class="picture" width="{WIDTH}" height="500"' in drawn
    assert re.search(r'class="start"[^>]* cx="0" cy="0"', drawn)
    assert re.search(r'class="end"[^>]* cx="1000" cy="500"', drawn)


@pytest.mark.parametrize(
    ("cm_per_px", "told", "across"), [(None, "100 px", 200), (0.1, "10 cm", 200)]
)
def test_the_scale_is_in_cm_only_where_it_is_known(cm_per_px, told, across):
    drawn = a_map(cm_per_px)
    assert f">{told}</text>" in drawn
    assert f"h{across}m0" in drawn


def test_arena_and_zones_are_drawn_where_the_sheet_tells_them_and_names_are_text():
    arena = {
        "outline_px": [[0, 0], [500, 0], [500, 250]],
        "zones_px": {"<f>": [[1, 1], [2, 1], [2, 2]]},
    }
    drawn = a_map(arena=arena)
    assert 'class="arena" d="M0 0L1000 0L1000 500Z"' in drawn
    assert 'class="zone" d="M2 2L4 2L4 4Z"' in drawn
    assert "&lt;f&gt;" in drawn
    assert 'class="arena"' not in a_map()
    assert 'class="arena"' not in a_map(arena=arena | {"outline_px": []})


def test_videos_without_a_way_are_counted_and_the_worst_come_first():
    size = {"width_px": 10, "height_px": 10}
    videos = [
        {"video": "good", "status": "ok", **size},
        {"video": "torn", "status": "failed", "width_px": None, "height_px": None},
        {"video": "odd", "status": "flagged", **size},
        {"video": "empty", "status": "ok", **size},
        {"video": "unread", "status": "ok", **size},
    ]
    known, unknown = np.ones((3, 2)), np.array([[1, 1], [np.nan, 1]])
    paths = {"good": {"a": known, "b": known}, "odd": {"a": known}, "empty": {"a": unknown}}
    maps = path_maps(videos, paths, {})
    assert [shown["video"] for shown in maps["videos"]] == ["odd", "good"]
    assert maps["left_out"] == 2
    assert not maps["has_arena"]
    assert [len(shown["animals"]) for shown in maps["videos"]] == [0, 2]  # one needs no name
    assert path_maps(videos, {}, {})["videos"] == []
