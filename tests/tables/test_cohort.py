import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from superanimal_core.tables.cohort import TABLES, collect_tables
from superanimal_core.tables.parquet import read_record, write_failure, write_parquet
from superanimal_core.tables.quality import write_quality


def write_video(folder, name, status, columns=None, speed=True):
    """A video's tables and account; a failed one has stand-ins."""
    folder = folder / "videos" / name
    for table in (*TABLES, "poses"):
        columns_of = {"individual": ["animal0"] * 2, "x": [1.0, 2.0]}
        if table == "features" and speed:
            columns_of["speed"] = [0.5, np.nan]
        if status == "failed":
            write_failure(folder / f"{table}.parquet", {"failure": {"stage": "s", "reason": "r"}})
        else:
            write_parquet(pa.table(columns_of), folder / f"{table}.parquet", {"video": name})
    is_failed = status == "failed"
    account = {
        "video": name,
        "path": f"raw/{name}.mp4",
        "columns": columns or {},
        "status": status,
        "stage": "probe_video" if is_failed else "",
        "reason": "it is empty" if is_failed else "",
        "flags": [],
        "figures": {} if is_failed else {"fps": 50.0},
        "adaptation": [] if is_failed else [{"is_kept": True}, {"is_kept": False}],
    }
    write_quality(account, folder / "quality.json", {})
    return str(folder / "quality.json")


@pytest.fixture
def collect(tmp_path):
    def run(*quality):
        names = (*TABLES, "quality", "poses")
        outputs = {name: str(tmp_path / f"tables/{name}.parquet") for name in names}
        collect_tables(quality, outputs, {"rule": "collect_tables"})
        return outputs

    return run


def test_good_videos_are_joined_and_every_video_has_a_row_of_quality(tmp_path, collect):
    outputs = collect(
        write_video(tmp_path, "a", "ok", {"subject": "s1"}),
        write_video(tmp_path, "bad", "failed", {"subject": "s2"}),
        write_video(tmp_path, "c", "flagged", {"subject": "s3"}),
    )
    for name in TABLES:
        table = pd.read_parquet(outputs[name])
        assert table["video"].tolist() == ["a", "a", "c", "c"]
        assert table["subject"].tolist() == ["s1", "s1", "s3", "s3"]
        assert table.columns[:2].tolist() == ["video", "subject"]
        assert read_record(outputs[name])["rule"] == "collect_tables"
    quality = pd.read_parquet(outputs["quality"]).set_index("video")
    assert quality["status"].to_dict() == {"a": "ok", "bad": "failed", "c": "flagged"}
    assert quality.loc["bad", ["stage", "reason"]].tolist() == ["probe_video", "it is empty"]
    assert quality["adapted_members"].to_dict() == {"a": 1, "bad": 0, "c": 1}
    assert np.isnan(quality.loc["bad", "fps"])


def test_poses_are_one_data_set_of_all_good_videos_that_can_be_moved(tmp_path, collect):
    collect(write_video(tmp_path, "a", "ok"), write_video(tmp_path, "bad", "failed"))
    moved = tmp_path.with_name(tmp_path.name + "-moved")
    tmp_path.rename(moved)
    table = pq.read_table(moved / "tables/poses.parquet")
    assert table["video"].to_pylist() == ["a", "a"]
    assert table["x"].to_pylist() == [1.0, 2.0]


def test_a_column_that_one_video_lacks_is_empty_there(tmp_path, collect):
    outputs = collect(
        write_video(tmp_path, "a", "ok"), write_video(tmp_path, "b", "ok", speed=False)
    )
    features = pq.read_table(outputs["features"])
    assert features["speed"].null_count == 2
    assert len(features) == 4


def test_without_a_good_video_the_tables_are_there_and_empty(tmp_path, collect):
    outputs = collect(write_video(tmp_path, "bad", "failed"))
    for name in TABLES:
        assert len(pq.read_table(outputs[name])) == 0
    assert len(pq.read_table(outputs["quality"])) == 1


def test_collecting_again_replaces_what_was_there(tmp_path, collect):
    first, second = write_video(tmp_path, "a", "ok"), write_video(tmp_path, "b", "ok")
    collect(first, second)
    outputs = collect(second)
    for name in (*TABLES, "poses"):
        assert set(pq.read_table(outputs[name])["video"].to_pylist()) == {"b"}


def test_a_column_of_the_user_that_a_table_has_already_is_left_alone(tmp_path, collect):
    outputs = collect(write_video(tmp_path, "a", "ok", {"individual": "mine"}))
    assert pd.read_parquet(outputs["strides"])["individual"].tolist() == ["animal0"] * 2
