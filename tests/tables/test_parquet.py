import json

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from superanimal_core.errors import SuperAnimalError, VideoError
from superanimal_core.tables.contents import content_digest
from superanimal_core.tables.parquet import (
    KEY,
    SCHEMA_VERSION,
    raise_failure_in,
    read_parquet,
    read_record,
    read_rows,
    write_failure,
    write_parquet,
)

TABLE = pa.table({"frame": [0, 1], "x_px": [1.5, None]})
RECORD = {"rule": "smooth_poses", "settings": {"a": [1, 2.5, None]}, "inputs": {"x": "abc"}}
FAILED = {**RECORD, "failure": {"stage": "probe_video", "reason": "holds no frame"}}


def test_a_table_comes_back_with_its_record(tmp_path):
    write_parquet(TABLE, tmp_path / "t.parquet", RECORD)
    assert read_parquet(tmp_path / "t.parquet").equals(TABLE)
    assert read_record(tmp_path / "t.parquet") == {"schema_version": SCHEMA_VERSION, **RECORD}


def measured(rows):
    """Of 20 keypoints: times and frames that repeat, positions that never do, names and counts."""
    random = np.random.default_rng(0)
    position = np.cumsum(random.normal(size=rows)).astype(np.float32)
    position[::7] = np.nan
    return pa.table(
        {
            "frame": np.repeat(np.arange(rows // 20, dtype=np.int32), 20),
            "time_s": np.repeat(np.arange(rows // 20) / 30, 20),
            "keypoint": pa.array(["nose", "tail"] * (rows // 2)).dictionary_encode(),
            "x_px": position,
            "score": random.uniform(size=rows).astype(np.float32),
            "members": random.integers(0, 3, rows, dtype=np.int8),
            "strikes": pa.array([None, 3] * (rows // 2), pa.int64()),
            "is_extrapolated": random.uniform(size=rows) < 0.1,
        }
    )


ENCODED = {
    "frame": "DELTA_BINARY_PACKED",
    "time_s": "RLE_DICTIONARY",
    "keypoint": "RLE_DICTIONARY",
    "x_px": "BYTE_STREAM_SPLIT",
    "score": "BYTE_STREAM_SPLIT",
    "members": "RLE_DICTIONARY",
    "strikes": "DELTA_BINARY_PACKED",
}
MOST_BYTES = {"x_px": 3.8, "score": 3.8, "frame": 0.2, "time_s": 0.4, "keypoint": 0.1}  # per row


def test_measured_numbers_take_less_than_their_bytes_and_lose_nothing(tmp_path):
    """As dictionaries, which is the default of Parquet, floats took a third more than that."""
    table = measured(40_000)
    write_parquet(table, tmp_path / "t.parquet", {})
    found = read_parquet(tmp_path / "t.parquet")
    for name in table.column_names:
        assert found[name].to_pandas().equals(table[name].to_pandas())
    group = pq.ParquetFile(tmp_path / "t.parquet").metadata.row_group(0)
    packed = {group.column(i).path_in_schema: group.column(i) for i in range(group.num_columns)}
    for name, encoding in ENCODED.items():
        assert encoding in packed[name].encodings, name
    for name, most in MOST_BYTES.items():
        assert packed[name].total_compressed_size < most * len(table), name


def test_numbers_of_frames_take_less_than_as_dictionaries(tmp_path):
    frames = pa.table(
        {"frame": np.arange(20_000, dtype=np.int32), "time_s": np.arange(20_000) / 30}
    )
    write_parquet(frames, tmp_path / "t.parquet", {})
    pq.write_table(frames, tmp_path / "default.parquet", compression="zstd")
    column = pq.ParquetFile(tmp_path / "t.parquet").metadata.row_group(0).column(1)
    assert "BYTE_STREAM_SPLIT" in column.encodings
    ours, others = ((tmp_path / f"{n}.parquet").stat().st_size for n in ("t", "default"))
    assert ours < others / 4


READERS = {
    "pandas": lambda path: pa.Table.from_pandas(pd.read_parquet(path), preserve_index=False),
    "polars": lambda path: pl.read_parquet(path).to_arrow(),
    "duckdb": lambda path: duckdb.read_parquet(str(path)).to_arrow_table(),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("rows", [0, 40, 40_000])
def test_others_read_what_we_wrote(reader, rows, tmp_path):
    table = measured(rows)
    write_parquet(table, tmp_path / "t.parquet", {"rule": "smooth_poses"})
    found = READERS[reader](tmp_path / "t.parquet")
    assert found.column_names == table.column_names
    for name in table.column_names:
        told, wrote = (of[name].to_pandas().astype(object) for of in (found, table))
        assert told.where(told.notna(), None).tolist() == wrote.where(wrote.notna(), None).tolist()


def test_tables_that_were_packed_otherwise_are_read(tmp_path):
    """As those of version 0.2.0 and before: dictionaries for all but float32, or for everything."""
    table = measured(4_000)
    document = json.dumps({"schema_version": SCHEMA_VERSION}).encode()
    marked = table.replace_schema_metadata({KEY: document})
    floats = ["x_px", "score"]
    split = {
        "use_dictionary": [name for name in table.column_names if name not in floats],
        "column_encoding": dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
    }
    for old in (split, {}):
        pq.write_table(marked, tmp_path / "t.parquet", compression="zstd", **old)
        found = read_parquet(tmp_path / "t.parquet")
        for name in table.column_names:
            assert found[name].to_pandas().equals(table[name].to_pandas())


def test_other_metadata_of_a_table_is_kept(tmp_path):
    write_parquet(TABLE.replace_schema_metadata({"k": "v"}), tmp_path / "t.parquet", RECORD)
    assert pq.read_schema(tmp_path / "t.parquet").metadata[b"k"] == b"v"


def test_a_failure_travels_in_a_table_without_rows(tmp_path):
    write_failure(tmp_path / "t.parquet", FAILED)
    assert len(pq.read_table(tmp_path / "t.parquet")) == 0
    assert read_record(tmp_path / "t.parquet")["failure"] == FAILED["failure"]
    with pytest.raises(VideoError) as told:
        read_parquet(tmp_path / "t.parquet")
    assert (told.value.stage, told.value.reason) == ("probe_video", "holds no frame")


def test_a_failure_travels_in_a_folder(tmp_path):
    write_failure(tmp_path / "predicted", FAILED)
    with pytest.raises(VideoError, match="probe_video: holds no frame"):
        raise_failure_in(tmp_path / "predicted")
    raise_failure_in(tmp_path)  # a folder that stands for no failure


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a table at all" * 50])
def test_what_is_no_table_is_named_with_what_to_do(tmp_path, content):
    path = tmp_path / "t.parquet"
    path.write_bytes(content)
    with pytest.raises(SuperAnimalError, match=r"t\.parquet: not a table of ours .* delete it"):
        read_parquet(path)


def test_a_missing_table_and_a_foreign_one_are_named(tmp_path):
    pq.write_table(TABLE, tmp_path / "foreign.parquet")
    for name in ("foreign.parquet", "absent.parquet"):
        with pytest.raises(SuperAnimalError, match=f"{name}: not a table of ours"):
            read_record(tmp_path / name)


def test_a_table_of_a_newer_version_is_refused(tmp_path):
    metadata = {KEY: json.dumps({"schema_version": SCHEMA_VERSION + 1}).encode()}
    pq.write_table(TABLE.replace_schema_metadata(metadata), tmp_path / "t.parquet")
    with pytest.raises(SuperAnimalError, match=r"newer version.*update the pipeline"):
        read_parquet(tmp_path / "t.parquet")


def test_the_digest_is_that_of_the_content(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"abc")
    second.write_bytes(b"abc")
    assert content_digest(first) == content_digest(second)
    second.write_bytes(b"abd")
    assert content_digest(first) != content_digest(second)


def test_a_folders_digest_covers_names_and_contents_but_not_hidden_files(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/a").write_text("1")
    before = content_digest(tmp_path)
    (tmp_path / ".hidden").write_text("2")
    assert content_digest(tmp_path) == before
    (tmp_path / "inner/a").rename(tmp_path / "inner/b")
    renamed = content_digest(tmp_path)
    assert renamed != before
    (tmp_path / "inner/b").write_text("3")
    assert content_digest(tmp_path) not in (before, renamed)


@pytest.mark.parametrize("group", [7, 130, 10_000])
@pytest.mark.parametrize("rows", [1, 64, 5000])
@pytest.mark.parametrize(
    ("start", "stop"), [(0, None), (37, 901), (130, 260), (999, 1000), (1000, None), (5, 5)]
)
def test_rows_that_are_read_in_parts_are_those_of_the_table(tmp_path, group, rows, start, stop):
    names = [f"n{i % 5}" for i in range(1000)]
    table = pa.table({"i": range(1000), "n": pa.array(names).dictionary_encode(), "z": names})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=group)
    parts = [*read_rows(tmp_path / "t.parquet", ["i", "n"], start, stop, rows)]
    assert all(len(part) == rows for part in parts[:-1])
    assert all(part.column_names == ["i", "n"] for part in parts)
    found = [pair for p in parts for pair in zip(*(p[c].to_pylist() for c in "in"), strict=True)]
    assert found == [*enumerate(names)][start:stop]


def test_a_column_that_lacks_is_told_before_rows_are_read(tmp_path):
    write_parquet(TABLE, tmp_path / "t.parquet", RECORD)
    with pytest.raises(SuperAnimalError, match="has no column 'y_px'"):
        next(read_rows(tmp_path / "t.parquet", ["frame", "y_px"], 0, None, 10))
