import shutil

import pytest

from superanimal_core.study.products import lost_products, of_cohort
from superanimal_core.tables.names import OF_VIDEO


@pytest.fixture
def study(tmp_path):
    """Two finished videos and all tables."""
    names = [f"{name}.parquet" for name in OF_VIDEO] + ["quality.json", "frames.parquet"]
    paths = [f"results/videos/{video}/{name}" for video in "ab" for name in names]
    for path in (*paths, *of_cohort().values()):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    return tmp_path


def test_nothing_is_lost_of_a_finished_study(study):
    (study / "results/videos/a/frames.parquet").unlink()  # no final product
    assert lost_products(study, "ab") == []


def test_what_was_deleted_is_found(study):
    (study / "results/videos/a/gait.parquet").unlink()
    (study / "results/videos/b/quality.json").unlink()
    assert lost_products(study, "ab") == [
        "results/videos/a/gait.parquet",
        "results/videos/b/quality.json",
    ]
    shutil.rmtree(study / "results/videos/a")
    assert lost_products(study, "a") == ["results/videos/a/quality.json"]


def test_while_a_table_of_all_videos_is_missing_accounts_are_asked_for_anyway(study):
    (study / "results/videos/a/gait.parquet").unlink()
    (study / "results/videos/b/quality.json").unlink()
    (study / "results/tables/bouts.parquet").unlink()
    assert lost_products(study, "ab") == ["results/videos/a/gait.parquet"]
