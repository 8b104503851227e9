"""Time per behavior: parts of the time, counted by hand."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from superanimal_core.report.cohort_files import read_behavior_times
from superanimal_core.report.grouped import animals_of, groups_of, in_order
from superanimal_core.report.shares import (
    TABLE_ROWS,
    draw_shares,
    share_matrix,
    shares_of,
    time_section,
)
from superanimal_core.tables.group_tables import Animals


def row(video, individual, behavior, bouts, time_s):
    return {"video": video, "individual": individual, "behavior": behavior} | {
        "bouts": bouts, "time_s": time_s,
    }  # fmt: skip


TIMES = [
    row("v1", "a", "walk", 2, 5.0),
    row("v1", "b", "rest", 1, 10.0),
    row("v2", "a", "walk", 1, 2.0),
]
LASTING = {"v1": 20.0, "v2": 10.0, "v3": 10.0}
GROUPS = {"v1": "x", "v2": "y", "v3": "y"}


def shares(
    times, groups=GROUPS, classified=(), walks=(), lasting=LASTING, subjects=(), untold=(), seen=()
):
    """Shares of a study; `subjects` are the sheet's animals by video."""
    rows = [*times, *(row for own in dict(classified).values() for row in own), *walks]
    accounts = {v: {"columns": {"subject": dict(subjects).get(v, "")}} for v in groups}
    animals = animals_of(seen, rows, groups, accounts, "subject")
    return shares_of(times, dict(classified), animals, lasting, groups, dict(untold))


def by_key(shares):
    return {(s.video, s.individual, s.behavior): (s.part, s.bouts) for s in shares}


def table_of(shares, reference=None):
    section = time_section(shares, reference)
    return {(r[0], r[1]): r[2:] for r in section["table"].rows}


def test_every_animal_has_a_part_of_its_time_for_every_behavior():
    found = by_key(shares(TIMES, walks=[{"video": "v2", "individual": "b"}]))
    assert found == {
        ("v1", "a", "walk"): (0.25, 2),
        ("v1", "a", "rest"): (0.0, 0),
        ("v1", "b", "walk"): (0.0, 0),
        ("v1", "b", "rest"): (0.5, 1),
        ("v2", "a", "walk"): (0.2, 1),
        ("v2", "a", "rest"): (0.0, 0),
        ("v2", "b", "walk"): (0.0, 0),  # it has strides, but no bout
        ("v2", "b", "rest"): (0.0, 0),
        ("v3", "", "walk"): (0.0, 0),  # a video in which nobody does anything
        ("v3", "", "rest"): (0.0, 0),
    }


def test_videos_without_a_group_are_left_out_and_learned_behaviors_bear_their_classifier():
    groups = {"v2": "y"}
    found = by_key(shares(TIMES, groups, {"net": [row("v2", "a", "groom", 1, 1.0)]}))
    assert {key[0] for key in found} == {"v2"}
    assert found["v2", "a", "groom (net)"] == (0.1, 1)


def test_the_table_has_means_of_animals():
    section = time_section(shares(TIMES), "y")
    rows = {(r[0], r[1]): r[2:] for r in section["table"].rows}
    # walk in y: 20 % in v2, 0 in v3; 2 s in one bout, of 20 s
    assert rows["walk", "y"] == ("2", "1", "10.0", "1.0 to 19.0", "3.00", "2.00")
    assert rows["rest", "y"] == ("2", "0", "0.0", "0.0 to 0.0", "0.00", "–")
    assert rows["walk", "x"][:3] == ("2", "1", "12.5")
    assert [r[1] for r in section["table"].rows][:2] == ["y", "x"]  # the reference first
    assert section["is_grouped"]
    assert "<svg" in section["figure"]


def test_without_a_bout_there_is_no_section():
    assert time_section(shares([]), None) is None
    assert time_section([], None) is None
    assert time_section(shares([], untold={"walk": [*GROUPS]}), None) is None


