"""One bad video stops nothing and hides nowhere, whatever is wrong with it."""

import os
import re
import shutil
import subprocess
from html import unescape

import av
import numpy as np
import pyarrow.parquet as pq
import pytest
from tiny_study import (
    add_videos,
    change_setting,
    environment,
    planned,
    quality_rows,
    run_snakemake,
)

from superanimal_core.errors import VideoError
from superanimal_core.report.video_file import write_video
from superanimal_core.tables.parquet import read_parquet, read_record

INDEX = "superanimal_core.media.frame_index index_frames"
TABLES = ("strides", "gait", "features", "bouts", "quality")


def truncate(source, target, part=0.6):
    content = source.read_bytes()
    target.write_bytes(content[: int(len(content) * part)])


def write_gray_video(path, frames=20):
    write_video(iter([np.full((240, 320, 3), 128, np.uint8)] * frames), path, 50.0)


def write_zero_frame_video(path):
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
        container.mux(stream.encode(None))


def check_cohort(study, failed):
    """Full cohort tables without the failed videos, a report, and one sentence for each of them."""
    rows = quality_rows(study)
    assert set(rows) == {"mouse", *failed}
    assert rows["mouse"]["status"] in ("ok", "flagged")
    for video, (stage, words) in failed.items():
        row = rows[video]
        assert (row["status"], row["stage"]) == ("failed", stage)
        assert words in row["reason"]
        assert "\n" not in row["reason"]
    for name in TABLES[:-1]:
        table = pq.read_table(study / f"results/tables/{name}.parquet")
        videos = set(table["video"].to_pylist()) if len(table) else set()
        assert videos <= {"mouse"}
    features = pq.read_table(study / "results/tables/features.parquet")
    assert set(features["video"].to_pylist()) == {"mouse"}
    poses = pq.read_table(study / "results/tables/poses.parquet")
    assert set(poses["video"].to_pylist()) == {"mouse"}
    assert len(poses) == 40 * 27
    page = (study / "results/report/index.html").read_text()
    assert all(video in page for video in failed)


