"""Jobs that run: found by the marks that Snakemake itself leaves, and what their logs say."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from superanimal_core.commands import progress, running
from superanimal_core.commands.progress import (
    LATELY_S,
    VideoProgress,
    count_stages,
    videos_per_s,
)
from superanimal_core.commands.running import MARKS, SILENT_S, RunningJob, running_jobs
from superanimal_core.commands.status import row_of, silent_lines
from superanimal_core.report.cells import told_time

LONG = "a video with a long name " * 9  # its mark is in several parts
TOY = """
LONG = {long!r}
rule all:
    input: f"results/videos/{{LONG}}/poses.parquet", "results/models/mouse/member-7", "results/x"
rule smooth_poses:
    output: "results/videos/{{video}}/poses.parquet"
    shell: "while [ ! -e go ]; do sleep .1; done; touch '{{output}}'"
rule fine_tune:
    output: directory("results/models/{{model}}/member-{{seed}}")
    shell: "while [ ! -e go ]; do sleep .1; done; mkdir {{output}}"
rule other:
    output: "results/x"
    shell: "while [ ! -e go ]; do sleep .1; done; touch {{output}}"
"""


def test_the_jobs_of_a_real_run_are_told(tmp_path):
    (tmp_path / "Snakefile").write_text(TOY.format(long=LONG))
    command = [sys.executable, "-m", "snakemake", "--cores", "3"]
    run = subprocess.Popen(command, cwd=tmp_path, stdout=-3, stderr=-3)
    try:
        while len(running_jobs(tmp_path)) < 2:  # Snakemake marks a job after it has started it
            assert run.poll() is None
            time.sleep(0.05)
        log = tmp_path / f"logs/smooth_poses/{LONG}.log"
        log.parent.mkdir(parents=True)
        log.write_text("3/12 frames, 2/s, 4 s left\n")
        found = {job.of: job for job in running_jobs(tmp_path)}
        [lock, *_] = (tmp_path / ".snakemake/locks").glob("*.lock")
        began_s = lock.stat().st_mtime
        for mark in filter(Path.is_file, (tmp_path / MARKS).rglob("*")):
            os.utime(mark, (began_s - 1, began_s - 1))  # as a run leaves them that was ended
        left = running_jobs(tmp_path)
    finally:
        (tmp_path / "go").touch()
        assert run.wait(60) == 0
    assert set(found) == {LONG, "mouse/member-7"}
    assert left == []
    smoothing = found[LONG]
    assert (smoothing.rule, smoothing.part) == ("smooth_poses", 0.25)
    assert smoothing.per_s == pytest.approx(2 / 12)
    assert smoothing.said == "3/12 frames, 2/s, 4 s left"
    assert found["mouse/member-7"].said_s is None  # it has no log
    assert running_jobs(tmp_path) == []


NOW, BEGAN = 100_000.0, 90_000.0


def job(**changes):
    return RunningJob("smooth_poses", "a", Path("logs/a.log"), 0.0, **changes)


@pytest.mark.parametrize(("seconds", "is_told"), [(SILENT_S - 60, False), (SILENT_S + 1, True)])
def test_a_job_that_has_been_silent_for_long_is_told(seconds, is_told):
    lines = [*silent_lines([job(said_s=NOW - seconds, said="3/9 frames")], NOW)]
    assert bool(lines) is is_told
    if is_told:
        assert lines == [
            "  a: smooth_poses has said nothing for 30 min; its last words: 3/9 frames (logs/a.log)"
        ]


def test_a_job_that_waits_is_not_silent():
    assert not [*silent_lines([job()], NOW)]


def test_a_job_that_speaks_by_a_clock_ahead_is_not_silent():
    assert job(said_s=NOW + 3600).silent_s(NOW) == 0.0


@pytest.mark.parametrize(
    ("made_s", "running", "expected"),
    [
        ([], [], 0.0),
        ([], [0.01, 0.02], 0.03),
        ([NOW - 10, NOW - 20], [0.03], 0.03),  # few
        ([NOW, NOW - 10, NOW - 20], [0.03], 0.1),
        (range(int(NOW) - 3000, int(NOW) + 1, 10), [], 0.1),
        ([NOW - LATELY_S - 1, NOW - 10, NOW - 20], [], 0.0),  # one of them too long ago
        ([NOW - LATELY_S + 1, NOW - 10, NOW - 20], [], 2 / (LATELY_S - 1)),
        ([NOW - 10, NOW - 20, BEGAN - 1], [], 0.0),
        ([NOW + 3600, NOW + 3590, NOW + 3580], [], 0.1),  # a disk whose clock is ahead
        ([NOW, NOW, NOW], [], 2.0),
    ],
)
def test_how_fast_a_stage_goes_on(made_s, running, expected):
    jobs = [job(per_s=per_s) for per_s in running]
    assert videos_per_s(made_s, jobs, BEGAN, NOW) == pytest.approx(expected)


def test_videos_that_an_earlier_run_made_tell_nothing():
    assert videos_per_s([NOW - 3, NOW - 2, NOW - 1], [], NOW - 2.5, NOW) == 0.0


def test_the_time_left_counts_what_running_jobs_have_done():
    videos = [VideoProgress(name, frozenset({"smooth_poses"})) for name in "ab"]
    videos += [VideoProgress(name, frozenset()) for name in "cdef"]
    jobs = [job(said_s=1.0, part=0.5, per_s=0.001), job(said_s=1.0, part=0.25, per_s=0.001), job()]
    (count,) = count_stages(videos, ["smooth_poses"], jobs, since_s=0.0)
    assert (count.done, count.left, count.running, count.waiting) == (2, 4, 2, 1)
    assert count.left_s == pytest.approx((4 - 0.75) / 0.002)
    line = row_of(count)
    assert line.split()[:4] == ["smooth_poses", "2", "0", "4"]
    assert line.endswith(f"2 running, 1 waiting, 7.2 an hour, {told_time(1625)} left")


def test_the_clock_is_that_of_the_studys_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(running.time, "time", lambda: 5.0)
    assert running.now_s_of(tmp_path) == 5.0  # never run: there is no folder to ask in
    (tmp_path / ".snakemake").mkdir()
    (tmp_path / "beside").touch()
    assert running.now_s_of(tmp_path) == pytest.approx(
        (tmp_path / "beside").stat().st_mtime, abs=60
    )
    assert not [*(tmp_path / ".snakemake").iterdir()]


def test_a_stage_that_is_made_again_tells_how_many():
    videos = [VideoProgress(n, frozenset({"smooth_poses"}), made_s={"smooth_poses": s})
              for n, s in (("a", BEGAN - 1), ("b", BEGAN), ("c", NOW))]  # fmt: skip
    (count,) = count_stages(videos, ["smooth_poses"], [job(said_s=NOW)], BEGAN, NOW)
    assert (count.made, count.left) == (2, 0)
    assert row_of(count).endswith("   1 running, 2 made again")
    (over,) = count_stages(videos, ["smooth_poses"], [], BEGAN, NOW)
    assert row_of(over).split() == ["smooth_poses", "3", "0", "0"]


def test_brought_predictions_run_in_the_stage_of_predictions():
    video = VideoProgress("a", frozenset())
    jobs = [RunningJob("read_predictions", "a", Path("log"), 0.0, said_s=1.0)]
    assert count_stages([video], ["predict_poses"], jobs)[0].running == 1


def test_a_file_that_gets_its_last_name_meanwhile_hides_no_other(tmp_path, monkeypatch):
    for name in ("adapted", "boxes.parquet", "frames.parquet"):
        (tmp_path / name).touch()
    there = [*os.scandir(tmp_path)]
    there.sort(key=lambda entry: entry.name)
    (tmp_path / "adapted").unlink()
    monkeypatch.setattr(progress.os, "scandir", lambda _: there)
    assert set(progress.times_in(tmp_path)) == {"boxes.parquet", "frames.parquet"}
    monkeypatch.undo()
    assert progress.times_in(tmp_path / "nowhere") == {}
    assert progress.times_in(tmp_path / "boxes.parquet") == {}
