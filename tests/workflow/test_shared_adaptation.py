"""Cameras whose videos share an adaptation: no circle, lists that stand, others left alone."""

import json
import shutil

import pyarrow.parquet as pq
import pytest
from tiny_study import change_setting, planned, run_snakemake

from superanimal_core.tables.parquet import read_record

MODEL = "results/models/mouse/adapted"
SHARED = {"offer_lessons", "settle_videos", "adapt_together"}


def add_cameras(study, *videos, per="camera"):
    """Copies of the first video, by camera and number: top1, side1, top2, ..."""
    change_setting(study, "adaptation.per", per)
    rows = ["path\tvideo\ttruth\tcamera", "raw/mouse.mp4\tmouse\traw/mouse.truth.parquet\ttop"]
    for video in videos:
        shutil.copy2(study / "raw/mouse.mp4", study / f"raw/{video}.mp4")
        rows.append(f"raw/{video}.mp4\t{video}\traw/mouse.truth.parquet\t{video.rstrip('0123')}")
    (study / "config/videos.tsv").write_text("\n".join(rows) + "\n")


@pytest.mark.slow
def test_the_graph_of_shared_adaptations_has_no_circle(workflow, fresh_study):
    add_cameras(fresh_study, "top1", "side1")
    jobs = planned(run_snakemake(workflow, fresh_study, "-n"))
    assert {rule: jobs.get(rule) for rule in SHARED} == {
        "offer_lessons": 3, "settle_videos": 2, "adapt_together": 2
    }  # fmt: skip
    assert jobs["adapt_to_video"] == jobs["predict_poses"] == 3
    change_setting(fresh_study, "adaptation.per", "cohort")
    jobs = planned(run_snakemake(workflow, fresh_study, "-n"))
    assert (jobs["settle_videos"], jobs["adapt_together"], jobs["offer_lessons"]) == (1, 1, 3)
    change_setting(fresh_study, "adaptation.max_videos", 2)
    assert planned(run_snakemake(workflow, fresh_study, "-n"))["offer_lessons"] == 2
    change_setting(fresh_study, "adaptation.per", "video")
    assert not SHARED & planned(run_snakemake(workflow, fresh_study, "-n")).keys()


def test_a_video_without_a_camera_is_told_before_any_job(workflow, fresh_study):
    add_cameras(fresh_study, "top1")
    sheet = fresh_study / "config/videos.tsv"
    sheet.write_text(sheet.read_text().removesuffix("top\n"))
    result = run_snakemake(workflow, fresh_study, "-n")
    assert result.returncode != 0
    assert "1 to mend before anything runs" in result.stdout
    assert "config/videos.tsv: 'top1' has no camera, by which adaptation.per: camera" in (
        result.stdout
    )


def adapted(*videos):
    """The folders of their last predictions, which is as far as these tests go."""
    return [f"results/videos/{video}/adapted" for video in videos]


@pytest.mark.slow
def test_cameras_learn_once_and_stand(workflow, fresh_study):
    study = fresh_study
    add_cameras(study, "top1", "side1")
    change_setting(study, "adaptation.frames", "kinds")
    result = run_snakemake(workflow, study, *adapted("mouse", "top1", "side1"))
    assert result.returncode == 0, result.stdout[-6000:]
    check_networks(study)
    one = adapted("top1")  # one video's adaptation made again touches no other's
    assert planned(run_snakemake(workflow, study, "-n", "-f", *one)) == {"adapt_to_video": 1}
    add_cameras(study, "top1", "side1", "top2")  # teaches nothing, and is seen by what is there
    jobs = planned(run_snakemake(workflow, study, "-n", *adapted("mouse", "top1", "side1", "top2")))
    assert jobs == {"probe_video": 1, "predict_poses": 1, "adapt_to_video": 1}
    add_cameras(study, "side1")  # what a video taught that has left stays
    assert planned(run_snakemake(workflow, study, "-n", *adapted("mouse", "side1"))) == {}
    add_cameras(study, "top1", "side1", "top2")
    (study / MODEL / "camera-top/videos.txt").unlink()  # a new list is asked for
    jobs = planned(run_snakemake(workflow, study, "-n", *adapted("mouse", "top1", "side1", "top2")))
    # each has a smaller share of the frames: all of this camera teach anew, none of the other
    assert {rule: jobs[rule] for rule in SHARED} == {
        "offer_lessons": 3, "settle_videos": 1, "adapt_together": 1
    }  # fmt: skip
    assert jobs["adapt_to_video"] == 3
    check_table(workflow, study)


def check_networks(study):
    taught = {"camera-top": ["mouse", "top1"], "camera-side": ["side1"]}
    for name, videos in taught.items():
        folder = study / MODEL / name
        assert (folder / "videos.txt").read_text().split() == videos
        made_by = json.loads((folder / "member-0/bundle.json").read_text())["made_by"]
        assert [*made_by["taught"], *made_by["without"]] == videos
        assert sorted(path.name for path in (folder / "offered").iterdir()) == videos
        for video in videos:
            adapted = study / f"results/videos/{video}/adapted/member-0.parquet"
            record = read_record(adapted)
            inputs = [path for path in record["inputs"] if "/adapted/" in path]
            assert inputs == [f"{MODEL}/{name}/member-0"]
            before = study / f"results/videos/{video}/predicted/member-0.parquet"
            same = pq.read_table(adapted).to_pandas().equals(pq.read_table(before).to_pandas())
            assert same != record["verdict"]["is_kept"]


def check_table(workflow, study):
    (study / MODEL / "camera-top/videos.txt").write_text("mouse\ntop1\n")
    result = run_snakemake(workflow, study, "adaptation_table")
    assert result.returncode == 0, result.stdout[-6000:]
    rows = pq.read_table(study / "results/adaptation/table.parquet").to_pylist()
    told = {row["video"]: (row["shared_by"], row["is_learned_from"]) for row in rows}
    assert told == {
        "mouse": ("mouse/camera-top", True),
        "top1": ("mouse/camera-top", True),
        "side1": ("mouse/camera-side", True),
        "top2": ("mouse/camera-top", False),
    }
    gain = {row["video"]: row["robustness_gain_px"] for row in rows}
    assert gain["mouse"] == gain["top1"] == next(r["gain_px"] for r in rows if r["video"] == "top2")
