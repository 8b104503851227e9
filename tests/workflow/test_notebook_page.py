"""What docs/how-to/predict-in-a-notebook.md shows is run on a finished study."""

import os
import re
import shutil
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import dataset
from tiny_study import REPOSITORY, environment

PAGE = (REPOSITORY / "docs/how-to/predict-in-a-notebook.md").read_text("utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
UNKNOWN = float("nan")
R_PROGRAMS = re.findall(r"```r\n(.*?)```", PAGE, re.DOTALL)
SHOWN = (
    "assert poses.xy_px.shape == (40, 1, 27, 2) and 0 < poses.score.max() <= 1",
    "assert len(nose) == 40 and set(own['video']) == {'mouse'}",
    "assert len(nose) == 40 and len(means) == 27",
    "assert len(means) == 27 and set(means['video']) == {'mouse'}",
)


def test_every_program_of_the_page_is_tried():
    assert len(PROGRAMS) == len(SHOWN)


@pytest.mark.parametrize("number", range(len(SHOWN)))
def test_programs_of_the_page_give_what_they_say(number, workflow, finished_study):
    program = PROGRAMS[number].replace("detector=detector", "detector=detector, min_score=0.0")
    command = [sys.executable, "-P", "-c", f"{program}\n{SHOWN[number]}"]
    subprocess.run(command, cwd=finished_study, env=environment(workflow), check=True)


R_PROGRAM = next(each for each in R_PROGRAMS if "reticulate" in each)
RSCRIPT = shutil.which("Rscript") or ""
HAS_RETICULATE = "quit(status = 1 - requireNamespace('reticulate', quietly = TRUE))"
needs_r = pytest.mark.skipif(
    not RSCRIPT
    or subprocess.run([RSCRIPT, "-e", HAS_RETICULATE], capture_output=True).returncode > 0,
    reason="needs Rscript and R's package reticulate (Debian: r-cran-reticulate)",
)


def in_r(shown, folder):
    """What the page's lines of R do in a folder, asked of this Python; then what is shown."""
    python, here = "~/superanimal-core/.venv/bin/python", sys.executable
    assert python in R_PROGRAM
    program = f"{R_PROGRAM.replace(python, here)}\n{shown}"
    asked = [RSCRIPT, "-e", program]
    variables = os.environ | {"RETICULATE_PYTHON": sys.executable}
    told = subprocess.run(asked, cwd=folder, env=variables, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    return told.stdout


def write_tables(folder):
    """Tables of two videos, whose words stand in other orders; unknown in each way there is."""
    words = pa.dictionary(pa.int32(), pa.string())
    for video, keypoints, x in (
        ("m1", ["nose", "tail"], [1.25, UNKNOWN]),
        ("b2", ["nose"], [1e-14]),
    ):
        part = folder / f"poses.parquet/video={video}/part-0.parquet"
        part.parent.mkdir(parents=True)
        columns = {
            "keypoint": pa.array(keypoints[::-1]).cast(words),
            "x_px": pa.array(x[::-1], pa.float64()),
            "radius_90_px": pa.array([UNKNOWN] * len(x), pa.float32()),
            "is_extrapolated": pa.array([True] * len(x)),
        }
        pq.write_table(pa.table(columns), part)
    row = {"video": ["m1", "b2"], "status": ["ok", ""], "subject": ["007", None]}
    row |= {"held_out_labels": pa.array([None, 3], pa.int64()), "jitter_px": [UNKNOWN, 0.1]}
    for name in ("quality", "videos"):
        pq.write_table(pa.table(row), folder / f"{name}.parquet")


@needs_r
def test_r_reads_numbers_words_and_what_is_unknown(tmp_path):
    write_tables(tmp_path / "results/tables")
    shown = """
    stopifnot(identical(quality$video, c("m1", "b2")), identical(quality$status, c("ok", "")))
    stopifnot(identical(quality$subject, c("007", NA)), identical(quality$jitter_px, c(NA, 0.1)))
    stopifnot(identical(is.na(quality$held_out_labels), c(TRUE, FALSE)))
    stopifnot(quality$held_out_labels[2] == 3)
    nose <- nose[order(nose$video), ]
    stopifnot(identical(nose$video, c("b2", "m1")), identical(nose$keypoint, c("nose", "nose")))
    stopifnot(identical(nose$x_px, c(1e-14, 1.25)), all(is.na(nose$radius_90_px)))
    stopifnot(identical(nose$is_extrapolated, c(TRUE, TRUE)))
    own <- own[order(own$video), ]
    stopifnot(identical(own$video, c("b2", "m1")), identical(own$subject, c(NA, "007")))
    all <- as_frame(pd$read_parquet("results/tables/poses.parquet"))
    stopifnot(nrow(all) == 3, sum(is.na(all$x_px)) == 1)
    cat("all of it")
    """
    assert in_r(shown, tmp_path) == "all of it"


@needs_r
def test_r_reads_the_tables_of_a_run(finished_study):
    shown = "stopifnot(nrow(quality) == 1, nrow(nose) == 40, own$video == 'mouse'); cat('yes')"
    assert in_r(shown, finished_study) == "yes"


def test_what_the_package_arrow_of_r_is_asked_its_library_can(tmp_path):
    """The same C++ groups for R: by words, since it unifies no factors of unlike levels."""
    assert "mutate(keypoint = as.character(keypoint))" in R_PROGRAMS[0]
    write_tables(tmp_path)
    poses = dataset.dataset(tmp_path / "poses.parquet", partitioning="hive")
    words = {"keypoint": dataset.field("keypoint").cast(pa.string())}
    asked = poses.to_table(
        columns=words | {name: dataset.field(name) for name in ("video", "x_px")}
    )
    means = asked.group_by(["video", "keypoint"]).aggregate([("x_px", "mean")])
    assert sorted(zip(*(means[n].to_pylist() for n in ("video", "keypoint")), strict=True)) == [
        ("b2", "nose"),
        ("m1", "nose"),
        ("m1", "tail"),
    ]
