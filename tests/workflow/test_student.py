"""A student in a study: no circle, a list that stands, a broken video, and who sees what."""

import json
import shutil

import pyarrow.parquet as pq
import pytest
from tiny_study import change_setting, planned, quality_rows, run_snakemake

TEACHING = "results/models/fast/teaching"
DISTILLATION = {"stretches": 3, "neighbors": 2, "min_score": 0.0, "max_error": 1e6}
DISTILLATION |= {"probe_frames": 2, "lessons": 3, "videos": 9}
TEACH = {"watch_for_student", "choose_lessons", "distill", "compare_student"}
SHEET = "path\tvideo\tmodel\nraw/mouse.mp4\tmouse\tmouse\n"


def add_student(study, *videos):
    """A student of the study's model; videos that have it as their model, copies of the first."""
    change_setting(study, "models.fast", {"student_of": "mouse"})
    change_setting(study, "distillation", DISTILLATION)
    rows = [f"raw/{video}.mp4\t{video}\tfast\n" for video in videos]
    (study / "config/videos.tsv").write_text(SHEET + "".join(rows))
    for video in videos:
        if not (study / f"raw/{video}.mp4").exists():
            shutil.copy(study / "raw/mouse.mp4", study / f"raw/{video}.mp4")


def test_the_graph_of_a_study_with_a_student_has_no_circle(workflow, fresh_study):
    add_student(fresh_study, "second")
    jobs = planned(run_snakemake(workflow, fresh_study, "-n"))
    assert {rule: jobs.get(rule) for rule in TEACH} == {
        "watch_for_student": 2, "choose_lessons": 1, "distill": 1, "compare_student": 1
    }  # fmt: skip
    assert (jobs["pretrain"], jobs["train_detector"], jobs["predict_poses"]) == (1, 1, 2)


@pytest.mark.slow
def test_a_student_learns_sees_videos_and_stands(workflow, study):
    (study / "raw/torn.mp4").write_bytes(b"no video")
    add_student(study, "second", "torn")
    before = planned(run_snakemake(workflow, study, "-n"))
    assert not {"pretrain", "train_detector"} & before.keys()
    assert before["watch_for_student"] == 3
    result = run_snakemake(workflow, study)
    assert result.returncode == 0, result.stdout[-6000:]
    check_who_saw(study)
    check_lessons(study)
    assert planned(run_snakemake(workflow, study, "-n")) == {}
    add_student(study, "second", "torn", "third")
    jobs = planned(run_snakemake(workflow, study, "-n"))
    assert not TEACH & jobs.keys()
    assert jobs["predict_poses"] == 1
    add_student(study, "torn")  # what was said of a video that has left stays
    assert not TEACH & planned(run_snakemake(workflow, study, "-n")).keys()
    add_student(study, "second", "torn", "third")
    (study / TEACHING / "videos.txt").unlink()  # a new list is asked for
    jobs = planned(run_snakemake(workflow, study, "-n"))
    assert jobs["watch_for_student"] == jobs["choose_lessons"] == jobs["distill"] == 1


def check_who_saw(study):
    rows = quality_rows(study)
    assert rows["torn"]["status"] == "failed"
    assert "failed" not in (rows["mouse"]["status"], rows["second"]["status"])
    accounts = {
        v: json.loads((study / f"results/videos/{v}/quality.json").read_text()) for v in rows
    }
    assert accounts["mouse"]["student"] == accounts["torn"]["student"] == {}
    verdict = accounts["second"]["student"]
    assert (verdict["model"], verdict["teacher"]) == ("fast", "mouse")
    told = [flag for flag in accounts["second"]["flags"] if flag.startswith("seen by the ensemble")]
    assert len(told) == (not verdict["is_trusted"])
    assert "Of 2 videos" not in (page := (study / "results/report/index.html").read_text())
    assert "Of 1 videos with the model fast" in page


def check_lessons(study):
    table = pq.read_table(study / TEACHING / "lessons.parquet")
    record = json.loads(table.schema.metadata[b"superanimal"])
    assert [*record["without"]] == ["torn"]
    assert (study / TEACHING / "videos.txt").read_text().split() == ["mouse", "second", "torn"]
    images = set(table["image"].to_pylist())
    assert len(images) == 2  # of two stretches; a copy of a video teaches nothing new
    assert all((study / TEACHING / "watched" / image).is_file() for image in images)
    compared = pq.read_table(study / "results/models/fast/students.parquet").to_pylist()
    assert {row["name"] for row in compared} == {"burrow", "cabinet", "mouse", "second"}
    bundle = json.loads((study / "results/models/fast/member-0/bundle.json").read_text())
    assert bundle["trained_on"] == ["burrow", "cabinet"]
