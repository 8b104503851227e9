"""One row for each animal that walked."""

import math

from superanimal_core.report.walk_section import MEASURES, walk_table


def walk(individual, scope, steady, **more):
    names = [name.format(length=unit) for name, *_ in MEASURES for unit in ("px", "cm")]
    row = dict.fromkeys(names, 0.5) | {"speed_cm_per_s": math.nan}
    row |= {"individual": individual, "scope": scope, "steady_strides": steady, "gait": "trot"}
    return row | more


def cells(table, heading):
    place = [name for name, _ in table.columns].index(heading)
    return [row[place] for row in table.rows]


def test_an_animal_is_a_row_with_intervals_where_they_are_known():
    interval = {"duty_factor": 0.61, "duty_factor_low": 0.58, "duty_factor_high": 0.64}
    table = walk_table(
        [
            walk("a", "video", 12, **interval),
            walk("a", "walk", 5),
            walk("a", "walk", 7),
            walk("b", "video", 3, gait=""),
            walk("b", "walk", 3),
            walk("c", "video", 0),
        ]
    )
    assert cells(table, "animal") == ["a", "b"]
    assert cells(table, "gait") == ["trot", "–"]
    assert cells(table, "walks") == ["2", "1"]
    assert cells(table, "duty factor") == ["0.61 (0.58 to 0.64)", "0.50"]
    assert ("speed", "px/s") in table.columns


def test_with_a_scale_lengths_are_in_cm():
    table = walk_table([walk("a", "video", 4, speed_cm_per_s=9.0, speed_px_per_s=90.0)])
    assert ("speed", "cm/s") in table.columns
    assert cells(table, "speed") == ["9.0"]


def test_without_a_steady_stride_there_is_no_table():
    assert walk_table([walk("a", "video", 0)]) is None
    assert walk_table([]) is None
