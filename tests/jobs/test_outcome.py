"""What a run tells at its end."""

import os
import time

import pyarrow as pa
import pytest

from superanimal_core.errors import SuperAnimalError
from superanimal_core.jobs.outcome import ended_lines, judge_run, outcome_lines
from superanimal_core.tables.parquet import write_failure, write_parquet


def write_quality_table(folder, rows):
    table = pa.Table.from_pylist(
        [dict(zip(("video", "status", "stage", "reason"), row, strict=True)) for row in rows]
    )
    write_parquet(table, folder / "tables/quality.parquet", {})


def test_a_run_tells_how_many_videos_are_done_and_why_the_others_failed(tmp_path):
    assert outcome_lines(tmp_path, 0.0) == []
    failed = [(f"v{i}", "failed", "probe_video", f"reason {i}") for i in range(12)]
    write_quality_table(tmp_path, [("a", "ok", "", ""), ("b", "flagged", "", "f"), *failed])
    first, *rest = outcome_lines(tmp_path, 0.0)
    assert first.startswith("2 of 14 videos done (1 of them flagged), 12 failed: ")
    assert "tables/quality.parquet (see " in first
    assert rest == [f"  v{i}: probe_video: reason {i}" for i in range(10)] + ["  and 2 more"]


@pytest.mark.parametrize(("allowed", "is_good"), [(0.0, False), (0.24, False), (0.25, True)])
def test_a_run_is_good_while_no_more_videos_failed_than_allowed(tmp_path, allowed, is_good):
    rows = [(name, "ok", "", "") for name in "abc"]
    write_quality_table(tmp_path, [*rows, ("d", "failed", "probe_video", "cut")])
    table, verdict = tmp_path / "tables/quality.parquet", tmp_path / "verdict.txt"
    if is_good:
        judge_run(table, "index.html", verdict, allowed)
        assert verdict.read_text() == "1 of 4 videos failed\n"
    else:
        with pytest.raises(SuperAnimalError, match="1 of 4 videos failed, more than"):
            judge_run(table, "index.html", verdict, allowed)
        assert not verdict.exists()


def date(path, date_s):
    os.utime(path, (date_s, date_s))


@pytest.mark.parametrize(("written_s", "is_told"), [(1000.0, True), (999.0, False)])
def test_figures_of_an_earlier_run_are_not_told_as_this_ones(tmp_path, written_s, is_told):
    write_quality_table(tmp_path, [("a", "ok", "", "")])
    date(tmp_path / "tables/quality.parquet", written_s)
    assert bool(outcome_lines(tmp_path, since_s=1000.0)) == is_told


def test_a_part_of_a_run_tells_what_it_did_itself(tmp_path):
    write_quality_table(tmp_path, [("a", "ok", "", ""), ("b", "ok", "", ""), ("c", "ok", "", "")])
    for video in "abc":
        write_parquet(pa.table({"x": [1]}), tmp_path / f"videos/{video}/frames.parquet", {})
    date(tmp_path / "videos/c/frames.parquet", 5)
    date(tmp_path / "tables/quality.parquet", 5)
    failure = {"failure": {"stage": "probe_video", "reason": "it is empty"}}
    write_failure(tmp_path / "videos/b/boxes.parquet", failure)
    assert outcome_lines(tmp_path, since_s=time.time() - 100) == [
        "this run worked on 2 videos, 1 of them failed; "
        "it did not come to the table of all videos; "
        f"{tmp_path / 'tables/quality.parquet'} is that of a run before",
        "  b: probe_video: it is empty",
    ]


def test_a_part_of_a_run_tells_a_prediction_that_failed(tmp_path):
    write_parquet(pa.table({"x": [1]}), tmp_path / "videos/a/boxes.parquet", {})
    failure = {"failure": {"stage": "predict_poses", "reason": "out of memory"}}
    write_failure(tmp_path / "videos/a/predicted", failure)
    assert outcome_lines(tmp_path, since_s=time.time() - 100) == [
        "this run worked on 1 videos, 1 of them failed; it did not come to the table of all videos",
        "  a: predict_poses: out of memory",
    ]


def test_a_run_that_was_stopped_has_not_failed():
    done = ["this run worked on 1 videos"]
    assert ended_lines(done, is_stopped=True) == [
        "Stopped before its end; the same command goes on. So far:",
        *done,
    ]
    assert ended_lines([], is_stopped=True) == ["Stopped before its end; the same command goes on."]
    assert ended_lines(done, is_stopped=False)[0].startswith("Some jobs failed")
    assert ended_lines([], is_stopped=False) == ["Some jobs failed, or too many videos."]