def check_repair_commands(workflow, study, failed):
    """The page's commands, pasted into a shell in the study's folder: each is about one video."""
    page = (study / "results/report/index.html").read_text()
    section = page[page.index('<section id="failures">') : page.index("</section>")]
    commands = [
        unescape(command) for command in re.findall(r"<pre>(.*?)</pre>", section, re.DOTALL)
    ]
    assert len(commands) == len(failed)
    for video in failed:
        (command,) = [each for each in commands if f"results/videos/{video}/" in each]
        dry = subprocess.run(
            f"{command} -n",
            shell=True,
            cwd=study,
            env=environment(workflow),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        jobs = planned(dry)
        assert {"probe_video", "predict_poses", "check_video"} <= jobs.keys()
        assert set(jobs.values()) == {1}
        assert f"results/videos/{video}/frames.parquet" in dry.stdout


def check_message(result, done, failed):
    told = result.stdout
    assert f"{done} of {done + len(failed)} videos done" in told
    assert f"{len(failed)} failed: results/tables/quality.parquet" in told
    for video, (stage, words) in failed.items():
        line = next(line for line in told.splitlines() if line.startswith(f"  {video}: "))
        assert line.startswith(f"  {video}: {stage}: ")
        assert words in line


@pytest.mark.slow
def test_a_known_fault_an_exception_and_a_dead_process_stop_nothing(workflow, study, sabotage):
    raw = study / "raw"
    truncate(raw / "mouse.mp4", raw / "cut.mp4")
    for name in ("raises", "dies"):
        shutil.copy(raw / "mouse.mp4", raw / f"{name}.mp4")
    add_videos(study, "cut", "raises", "dies")
    change_setting(study, "report.labeled_videos", ["mouse", "cut"])
    plan = sabotage(f"{INDEX} raises.mp4 raise", f"{INDEX} dies.mp4 kill")
    result = run_snakemake(workflow, study, sabotage=plan)
    assert result.returncode == 0, result.stdout
    failed = {
        "cut": ("probe_video", "cannot be opened as a video"),
        "raises": ("probe_video", "RuntimeError: sabotaged raises.mp4 (traceback in the log)"),
        "dies": ("probe_video", "the process died with SIGKILL; it may have run out of memory"),
    }
    check_cohort(study, failed)
    check_repair_commands(workflow, study, failed)
    check_message(result, 1, failed)
    assert "Traceback" in (study / "logs/probe_video/raises.log").read_text()
    assert (study / "results/videos/cut/labeled.mp4").stat().st_size > 0  # a card that says why
    with pytest.raises(VideoError, match="cannot be opened"):
        read_parquet(study / "results/videos/cut/strides.parquet")
    assert planned(run_snakemake(workflow, study, "-n")) == {}
    change_setting(study, "quality.max_failed_fraction", 0.5)
    for _ in range(2):  # each time, also when nothing else is to do
        result = run_snakemake(workflow, study)
        assert result.returncode == 1
        assert "judge_run: 3 of 4 videos failed, more than quality.max_failed_fraction" in (
            result.stdout
        )
    assert planned(run_snakemake(workflow, study, "-n")) == {"judge_run": 1, "all": 1}


def frames_of(study, video):
    return study / f"results/videos/{video}/frames.parquet"


def test_with_retries_only_the_last_attempt_gives_up(workflow, study, sabotage):
    names = ("flaky", "stumbles", "raises", "dies")
    for name in names:
        os.link(study / "raw/mouse.mp4", study / f"raw/{name}.mp4")
    add_videos(study, *names)
    plan = sabotage(
        f"{INDEX} flaky.mp4 raise-once",
        f"{INDEX} stumbles.mp4 kill-once",
        f"{INDEX} raises.mp4 raise",
        f"{INDEX} dies.mp4 kill",
    )
    targets = [str(frames_of(study, name).relative_to(study)) for name in names]
    result = run_snakemake(workflow, study, "--retries", "1", *targets, sabotage=plan)
    assert result.returncode == 0, result.stdout
    called = (plan / "calls.txt").read_text().split()
    assert {name: called.count(f"{name}.mp4") for name in names} == dict.fromkeys(names, 2)
    for name in ("flaky", "stumbles"):
        assert len(read_parquet(frames_of(study, name))) == 40
    for name, words in (("raises", "sabotaged"), ("dies", "SIGKILL")):
        failure = read_record(frames_of(study, name))["failure"]
        assert failure["stage"] == "probe_video"
        assert words in failure["reason"]


def test_a_mended_file_is_tried_again(workflow, study, sabotage):
    truncate(study / "raw/mouse.mp4", study / "raw/cut.mp4")
    add_videos(study, "cut")
    target = str(frames_of(study, "cut").relative_to(study))
    assert run_snakemake(workflow, study, target).returncode == 0
    assert "failure" in read_record(frames_of(study, "cut"))
    assert planned(run_snakemake(workflow, study, "-n", target)) == {}
    shutil.copy(study / "raw/mouse.mp4", study / "raw/cut.mp4")
    assert planned(run_snakemake(workflow, study, "-n", target)) == {"probe_video": 1}


@pytest.mark.slow
def test_files_that_hold_no_frame_are_failed_rows(workflow, study):
    raw = study / "raw"
    (raw / "empty.mp4").touch()
    (raw / "text.mp4").write_text("this is not a video\n" * 100)
    write_zero_frame_video(raw / "noframes.mp4")
    add_videos(study, "empty", "text", "noframes")
    result = run_snakemake(workflow, study)
    assert result.returncode == 0, result.stdout
    failed = {
        "empty": ("probe_video", "raw/empty.mp4 is empty (0 bytes)"),
        "text": ("probe_video", "raw/text.mp4 cannot be opened as a video"),
        "noframes": ("probe_video", "raw/noframes.mp4"),
    }
    check_cohort(study, failed)
    check_message(result, 1, failed)


@pytest.mark.slow
def test_a_process_that_dies_in_the_middle_of_the_chain_is_a_failed_row(workflow, study, sabotage):
    shutil.copy(study / "raw/mouse.mp4", study / "raw/dies.mp4")
    add_videos(study, "dies")
    plan = sabotage("superanimal_core.jobs.chunked_poses read_frames dies kill")
    result = run_snakemake(workflow, study, sabotage=plan)
    assert result.returncode == 0, result.stdout
    failed = {"dies": ("predict_poses", "the process died with SIGKILL")}
    check_cohort(study, failed)
    check_message(result, 1, failed)
    assert len(read_parquet(frames_of(study, "dies"))) == 40


@pytest.mark.slow
def test_videos_without_an_animal_end_as_rows_even_when_no_video_is_left(workflow, study):
    """No detection reaches this score, neither for a gray picture nor for the mouse."""
    write_gray_video(study / "raw/gray.mp4")
    add_videos(study, "gray")
    change_setting(study, "detector.min_score", 0.99)
    result = run_snakemake(workflow, study)
    assert result.returncode == 0, result.stdout
    rows = quality_rows(study)
    assert {row["status"] for row in rows.values()} == {"failed"}
    assert rows["gray"]["stage"] == "predict_poses"
    looks = len((0, 1, 3, 7, 15, 19))  # further and further apart, and the last frame of 20
    assert f"no animal was found in any of {looks} frames looked at" in rows["gray"]["reason"]
    assert "needed 0.99" in rows["mouse"]["reason"]
    for name in TABLES[:-1]:
        assert len(pq.read_table(study / f"results/tables/{name}.parquet")) == 0
    assert "gray" in (study / "results/report/index.html").read_text()
    assert "0 of 2 videos done, 2 failed" in result.stdout
    assert planned(run_snakemake(workflow, study, "-n")) == {}
