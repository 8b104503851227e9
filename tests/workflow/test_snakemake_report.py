"""Snakemake's own report of a study, and what Snakemake measured of its jobs."""

import re
import shutil
import zipfile

from tiny_study import planned, run_snakemake


def test_snakemakes_report_holds_the_page_and_the_labeled_video(workflow, study):
    """Nothing is fetched for it, and nothing else is needed: the environment has what it needs."""
    result = run_snakemake(workflow, study, "--report", "whole.zip")
    assert result.returncode == 0, result.stdout
    with zipfile.ZipFile(study / "whole.zip") as archive:
        names = archive.namelist()
        kept = {name.rsplit("/", 1)[-1]: name for name in names if "/data/raw/" in name}
        assert set(kept) == {"index.html", "verdict.txt", "labeled.mp4"}
        page = (study / "results/report/index.html").read_bytes()
        assert archive.read(kept["index.html"]) == page
        (cover,) = [name for name in names if name.endswith("report.html")]
        text = archive.read(cover).decode()
    for words in ("Poses, gait and behavior of the animals in config/videos.tsv", "Labeled videos"):
        assert words in text
    assert "Positions that score below 0.3 are not drawn" in text


def test_a_report_before_the_run_says_what_is_missing(workflow, fresh_study):
    result = run_snakemake(workflow, fresh_study, "--report", "early.zip")
    assert result.returncode != 0
    assert "marked for report but does not exist" in result.stdout


def test_what_was_measured_is_told_and_starts_nothing_when_it_is_gone(workflow, study):
    page = (study / "results/report/index.html").read_text()
    told = re.search(r"([\d,]+) jobs? took", page)
    assert told
    assert "predict_poses" in page[page.index('id="resources"') :]
    shutil.rmtree(study / "benchmarks")
    assert planned(run_snakemake(workflow, study, "-n")) == {}