def test_a_behavior_that_is_defined_and_that_nobody_shows_is_0():
    assert table_of(shares([], untold={"never": []}))["never", "y"] == (
        "2", "0", "0.0", "0.0 to 0.0", "0.00", "–",
    )  # fmt: skip
    matrix = share_matrix(shares(TIMES, untold={"never": []}))
    assert matrix["behaviors"] == ["never", "rest", "walk"]
    assert matrix["rows"][0]["cells"][0] == {"text": "0.0", "width": "0", "bouts": "0"}


def test_what_a_video_cannot_tell_is_not_0():
    """v3 has no such zone: the mean of y is that of v2 alone."""
    found = shares(TIMES, untold={"walk": ["v3"], "rest": []})
    assert table_of(found)["walk", "y"] == ("1", "1", "20.0", "20.0 to 20.0", "6.00", "2.00")
    assert table_of(found)["rest", "y"][0] == "2"
    [cells] = [r["cells"] for r in share_matrix(found)["rows"] if r["video"] == "v3"]
    assert cells[0]["text"] == "0.0"
    assert cells[1] == {"text": "–", "width": "0", "bouts": ""}
    strips = draw_shares(found, ["x", "y"]).axes[0].collections  # rest x, rest y, walk x, walk y
    assert [len(strip.get_offsets()) for strip in strips] == [2, 2, 2, 1]
    nobody = table_of(shares(TIMES, untold={"walk": ["v2", "v3"]}))
    assert nobody["walk", "y"] == ("0", "–", "–", "–", "–", "–")


def test_animals_that_a_classifier_was_not_asked_about_do_not_count():
    asked = [row("v1", "a", "groom", 0, 0.0), row("v2", "a", "groom", 1, 1.0)]
    found = shares(TIMES, classified={"net": asked})
    assert {(s.video, s.individual) for s in found if s.is_told and "groom" in s.behavior} == {
        ("v1", "a"), ("v2", "a"),
    }  # fmt: skip
    assert table_of(found)["groom (net)", "y"][:3] == ("1", "1", "10.0")
    assert table_of(found)["groom (net)", "x"][:3] == ("1", "0", "0.0")


def test_an_animal_of_several_videos_counts_once():
    """It walks for 20 % and 0 % of its videos, 10 %; the other for 50 %."""
    groups = dict.fromkeys(("v2", "v3", "v4"), "y")
    found = shares(
        [TIMES[2], row("v4", "a", "walk", 4, 10.0)],
        groups,
        lasting=LASTING | {"v4": 20.0},
        subjects={"v2": "m1", "v3": "m1", "v4": "m2"},
    )
    assert table_of(found)["walk", "y"] == ("2", "2", "30.0", "12.0 to 48.0", "7.50", "2.40")
    assert len(share_matrix(found)["rows"]) == 3  # by video


def test_animals_are_called_as_in_the_comparison_of_groups():
    accounts = {v: {"columns": {"subject": "m1"} if v == "v1" else {}} for v in GROUPS}
    assert animals_of([], TIMES, GROUPS, accounts, "subject") == {
        ("v1", "a"): "m1/a", ("v1", "b"): "m1/b", ("v2", "a"): "v2", ("v3", ""): "v3",
    }  # fmt: skip
    assert animals_of([], TIMES, {"v2": "y"}, accounts, "subject") == {("v2", "a"): "v2"}
    seen = [(video, individual) for video in ("v1", "v2", "v3", "v4") for individual in "ab"]
    accounts = {v: {"columns": {"subject": "m1"}} for v in GROUPS}
    sheet = [{"video": v, "group": group, "subject": "m1"} for v, group in GROUPS.items()]
    found = animals_of(seen, TIMES, GROUPS, accounts, "subject")
    assert found == Animals(seen, sheet, "group", "subject").animal
    assert {*found.values()} == {"m1/a", "m1/b"}


def test_an_animal_that_is_seen_and_does_nothing_counts():
    """Two of four animals of y walk for half of the time, in videos of two animals each: 25 %."""
    times = [row(video, "a", "walk", 1, 5.0) for video in ("v2", "v3")]
    seen = [(video, individual) for video in ("v2", "v3") for individual in "ab"]
    found = shares(times, {"v2": "y", "v3": "y"}, seen=seen)
    assert table_of(found)["walk", "y"][:3] == ("4", "2", "25.0")
    assert len(share_matrix(found)["rows"]) == 4


