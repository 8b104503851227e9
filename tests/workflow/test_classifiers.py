"""Learned behaviors in a study: what is trained when, and a video that cannot be classified."""

import shutil

import pyarrow.parquet as pq
import pytest
from tiny_study import FPS, FRAMES, add_videos, change_setting, planned, run_snakemake

JOBS = {"train_classifier", "classify_behavior", "collect_classified"}
SHEET = "video\tlabels\tformat\trater\nmouse\tmarks/mouse.csv\tcsv\tanna\n"


def add_classifier(study):
    """A classifier of a behavior that comes and goes; little is asked of it."""
    (study / "marks").mkdir(exist_ok=True)
    write_marks(study, FRAMES // 10)
    (study / "config/move.tsv").write_text(SHEET)
    learned = {"labels": "config/move.tsv", "behaviors": ["move"], "min_bouts": 2, "folds": 2}
    learned |= {"boosting": {"trees": 3, "min_leaf_frames": 2, "half_windows_s": [0.02]}}
    change_setting(study, "classifiers.named", {"move": learned})


def write_marks(study, count):
    """So many bouts of five frames each."""
    starts = [10 * i / FPS for i in range(count)]
    rows = [f"{start},{start + 5 / FPS},move" for start in starts]
    (study / "marks/mouse.csv").write_text("\n".join(["start,stop,behavior", *rows, ""]))


@pytest.mark.slow
def test_a_classifier_is_one_training_and_a_job_per_video(workflow, fresh_study):
    assert not JOBS & planned(run_snakemake(workflow, fresh_study, "-n")).keys()
    add_classifier(fresh_study)
    shutil.copy(fresh_study / "raw/mouse.mp4", fresh_study / "raw/second.mp4")
    add_videos(fresh_study, "second")
    jobs = planned(run_snakemake(workflow, fresh_study, "-n"))
    assert [jobs.get(rule) for rule in ("train_classifier", "classify_behavior")] == [1, 2]
    assert jobs["collect_classified"] == 1


@pytest.mark.slow
def test_new_videos_train_nothing_and_edited_labels_do(workflow, study):
    """Poses of a network that has hardly learned move with their boxes, and smoothed not at all."""
    add_classifier(study)
    change_setting(study, "smoothing.method", "none")
    (study / "raw/torn.mp4").write_bytes(b"no video")
    add_videos(study, "torn")
    result = run_snakemake(workflow, study)
    assert result.returncode == 0, result.stdout[-6000:]
    assert planned(run_snakemake(workflow, study, "-n")) == {}
    found = pq.read_table(study / "results/videos/mouse/classified/move/probabilities.parquet")
    assert len(found) == FRAMES
    sums = pq.read_table(study / "results/tables/classified/move-videos.parquet").to_pylist()
    assert [(row["video"], row["subject"]) for row in sums] == [("mouse", "m1")]
    page = (study / "results/report/index.html").read_text()
    assert "The classifier move was judged on blocks of time" in page
    shutil.copy(study / "raw/mouse.mp4", study / "raw/second.mp4")
    add_videos(study, "second")
    jobs = planned(run_snakemake(workflow, study, "-n"))
    assert "train_classifier" not in jobs
    assert jobs["classify_behavior"] == 1
    write_marks(study, FRAMES // 10 - 1)
    jobs = planned(run_snakemake(workflow, study, "-n"))
    assert (jobs["train_classifier"], jobs["classify_behavior"]) == (1, 3)
