"""Videos in an object store: a URL in the sheet, fetched by a storage plugin of Snakemake."""

import pandas as pd
import pytest
from tiny_study import TOY_STORE, planned, put_in_store, run_snakemake


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """The toy store's folder; not there yet."""
    monkeypatch.setenv("SHELF", str(tmp_path / "shelf"))
    return tmp_path / "shelf"


@pytest.mark.slow
def test_a_stored_video_is_fetched_once_and_gives_the_same_predictions(workflow, study, shelf):
    table = study / "results/videos/mouse/predicted/member-0.parquet"
    expected = pd.read_parquet(table)
    put_in_store(study, "mouse", shelf)
    target = "results/videos/mouse/predicted"
    result = run_snakemake(
        workflow, study, "--forcerun", "probe_video", "--", target, plugins=TOY_STORE
    )
    assert result.returncode == 0, result.stdout[-4000:]
    pd.testing.assert_frame_equal(pd.read_parquet(table), expected)
    assert (shelf / "fetched.txt").read_text() == "mouse.mp4\n"  # for three rules that read it
    assert not list((study / ".snakemake").rglob("mouse.mp4"))
    assert planned(run_snakemake(workflow, study, "-n", target, plugins=TOY_STORE)) == {}


def test_without_a_plugin_the_video_is_named_before_anything_runs(workflow, fresh_study, shelf):
    put_in_store(fresh_study, "mouse", shelf)
    result = run_snakemake(workflow, fresh_study, "-n")
    assert result.returncode == 1
    assert "config/videos.tsv: no storage plugin of Snakemake reads shelf:" in result.stdout
    assert "Traceback" not in result.stdout


def test_a_video_that_is_not_in_the_store_is_named(workflow, fresh_study, shelf):
    put_in_store(fresh_study, "mouse", shelf)
    (shelf / "mouse.mp4").unlink()
    result = run_snakemake(workflow, fresh_study, "-n", plugins=TOY_STORE)
    assert result.returncode == 1
    assert "shelf://mouse.mp4 (in storage)" in result.stdout
