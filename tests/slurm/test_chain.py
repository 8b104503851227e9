"""The chain on the cluster: killed once, a broken video among good ones, one in a store, on a full
disk."""

import os
import shutil
import subprocess
import sys

import pandas as pd
import pyarrow.parquet as pq
import pytest
from tiny_study import (
    TOY_STORE,
    add_videos,
    environment,
    put_in_store,
    quality_rows,
    write_tiny_study,
)
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
        env=environment(REPOSITORY, plugins=TOY_STORE),
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def test_a_killed_study_with_a_broken_video_ends_like_an_undisturbed_one(
    slurm, tmp_path, monkeypatch
):
    study = write_tiny_study(tmp_path / "study")
    for name in COPIES:
        shutil.copy(study / "raw/mouse.mp4", study / f"raw/{name}.mp4")
    (study / "raw/broken.mp4").write_text("no video")
    add_videos(study, *COPIES, "broken")
    monkeypatch.setenv("SHELF", str(tmp_path / "shelf"))
    put_in_store(study, "third", tmp_path / "shelf")
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
    assert snakemake(study, "-n").wait(60) == 0
    assert "Nothing to be done" in (study / "told.txt").read_text()
    rows = quality_rows(study)
    assert rows["broken"]["status"] == "failed"
    assert "cannot be opened as a video" in rows["broken"]["reason"]
    assert {rows[name]["status"] for name in ("mouse", *COPIES)} <= {"ok", "flagged"}
    expected = pd.read_parquet(study / "results/videos/mouse/poses.parquet")
    for name in COPIES:  # the same video
        found = pd.read_parquet(study / f"results/videos/{name}/poses.parquet")
        pd.testing.assert_frame_equal(found, expected)


@pytest.fixture
def small_disk(tmp_path):
    """Mounts a disk of 64 KiB on a folder, with no room left."""
    mounted = []

    def mount(folder):
        folder.mkdir(parents=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], check=False
        )
        if done.returncode:
            pytest.skip("a small disk cannot be mounted here (needs root)")
        mounted.append(folder)
        (folder / "ballast").write_bytes(bytes(64 * 1024))

    yield mount
    for folder in mounted:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_said_leaves_nothing_half_written_and_no_row(slurm, tmp_path, small_disk):
    study = write_tiny_study(tmp_path / "study")
    (study / "raw/first.mp4").hardlink_to(study / "raw/mouse.mp4")
    add_videos(study, "first")
    folder = study / "results/videos/mouse"
    small_disk(folder)
    frames = folder / "frames.parquet"
    arguments = ("results/videos/mouse/frames.parquet", "results/videos/first/frames.parquet")
    assert snakemake(study, *arguments).wait(300) == 1
    told = (study / "told.txt").read_text()
    assert "the disk is full: results/videos/mouse/frames.parquet could not be written" in told
    assert str(folder) in told
    assert {path.name for path in folder.iterdir()} == {"ballast"}
    (folder / "ballast").unlink()
    assert snakemake(study, *arguments).wait(300) == 0
    undisturbed = study / "results/videos/first/frames.parquet"
    assert pq.read_table(frames).equals(pq.read_table(undisturbed))  # the same video
