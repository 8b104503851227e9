"""Gait by group: medians of the animals, by hand."""

import numpy as np
import pytest

from superanimal_core.report.figures import new_figure
from superanimal_core.report.gait_section import gait_section, known_measures
from superanimal_core.report.strips import MOST_DOTS, Strip, draw_strips, looks_of
from superanimal_core.report.walk_section import MEASURES


def walk(video, hz, cm=np.nan, strides=5):
    names = [name.format(length=unit) for name, *_ in MEASURES for unit in ("px", "cm")]
    row = dict.fromkeys(names, np.nan) | {"video": video, "individual": "a"}
    row |= {"steady_strides": strides, "stride_frequency_hz": hz, "speed_px_per_s": 100.0}
    return row | {"speed_cm_per_s": cm}


GROUPS = {"a": "treated", "b": "control", "c": "control", "d": "control"}


def test_each_group_has_the_median_of_its_animals_the_reference_first():
    walks = [walk("a", 2.0), walk("b", 3.0), walk("c", 5.0), walk("d", 4.0), walk("none", 9.0)]
    section = gait_section(walks, GROUPS, "treated")
    assert section["animals"] == 4
    table = section["table"]
    assert [name for name, _ in table.columns] == ["measure", "unit", "treated", "control"]
    assert table.rows[0] == (
        "stride frequency", "Hz", "2.00 (2.00 to 2.00), 1", "4.00 (3.10 to 4.90), 3",
    )  # fmt: skip
    assert [row[0] for row in table.rows] == ["stride frequency", "speed"]  # what is known
    assert "<svg" in section["figure"]


def test_lengths_are_in_cm_where_all_animals_have_a_scale():
    scaled = [walk("a", 2.0, cm=9.0), walk("b", 2.0, cm=8.0)]
    assert [unit for _, _, unit, _ in known_measures(scaled)] == ["Hz", "cm/s"]
    assert [unit for _, _, unit, _ in known_measures([*scaled, walk("c", 2.0)])] == ["Hz", "px/s"]


def test_without_steady_strides_there_is_no_section():
    assert gait_section([walk("a", 2.0, strides=0)], GROUPS, None) is None
    assert gait_section([walk("none", 2.0)], GROUPS, None) is None


@pytest.mark.parametrize(("count", "dots"), [(MOST_DOTS, MOST_DOTS), (MOST_DOTS + 1, 0)])
def test_few_values_are_dots_and_many_are_quantiles(count, dots):
    axes = new_figure(3, 2).add_subplot()
    values = np.random.default_rng(0).normal(size=count)
    draw_strips(axes, [Strip("x", "g", [*values, np.nan])], looks_of(["g"]))
    drawn = [len(path.get_offsets()) for path in axes.collections]
    assert sum(drawn) == dots
    lines = {tuple(line.get_xdata()) for line in axes.lines}
    assert (np.median(values), np.median(values)) in lines
    assert tuple(np.quantile(values, (0.25, 0.75))) in lines
    assert (tuple(np.quantile(values, (0.05, 0.95))) in lines) == (dots == 0)


def test_groups_differ_in_color_and_in_shape():
    looks = looks_of(["a", "b", "c"])
    assert len({color for color, _ in looks.values()}) == 3
    assert len({shape for _, shape in looks.values()}) == 3
