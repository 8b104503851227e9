"""The whole chain on the cluster: killed once, with a broken video among good ones."""

import os
import shutil
import subprocess
import sys

import pandas as pd
from tiny_study import add_videos, environment, quality_rows, write_tiny_study
from toy_runs import REPOSITORY, wait_until

COPIES = ("first", "second", "third")


def snakemake(study, *arguments):
    """A run from the study's folder, its words in a file."""
    command = [sys.executable, "-P", "-m", "snakemake", "-s", REPOSITORY / "Snakefile"]
    command += ["--profile", REPOSITORY / "profiles/slurm-test", *arguments]
    log = (study / "told.txt").open("a")
    return subprocess.Popen(
        list(map(str, command)),
        cwd=study,
        env=environment(REPOSITORY),
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def test_a_killed_study_with_a_broken_video_ends_like_an_undisturbed_one(slurm, tmp_path):
    study = write_tiny_study(tmp_path / "study")
    for name in COPIES:
        shutil.copy(study / "raw/mouse.mp4", study / f"raw/{name}.mp4")
    (study / "raw/broken.mp4").write_text("no video")
    add_videos(study, *COPIES, "broken")
    run = snakemake(study)
    try:
        wait_until(
            lambda: (study / "results/videos/first/frames.parquet").exists(), "a first table"
        )
    finally:
        os.killpg(run.pid, 9)
        run.wait()
    assert snakemake(study, "--unlock").wait(60) == 0
    status = snakemake(study).wait(900)
    told = (study / "told.txt").read_text()
    assert status == 0, told[-6000:]
    rows = quality_rows(study)
    assert rows["broken"]["status"] == "failed"
    assert "cannot be opened as a video" in rows["broken"]["reason"]
    assert {rows[name]["status"] for name in ("mouse", *COPIES)} <= {"ok", "flagged"}
    expected = pd.read_parquet(study / "results/videos/mouse/poses.parquet")
    for name in COPIES:  # the same video
        found = pd.read_parquet(study / f"results/videos/{name}/poses.parquet")
        pd.testing.assert_frame_equal(found, expected)
