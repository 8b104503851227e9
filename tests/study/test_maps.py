"""What the report knows of the places on its maps."""

import pytest

from superanimal_core.study.arenas import places_on_maps
from superanimal_core.study.products import some_of
from superanimal_core.study.study_rows import VideoRow

ARENA = ((0.0, 0.0), (4.0, 0.0), (4.0, 3.0))


def row(name, **more):
    own = {"arena": ARENA} if name == "v1" else {}
    return VideoRow(name, f"raw/{name}.mp4", "m", 1, None, 0.1, None, {}, (), None, **own, **more)


def test_a_map_has_the_arena_the_zones_and_the_scale_of_the_sheet():
    rows = {"v1": row("v1", zones={"food": ARENA}), "v2": row("v2")}
    outline = [[0.0, 0.0], [4.0, 0.0], [4.0, 3.0]]
    assert places_on_maps(rows, 2) == {
        "v1": {"arena": {"outline_px": outline, "zones_px": {"food": outline}}, "cm_per_px": 0.1},
        "v2": {"arena": None, "cm_per_px": 0.1},
    }


@pytest.mark.parametrize("most", [0, 3, 5])
def test_the_videos_on_maps_are_those_that_are_shown(most):
    rows = {f"v{i}": row(f"v{i}") for i in range(2, 7)}
    assert [*places_on_maps(rows, most)] == some_of([*rows], most)