def test_an_animal_that_is_never_seen_does_not_count():
    """Other programs name as many animals as there may be in any video."""
    asked = [row("v2", name, "groom", 0, 0.0) for name in "ab"]
    found = shares(TIMES, {"v2": "y"}, {"net": asked}, seen=[("v2", "a")])
    assert {(share.individual, share.animal) for share in found} == {("a", "v2")}


@pytest.mark.parametrize(("animals", "left_out"), [(TABLE_ROWS, 0), (TABLE_ROWS + 1, 1)])
def test_the_table_by_video_ends_where_the_page_has_no_room(animals, left_out):
    videos = [f"v{i}" for i in range(animals)]
    times = [row(video, "a", "walk", 1, 1.0) for video in videos]
    groups, lasting = dict.fromkeys(videos, "all"), dict.fromkeys(videos, 4.0)
    matrix = share_matrix(shares(times, groups, lasting=lasting))
    assert (len(matrix["rows"]), matrix["left_out"]) == (TABLE_ROWS, left_out)
    assert matrix["rows"][0]["cells"] == [{"text": "25.0", "width": "25", "bouts": "1"}]


def test_a_video_whose_length_nobody_knows_has_no_part():
    (share,) = shares([row("v", "a", "walk", 1, 1.0)], {"v": "all"}, lasting={})
    assert np.isnan(share.part)
    assert share_matrix([share])["rows"][0]["cells"][0]["text"] == "–"
    assert table_of([share])["walk", "all"] == ("0", "–", "–", "–", "–", "–")


def test_animals_of_whom_no_part_is_known_are_not_counted():
    """Nobody knows how long v3 lasts, in which one animal walks."""
    times = [*TIMES, row("v3", "a", "walk", 9, 9.0)]
    found = shares(times, lasting={"v1": 20.0, "v2": 10.0})
    assert table_of(found)["walk", "y"] == ("1", "1", "20.0", "20.0 to 20.0", "6.00", "2.00")


def test_times_are_sums_over_all_bouts(tmp_path):
    random = np.random.default_rng(0)
    count = 500
    names = {
        "video": random.choice(["v1", "v2"], count),
        "individual": random.choice(["a", "b"], count),
        "behavior": random.choice(["walk", "rest", "rear"], count),
    }
    start_s = random.uniform(0, 100, count)
    stop_s = start_s + random.uniform(0, 5, count)
    table = {name: pa.array(values.tolist()).dictionary_encode() for name, values in names.items()}
    pq.write_table(pa.table(table | {"start_s": start_s, "stop_s": stop_s}), tmp_path / "b.parquet")
    found = read_behavior_times(tmp_path / "b.parquet")
    assert len(found) == 12
    for one in found:
        own = np.all([names[key] == one[key] for key in names], axis=0)
        assert one["bouts"] == own.sum()
        assert one["time_s"] == pytest.approx((stop_s - start_s)[own].sum())


def test_a_study_without_videos_has_no_times(tmp_path):
    pq.write_table(pa.table({"video": pa.array([], pa.string())}), tmp_path / "b.parquet")
    assert read_behavior_times(tmp_path / "b.parquet") == []


def test_groups_are_those_of_the_column_and_failed_videos_have_none():
    videos = [
        {"video": v, "status": s} for v, s in (("a", "ok"), ("b", "flagged"), ("c", "failed"))
    ]
    cells = {"a": "treated", "b": "", "c": "control"}
    accounts = {video: {"columns": {"group": cell}} for video, cell in cells.items()}
    assert groups_of(videos, accounts, "group") == {"a": "treated"}
    assert groups_of(videos, accounts, None) == {"a": "all", "b": "all"}
    assert in_order(["b", "c", "a", "b"], "c") == ["c", "a", "b"]
    assert in_order(["b", "a"], None) == ["a", "b"]
