"""Gait by group: medians of the animals, by hand."""

import numpy as np
import pytest

from superanimal_core.report.figures import new_figure
from superanimal_core.report.gait_section import draw_gait, gait_section, known_measures
from superanimal_core.report.phases import side_by_side, told_phases
from superanimal_core.report.strips import MOST_DOTS, Strip, draw_strips, looks_of
from superanimal_core.report.walk_section import MEASURES


def walk(video, hz, cm=np.nan, strides=5):
    names = [name.format(length=unit) for name, *_ in MEASURES for unit in ("px", "cm")]
    row = dict.fromkeys(names, np.nan) | {"video": video, "individual": "a"}
    row |= {"steady_strides": strides, "stride_frequency_hz": hz, "speed_px_per_s": 100.0}
    return row | {"speed_cm_per_s": cm}


GROUPS = {"a": "treated", "b": "control", "c": "control", "d": "control"}


def section_of(walks, groups=GROUPS, reference=None, subjects=()):
    """The section; `subjects` are the sheet's animals by video."""
    videos = [row["video"] for row in walks if row["video"] in groups]
    animals = {(video, "a"): dict(subjects).get(video, video) for video in videos}
    return gait_section(walks, animals, groups, reference)


def test_each_group_has_the_median_of_its_animals_the_reference_first():
    walks = [walk("a", 2.0), walk("b", 3.0), walk("c", 5.0), walk("d", 4.0), walk("none", 9.0)]
    section = section_of(walks, reference="treated")
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
    assert section_of([walk("a", 2.0, strides=0)]) is None
    assert section_of([walk("none", 2.0)]) is None


def test_an_animal_of_several_videos_counts_once():
    """2 and 4 Hz in two videos, 3 Hz, and 5 Hz of the other animal; phases around the strike."""
    walks = [walk("b", 2.0), walk("c", 4.0), walk("d", 5.0)]
    for row, phase in zip(walks, (0.9, 0.06, 0.98), strict=True):
        row["diagonal_phase"] = phase
    section = section_of(walks, subjects={"b": "m1", "c": "m1"})
    assert section["animals"] == 2
    rows = {row[0]: row[2] for row in section["table"].rows}
    assert rows["stride frequency"] == "4.00 (3.10 to 4.90), 2"
    assert rows["diagonal limbs"] == "0.98 (0.98 to 0.98), 2"


TROT = (0.97, 0.98, 0.02, 0.03)


def trotting(phases, group="trot"):
    walks = [walk(f"{group}{i}", 2.0) | {"diagonal_phase": p} for i, p in enumerate(phases)]
    return walks, {row["video"]: group for row in walks}


def test_phases_go_around():
    """By hand: 0.97, 0.98, 1.02, 1.03 have the median 1.00, which is 0.00."""
    for phases in (TROT, TROT[::-1]):
        section = section_of(*trotting(phases))
        rows = {row[0]: row[2] for row in section["table"].rows}
        assert rows["diagonal limbs"] == "0.00 (0.97 to 1.03), 4"
    half = section_of(*trotting([phase - 0.5 if phase > 0.5 else phase + 0.5 for phase in TROT]))
    assert {row[0]: row[2] for row in half["table"].rows}["diagonal limbs"] == (
        "0.50 (0.47 to 0.53), 4"
    )


@pytest.mark.parametrize(
    ("phases", "told"),
    [
        ((-1e-17, -1e-17, -1e-17), "0.00 (0.00 to 0.00)"),
        ((0.994, 0.994, 0.994), "0.99 (0.99 to 0.99)"),
        ((0.996, 0.996, 0.996), "0.00 (0.00 to 0.00)"),
        ((-0.03, 0.01, 0.05), "0.01 (0.97 to 1.05)"),
        ((0.95, 1.0, 1.004), "0.00 (0.95 to 1.00)"),
    ],
)
def test_phases_are_told_from_0_to_1_and_their_range_goes_on(phases, told):
    assert told_phases(*phases, 2) == told


