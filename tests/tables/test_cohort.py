import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from superanimal_core.tables import cohort
from superanimal_core.tables.accounts import write_quality
from superanimal_core.tables.cohort import collect_tables
from superanimal_core.tables.names import OF_COHORT, TABLES, WITHOUT_USER_COLUMNS
from superanimal_core.tables.parquet import read_record, write_failure, write_parquet


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
        "file": f"{name}.mp4",
        "columns": columns or {},
        "status": status,
        "stage": "probe_video" if is_failed else "",
        "reason": "it is empty" if is_failed else "",
        "flags": [],
        "remarks": [],
        "figures": {} if is_failed else {"fps": 50.0},
        "smoother": "" if is_failed else "constant_velocity (2)",
        "adaptation": [] if is_failed else [{"is_kept": True}, {"is_kept": False}],
    }
    write_quality(account, folder / "quality.json", {})
    return str(folder / "quality.json")


@pytest.fixture
def collect(tmp_path):
    def run(*quality):
        outputs = {name: str(tmp_path / f"tables/{name}.parquet") for name in OF_COHORT}
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
        if name not in WITHOUT_USER_COLUMNS:
            assert table["subject"].tolist() == ["s1", "s1", "s3", "s3"]
            assert table.columns[:2].tolist() == ["video", "subject"]
        assert read_record(outputs[name])["rule"] == "collect_tables"
    quality = pd.read_parquet(outputs["quality"]).set_index("video")
    assert quality["status"].to_dict() == {"a": "ok", "bad": "failed", "c": "flagged"}
    assert quality.loc["bad", ["stage", "reason"]].tolist() == ["probe_video", "it is empty"]
    assert quality["adapted_members"].to_dict() == {"a": 1, "bad": 0, "c": 1}
    assert quality["smoother"].to_dict()["c"] == "constant_velocity (2)"
    assert np.isnan(quality.loc["bad", "fps"])
    videos = pd.read_parquet(outputs["videos"])
    assert videos.to_dict("list") == {
        "video": ["a", "bad", "c"],
        "file": ["a.mp4", "bad.mp4", "c.mp4"],
        "subject": ["s1", "s2", "s3"],
    }


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


def no_links(*_):
    raise OSError(18, "Invalid cross-device link")


@pytest.mark.parametrize("link", [None, no_links])
def test_the_tables_alone_can_be_copied(tmp_path, collect, monkeypatch, link):
    if link:
        monkeypatch.setattr(cohort.os, "link", link)
    collect(write_video(tmp_path, "a", "ok"), write_video(tmp_path, "b", "ok"))
    copy = shutil.copytree(tmp_path / "tables", tmp_path / "laptop", symlinks=True)
    shutil.rmtree(tmp_path / "videos")
    assert pq.read_table(copy / "poses.parquet")["video"].to_pylist() == ["a", "a", "b", "b"]
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))


def test_poses_take_no_room_of_their_own(tmp_path, collect):
    collect(write_video(tmp_path, "a", "ok"))
    whole, part = tmp_path / "videos/a/poses.parquet", tmp_path / "tables/poses.parquet/video=a"
    assert whole.samefile(part / "part-0.parquet")


@pytest.mark.parametrize("rows_at_once", [1, 2, 3, 4, 1000])
def test_the_joined_table_does_not_depend_on_how_much_is_in_memory(
    tmp_path, collect, monkeypatch, rows_at_once
):
    videos = [write_video(tmp_path, name, "ok", {"s": name}, name != "b") for name in "abcde"]
    whole = pd.read_parquet(collect(*videos)["features"])
    monkeypatch.setattr(cohort, "ROWS_AT_ONCE", rows_at_once)
    pd.testing.assert_frame_equal(pd.read_parquet(collect(*videos)["features"]), whole)


def test_only_some_videos_are_in_memory_at_once(tmp_path, collect, monkeypatch):
    videos = [write_video(tmp_path, name, "ok") for name in "abcdef"]
    monkeypatch.setattr(cohort, "ROWS_AT_ONCE", 4)
    lots = []
    whole_lots = cohort._by_rows

    def counted(tables):
        for lot in whole_lots(tables):
            lots.append(sum(map(len, lot)))
            yield lot

    monkeypatch.setattr(cohort, "_by_rows", counted)
    collect(*videos)
    assert max(lots) == 4
    assert sum(lots) == 12 * len(TABLES)
