"""Measures of groups from the tables of all videos, to the table and the page."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from superanimal_core.evaluation.group_comparison import compare_groups, group_warnings
from superanimal_core.jobs.group_comparing import compare_and_write
from superanimal_core.report.group_section import draw_differences, group_section
from superanimal_core.settings.groups import GroupSettings
from superanimal_core.study.group_mistakes import group_mistakes
from superanimal_core.study.study_rows import VideoRow
from superanimal_core.tables.group_tables import (
    Animals,
    behavior_measures,
    conditions,
    gait_measures,
    scale_warnings,
)
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.present_animals import present_animals

LIMBS = ("left", "right")
ANIMALS = {f"m{i}": "control" if i < 4 else "treated" for i in range(8)}
VIDEOS = [
    {"video": f"{animal}_{day}", "subject": animal, "group": group, "camera": group}
    for animal, group in ANIMALS.items()
    for day in range(2)
]


def tables(folder):
    """Treated animals take longer strides; one video in four is doubtful."""
    random = np.random.default_rng(0)
    gait, bouts, quality = [], [], []
    own = {animal: random.normal(0, 0.01) for animal in ANIMALS}
    for row in VIDEOS:
        half = random.choice([0.005, 0.05], p=[0.75, 0.25])
        time_s = 0.3 + 0.1 * (row["group"] == "treated") + own[row["subject"]]
        for limb in LIMBS:
            gait.append(
                {
                    "video": row["video"],
                    "individual": "animal0",
                    "limb": limb,
                    "stride_time_s_median": time_s + random.normal(0, half),
                    "stride_time_s_median_low": time_s - half,
                    "stride_time_s_median_high": time_s + half,
                    "stride_length_px_median": 50.0 + random.normal(),
                    "stride_length_cm_median": np.nan,
                    "speed_px_per_s_median": 100.0 + random.normal(0, 5),
                    "speed_cm_per_s_median": np.nan,
                }
            )
        if row["subject"] != "m0":  # who never rears
            bouts.append(
                {
                    "video": row["video"],
                    "individual": "animal0",
                    "behavior": "rear",
                    "start_s": 1.0,
                    "stop_s": 4.0 + random.random(),
                    "start_s_low": 0.9,
                    "start_s_high": 1.1,
                    "stop_s_low": 3.9,
                    "stop_s_high": 4.2,
                }
            )
        quality.append(
            {
                "video": row["video"],
                "status": "ok",
                "duration_s": 60.0,
                "fps": 30.0,
                "width_px": 640,
                "height_px": 480,
                "expected_error_of_size": random.random(),
                "dropped_keypoints_per_frame": None,
            }
        )
    features = [
        {"video": row["video"], "individual": name, "bridged_keypoints": jumps}
        for row in VIDEOS
        for name, jumps in (("animal0", 0.0), ("animal0", np.nan), ("never_seen", np.nan))
    ]
    rows = {"gait": gait, "bouts": bouts, "quality": quality, "features": features}
    for name, found in {**rows, "videos": VIDEOS}.items():
        write_parquet(pa.Table.from_pylist(found), folder / f"{name}.parquet", {})
    return {name: str(folder / f"{name}.parquet") for name in (*rows, "videos")}


@pytest.fixture
def compared(tmp_path):
    """The rows of the table, and its warnings."""
    settings = {"column": "group", "reference": None, "animal_column": "subject"}
    output = str(tmp_path / "groups.parquet")
    compare_and_write(tables(tmp_path), [], {}, settings, output, {})
    table = pq.read_table(tmp_path / "groups.parquet")
    return table.to_pylist(), json.loads(table.schema.metadata[b"superanimal"])["warnings"]


def test_the_difference_that_is_there_is_found_and_the_camera_told(compared):
    rows, warnings = compared
    found = {(row["measure"], row["group"]): row for row in rows}
    own = found["stride_time_s", "treated"]
    assert own["difference_low"] < 0.1 < own["difference_high"]
    assert own["p_holm"] < 0.05
    assert (own["animals"], own["videos"], own["adjusted_for"]) == (4, 8, "speed")
    assert 0 < own["measurement_sd"] < 0.05
    assert found["speed_px_per_s", "treated"]["adjusted_for"] == ""
    assert not any("_cm" in measure for measure, _ in found)
    assert found["stride_length_px", "treated"]["p_holm"] > 0.05
    assert any("camera and group coincide" in told for told in warnings)


def test_the_page_shows_groups_their_warnings_and_differences(compared):
    rows, warnings = compared
    section = group_section(rows, warnings)
    assert section["reference"] == "control"
    assert section["warnings"] == warnings
    assert len(section["table"].rows) == len(rows)
    assert "<svg" in section["plot"]
    drawn = [row for row in rows if np.isfinite(row["difference"])]
    [axes] = draw_differences(drawn).axes
    assert len(axes.get_yticklabels()) == len(drawn)
    both = [{**drawn[0], "part": part, "measure": "walk"} for part in ("behavior", "classifier c")]
    told = [label.get_text() for label in draw_differences(both).axes[0].get_yticklabels()]
    assert told == ["walk, treated", "walk (classifier c), treated"]
    assert group_section([], []) is None


def animals_of(present):
    return Animals(present, VIDEOS, "group", "subject")


def test_an_animal_without_a_bout_has_none_of_it():
    animals = animals_of([(row["video"], "animal0") for row in VIDEOS])
    bouts = [
        {"video": "m1_0", "individual": "animal0", "behavior": "rear", "start_s": 1, "stop_s": 4}
    ]
    lasting = {row["video"]: 60.0 for row in VIDEOS}
    fraction, rate, mean = behavior_measures(bouts, "behavior", lasting, animals, {})
    assert sorted(fraction.value) == [0.0] * 15 + [0.05]
    assert sorted(rate.value) == [0.0] * 15 + [1.0]
    assert np.isfinite(mean.value).sum() == 1


def test_where_a_behavior_cannot_be_told_nobody_has_none_of_it():
    """Videos without a scale would else freeze for 0 % of their time."""
    animals = animals_of([(row["video"], "animal0") for row in VIDEOS])
    bouts = [
        {"video": "m1_0", "individual": "animal0", "behavior": "freeze", "start_s": 1, "stop_s": 4}
    ]
    lasting = {row["video"]: 60.0 for row in VIDEOS}
    untold = {"freeze": {("m0_0", "animal0"), ("m7_1", "animal0")}}
    for measure in behavior_measures(bouts, "behavior", lasting, animals, untold)[:2]:
        assert len(measure.value) == len(VIDEOS) - 2
        assert {"m0", "m7"} <= {*measure.animal}  # by their other videos


@pytest.mark.parametrize(("untold", "videos"), [({}, 8), ({"rear": ["m1_0", "m1_1"]}, 6)])
def test_videos_that_cannot_tell_are_not_counted(tmp_path, untold, videos):
    settings = {"column": "group", "reference": None, "animal_column": "subject"}
    output = tmp_path / "groups.parquet"
    compare_and_write(tables(tmp_path), [], untold, settings, str(output), {})
    rows = pq.read_table(output).to_pylist()
    [own] = [r for r in rows if (r["measure"], r["group"]) == ("rear: bouts per min", "control")]
    assert (own["videos"], own["animals"]) == (videos, videos / 2)


def test_animals_that_a_classifier_was_not_asked_about_are_not_counted(tmp_path):
    given = tables(tmp_path)
    bouts = [b for b in pq.read_table(given["bouts"]).to_pylist() if b["video"] == "m1_0"]
    write_parquet(pa.Table.from_pylist(bouts), tmp_path / "rearing.parquet", {})
    sums = [
        {"video": f"m{i}_0", "individual": "animal0", "behavior": behavior}
        for i in range(6)
        for behavior in ("rear", "groom")
    ]
    write_parquet(pa.Table.from_pylist(sums), tmp_path / "rearing-videos.parquet", {})
    classified = [tuple(str(tmp_path / f"rearing{end}.parquet") for end in ("", "-videos"))]
    settings = {"column": "group", "reference": None, "animal_column": "subject"}
    output = tmp_path / "groups.parquet"
    compare_and_write(given, classified, {}, settings, str(output), {})
    found = {
        (row["measure"].removesuffix(": bouts per min"), row["group"]): (row["videos"], row["mean"])
        for row in pq.read_table(output).to_pylist()
        if row["part"] == "classifier rearing" and row["measure"].endswith(": bouts per min")
    }
    assert found.keys() == {(b, g) for b in ("rear", "groom") for g in ("control", "treated")}
    assert [found["rear", group][0] for group in ("control", "treated")] == [4, 2]
    assert found["groom", "control"] == (4, 0.0)  # it is learned, and nobody shows it
    assert found["groom", "treated"] == (2, 0.0)


def test_a_behavior_that_nobody_shows_is_0_and_changes_no_p(tmp_path):
    settings = {"column": "group", "reference": None, "animal_column": "subject"}
    given, found = tables(tmp_path), []
    for untold in ({}, {"rear": [], "never": []}):
        output = tmp_path / "groups.parquet"
        compare_and_write(given, [], untold, settings, str(output), {})
        found.append(pq.read_table(output).to_pylist())
    before, after = found
    never = [row for row in after if row["measure"].startswith("never: ")]
    rates = [row for row in never if row["measure"] == "never: bouts per min"]
    assert [(row["videos"], row["mean"]) for row in rates] == [(8, 0.0), (8, 0.0)]
    assert all(np.isnan(row["p"]) for row in never)
    assert repr([row for row in after if row not in never]) == repr(before)


def test_lengths_in_px_of_videos_that_have_a_scale_are_told(tmp_path):
    rows = pq.read_table(tables(tmp_path)["gait"]).to_pylist()
    animals = animals_of([(row["video"], "animal0") for row in VIDEOS])
    assert scale_warnings(rows, animals) == []  # none has one
    for row in rows:
        row["speed_cm_per_s_median"] = 10.0
    assert scale_warnings(rows, animals) == []
    for row in rows[:4]:
        row["speed_cm_per_s_median"] = np.nan
    [told] = scale_warnings(rows, animals)
    assert "no scale (cm_per_px) for m0_0, m0_1: " in told


def test_animals_of_one_video_are_animals_of_their_own():
    animals = animals_of(
        [("m1_0", "animal0"), ("m1_0", "animal1"), ("m1_1", "animal0"), ("x", "a")]
    )
    assert [*animals.animal.values()] == ["m1/animal0", "m1/animal1", "m1"]


def test_the_error_of_the_mean_of_limbs_is_as_large_as_theirs(tmp_path):
    rows = pq.read_table(tables(tmp_path)["gait"]).to_pylist()
    animals = animals_of([(row["video"], "animal0") for row in VIDEOS])
    measures = {m.name: m for m in gait_measures(rows, animals)}
    own = [r for r in rows if r["video"] == VIDEOS[0]["video"]]
    stride = measures["stride_time_s"]
    assert stride.value[0] == pytest.approx(np.mean([r["stride_time_s_median"] for r in own]))
    width = own[0]["stride_time_s_median_high"] - own[0]["stride_time_s_median_low"]
    assert stride.sd[0] == pytest.approx(width / (2 * 1.6449), rel=1e-3)
    assert np.isnan(measures["stride_length_px"].sd).all()


def sheet(*groups):
    return {
        f"v{i}": VideoRow(f"v{i}", f"v{i}.mp4", "", 1, None, None, None, {"group": group})
        for i, group in enumerate(groups)
    }


@pytest.mark.parametrize(
    ("column", "reference", "groups", "told"),
    [
        ("groop", None, ("a", "b"), "no column 'groop' in videos.tsv; did you mean 'group'"),
        ("group", None, ("a", "a", ""), "'group' of videos.tsv names a; two are compared"),
        ("group", "control", ("a", "b"), "reference: no group 'control' in the column 'group'"),
    ],
)
def test_groups_that_cannot_be_compared_are_told(column, reference, groups, told):
    settings = GroupSettings(column=column, reference=reference, animal_column="subject")
    [mistake] = group_mistakes(settings, "videos.tsv", sheet(*groups))
    assert told in mistake


@pytest.mark.parametrize(
    ("animals", "told"),
    [
        ("xyz", None),
        ("xxy", "the animal 'x' (column 'subject') belongs to the groups a, b; a group is"),
        ("xyxy", "the animal 'x' (column 'subject') belongs to the groups a, b, and so do 1 more;"),
        (["", "", ""], None),
    ],
)
def test_an_animal_has_one_group(animals, told):
    settings = GroupSettings(column="group", reference=None, animal_column="subject")
    rows = sheet(*"abba"[: len(animals)])
    for row, animal in zip(rows.values(), animals, strict=True):
        row.columns["subject"] = animal
    mistakes = group_mistakes(settings, "videos.tsv", rows)
    assert [told in mistake for mistake in mistakes] == [True] * (told is not None)


def test_groups_that_can_be_compared_are_no_mistake():
    for column in ("group", None):
        settings = GroupSettings(column=column, reference="a", animal_column="subject")
        assert group_mistakes(settings, "videos.tsv", sheet("a", "b", "")) == []


GROUPS = ["control", "treated"]


def cages(videos, individuals, subject=""):
    """Keys and sheet: videos of each group, each with individuals of its own."""
    sheet = [
        {"video": f"{group}{i}", "group": group, "subject": subject and f"{subject}{group}"}
        for group in GROUPS
        for i in range(videos)
    ]
    return [(row["video"], f"a{i}") for row in sheet for i in range(individuals)], sheet


def told_of(quality, seen, sheet):
    animals = Animals(seen, sheet, "group", "subject")
    return group_warnings(
        compare_groups([], GROUPS), conditions(quality, seen, animals), [], GROUPS
    )


def quality_of(sheet):
    """Errors that differ between the groups."""
    lot = np.random.default_rng(0)
    return [
        {
            "video": row["video"],
            "expected_error_of_size": 0.1 * (row["group"] == "treated") + 0.001 * lot.random(),
        }
        for row in sheet
    ]


@pytest.mark.parametrize(
    ("videos", "individuals", "subject", "is_told"),
    [(2, 4, "", False), (3, 4, "", True), (3, 1, "", True), (3, 4, "cage", False)],
)
def test_figures_of_a_video_count_once(videos, individuals, subject, is_told):
    """Two videos are two, however many animals they show; three of one cage are one."""
    keys, sheet = cages(videos, individuals, subject)
    quality, seen = quality_of(sheet), dict.fromkeys(keys, 1.0)
    error = conditions(quality, seen, Animals(keys, sheet, "group", "subject"))[0]
    assert error.value.tolist() == [row["expected_error_of_size"] for row in quality]
    assert any("the expected error" in each for each in told_of(quality, seen, sheet)) == is_told


@pytest.mark.parametrize("individuals", [1, 4])
def test_groups_of_which_an_animal_is_out_of_sight_for_longer_are_told(individuals):
    """Time in which an animal is not seen is time in which it does nothing that is told."""
    keys, sheet = cages(6, individuals)
    lot = np.random.default_rng(0)
    seen = {key: 1 - 0.01 * lot.random() for key in keys}
    quality = [{"video": row["video"]} for row in sheet]
    assert not any("is not seen differs" in each for each in told_of(quality, seen, sheet))
    seen |= {key: 0.5 for key in keys if key[0].startswith("treated") and key[1] == "a0"}
    assert any("is not seen differs" in each for each in told_of(quality, seen, sheet))


@pytest.mark.parametrize("names", [("video", "individual"), ()])
def test_the_part_of_the_frames_in_which_each_individual_is_seen(tmp_path, names):
    """Counted over more rows than are read at once; `c` is seen in no frame."""
    count = 80_000
    video = np.repeat(["v1", "v2"], 3 * count // 2)
    individual = np.tile(["a", "b", "c"], count)
    is_seen = np.random.default_rng(0).random(3 * count) < np.where(individual == "a", 0.9, 0.2)
    is_seen &= individual != "c"
    columns = {"video": pa.array(video), "individual": pa.array(individual)}
    columns |= {name: columns[name].dictionary_encode() for name in names}
    columns["bridged_keypoints"] = pa.array(np.where(is_seen, 0.0, np.nan))
    write_parquet(pa.table(columns), tmp_path / "features.parquet", {})
    found = present_animals(str(tmp_path / "features.parquet"))
    assert list(found) == [("v1", "a"), ("v1", "b"), ("v2", "a"), ("v2", "b")]
    for (one, name), part in found.items():
        assert part == pytest.approx(is_seen[(video == one) & (individual == name)].mean())
    old = pa.table(columns).drop_columns("bridged_keypoints")
    write_parquet(old, tmp_path / "features.parquet", {})
    assert present_animals(str(tmp_path / "features.parquet")) == {}