def told_of(phases):
    section = section_of(*trotting(phases))
    return {row[0]: row[2] for row in section["table"].rows}["diagonal limbs"]


@pytest.mark.parametrize("phases", [(0.0, 0.5), (0.0, 0.25, 0.5, 0.75), (0.1, 0.6, 0.35, 0.85)])
def test_phases_without_a_direction_have_no_median(phases):
    """Their mean is made by rounding, and turns with the last digit."""
    for turned in (phases, phases[::-1], tuple((p + 1e-9) % 1 for p in phases)):
        assert told_of(turned) == f"–, {len(phases)}"


def test_phases_have_a_direction_where_their_resultant_is_that_of_a_gait():
    """Two phases that are d from their middle have the resultant cos(2 pi d): 0.7 at 0.1266."""
    assert told_of((0.5 - 0.126, 0.5 + 0.126)).startswith("0.50 (")
    assert told_of((0.5 - 0.127, 0.5 + 0.127)) == "–, 2"


def test_an_animal_whose_videos_have_opposite_phases_has_none():
    walks = [walk(video, 2.0) for video in "bcd"]
    for row, phase in zip(walks, (0.2, 0.7, 0.4), strict=True):
        row["diagonal_phase"] = phase
    rows = section_of(walks, subjects={"b": "m1", "c": "m1"})["table"].rows
    cells = {row[0]: row[2] for row in rows}
    assert cells["diagonal limbs"] == "0.40 (0.40 to 0.40), 1"
    assert cells["stride frequency"] == "2.00 (2.00 to 2.00), 2"
    walks[2]["diagonal_phase"] = np.nan
    rows = section_of(walks, subjects={"b": "m1", "c": "m1"})["table"].rows
    assert {row[0]: row[2] for row in rows}["diagonal limbs"] == "–"


def test_phases_without_a_direction_are_drawn_without_quantiles():
    around = np.arange(2 * MOST_DOTS) / (2 * MOST_DOTS)
    (walks, groups), (more, others) = trotting(TROT), trotting(around, "around")
    measures = [("diagonal_phase", "diagonal limbs", "phase", 2)]
    axes = draw_gait([*walks, *more], groups | others, ["trot", "around"], measures).axes[0]
    assert sorted(len(path.get_offsets()) for path in axes.collections) == [4, len(around)]
    rows = {float(np.mean(line.get_ydata())) for line in axes.lines if len(line.get_xdata()) == 2}
    assert 0 in rows
    assert 1 not in rows  # the row of those around
    found = side_by_side({"trot": [0.98, 0.02], "around": [0.0, 0.25, 0.5, 0.75]})
    assert found["around"] == [0.0, 0.25, 0.5, 0.75]
    assert found["trot"] == pytest.approx([0.98, 1.02])


def test_no_phase_is_drawn_far_from_its_neighbors():
    (walks, groups), (more, others) = trotting(TROT), trotting((0.96, 0.04, 0.01), "other")
    measures = [("diagonal_phase", "diagonal limbs", "phase", 2)]
    axes = draw_gait([*walks, *more], groups | others, ["trot", "other"], measures).axes[0]
    drawn = np.concatenate([path.get_offsets()[:, 0] for path in axes.collections])
    assert sorted(drawn) == pytest.approx([0.96, 0.97, 0.98, 1.01, 1.02, 1.03, 1.04])


def test_groups_half_a_turn_apart_are_drawn_whole():
    found = side_by_side({"trot": [0.98, 0.01, 0.02], "pace": [0.47, 0.52], "none": []})
    assert np.ptp(found["trot"]) == pytest.approx(0.04)
    assert np.ptp(found["pace"]) == pytest.approx(0.05)
    assert 0 <= min([*found["trot"], *found["pace"]]) < 1
    for group, phases in (("trot", [0.98, 0.01, 0.02]), ("pace", [0.47, 0.52])):
        assert np.mod(found[group], 1) == pytest.approx(phases)
    assert found["none"] == []
    assert side_by_side({"none": []}) == {"none": []}


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
