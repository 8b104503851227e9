"""Two cameras of one session on the real Snakefile; the others see nothing of it."""

import shutil

import numpy as np
import pytest
from tiny_study import planned, run_snakemake

from superanimal_core.tables.parquet import read_record
from superanimal_core.tables.pose_files import read_smoothed

POSES = [f"results/videos/{video}/poses.parquet" for video in ("mouse", "second")]


def write_session(study):
    """The mouse seen by a second camera, whose predictions have been made."""
    shutil.copy2(study / "raw/mouse.mp4", study / "raw/second.mp4")
    results = study / "results/videos"
    for name in ("frames.parquet", "boxes.parquet", "predicted", "adapted"):
        copy = shutil.copy2 if name.endswith("parquet") else shutil.copytree
        copy(results / "mouse" / name, _made(results / "second") / name)
    rows = [
        "path\tvideo\ttruth\tsubject\tsession\tcamera",
        "raw/mouse.mp4\tmouse\traw/mouse.truth.parquet\tm1\ts1\ttop",
        "raw/second.mp4\tsecond\t\tm1\ts1\tside",
    ]
    (study / "config/videos.tsv").write_text("\n".join(rows) + "\n")


def _made(folder):
    folder.mkdir(exist_ok=True)
    return folder


@pytest.mark.slow
def test_the_views_of_a_session_without_calibration_are_smoothed_each_alone(workflow, study):
    before = read_smoothed(study / POSES[0])
    write_session(study)
    assert planned(run_snakemake(workflow, study, "-n", *POSES)) == {"smooth_poses": 2}
    result = run_snakemake(workflow, study, *POSES)
    assert result.returncode == 0, result.stdout
    for path, own, other in zip(POSES, ("mouse", "second"), ("second", "mouse"), strict=True):
        inputs = read_record(study / path)["inputs"]
        views = [name for name in inputs if name.endswith("adapted")]
        assert views == [f"results/videos/{video}/adapted" for video in (own, other)]
    after, second = (read_smoothed(study / path) for path in POSES)
    np.testing.assert_array_equal(after.raw_xy_px, before.raw_xy_px)
    np.testing.assert_allclose(after.poses.xy_px, second.poses.xy_px, atol=1e-3)
    np.testing.assert_array_equal(after.poses.xy_px, before.poses.xy_px)
    (flag,) = read_record(study / POSES[0])["flags"]
    assert flag.startswith("smoothed without the help of side")
    assert planned(run_snakemake(workflow, study, "-n", *POSES)) == {}
