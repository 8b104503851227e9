"""The tables of all videos, one each: tables/*.parquet."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from superanimal_core.tables.atomic import replacing
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.quality import read_quality
from superanimal_core.tables.schemas import dictionary_array

TABLES = ("strides", "gait", "features", "bouts")


def collect_tables(
    quality: Sequence[str], outputs: Mapping[str, str], record: Mapping[str, Any]
) -> None:
    """Join the tables of all videos that did not fail; the quality table has a row for every video.

    Each row carries the video's name and the user's own columns of the sheet. `poses` becomes a
    dataset partitioned by video (video=<name>/), whose files are links to the videos' own.
    """
    accounts = read_quality(quality)
    folders = {a["video"]: Path(p).parent for a, p in zip(accounts, quality, strict=True)}
    usable = [account for account in accounts if account["status"] != "failed"]
    for name in TABLES:
        paths = [folders[a["video"]] / f"{name}.parquet" for a in usable]
        parts = [_with_columns(pq.read_table(p), a) for p, a in zip(paths, usable, strict=True)]
        joined = pa.concat_tables(parts, promote_options="permissive") if parts else _nothing()
        write_parquet(joined, outputs[name], record)
    write_parquet(_quality_table(accounts), outputs["quality"], record)
    with replacing(outputs["poses"]) as dataset:
        dataset.mkdir()
        for video in (account["video"] for account in usable):
            _link(folders[video] / "poses.parquet", dataset / f"video={video}")


def _with_columns(table: pa.Table, account: Mapping[str, Any]) -> pa.Table:
    """The table with the video's name and the user's columns in front, metadata left out."""
    own = {"video": account["video"], **account["columns"]}
    for position, (name, value) in enumerate(own.items()):
        if name not in table.column_names:
            table = table.add_column(position, name, dictionary_array([value] * len(table)))
    return table.replace_schema_metadata(None)


def _nothing() -> pa.Table:
    return pa.table({"video": dictionary_array([])})


def _quality_table(accounts: Sequence[Mapping[str, Any]]) -> pa.Table:
    """One row per video: status, stage, reason, the user's columns and every figure."""
    figures = list(dict.fromkeys(name for a in accounts for name in a["figures"]))
    own = list(dict.fromkeys(name for a in accounts for name in a["columns"]))
    said = ("video", "status", "stage", "reason")
    return pa.table(
        {
            **{name: [a[name] for a in accounts] for name in said},
            **{name: [a["columns"].get(name, "") for a in accounts] for name in own},
            **{name: [a["figures"].get(name) for a in accounts] for name in figures},
            "adapted_members": [sum(v["is_kept"] for v in a["adaptation"]) for a in accounts],
            "path": [a["path"] for a in accounts],
        }
    )


def _link(poses: Path, partition: Path) -> None:
    """A relative link, so that the results folder can be moved as a whole."""
    partition.mkdir()
    final = partition.parent.parent / "poses.parquet" / partition.name
    target = os.path.relpath(poses.resolve(), final.resolve())
    (partition / "part-0.parquet").symlink_to(target)
