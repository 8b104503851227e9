"""The tables of all videos, one each: tables/*.parquet."""

import math
import os
import shutil
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from superanimal_core.tables.accounts import read_quality
from superanimal_core.tables.atomic import replacing
from superanimal_core.tables.names import TABLES, WITHOUT_USER_COLUMNS
from superanimal_core.tables.parquet import packing, with_record, write_parquet
from superanimal_core.tables.schemas import dictionary_array

ADAPTATION_FIGURES = ("jitter_ratio", "vouched_fraction", "astray_fraction", "distance_ratio")
ROWS_AT_ONCE = 200_000  # as many are in memory, or those of one video

Account = Mapping[str, Any]


def collect_tables(
    quality: Sequence[str], outputs: Mapping[str, str], record: Mapping[str, object]
) -> None:
    """Join the tables of all videos that did not fail; `quality` and `videos` have them all.

    Each row carries the video's name; the user's own columns of the sheet stand in `videos`, one
    row per video, and in the tables that have few rows. `poses` becomes a dataset partitioned by
    video (video=<name>/). Memory does not grow with the number of videos.
    """
    accounts = read_quality(quality)
    folders = {a["video"]: Path(p).parent for a, p in zip(accounts, quality, strict=True)}
    usable = [account for account in accounts if account["status"] != "failed"]
    for name in TABLES:
        own = [_own_columns(a, name not in WITHOUT_USER_COLUMNS) for a in usable]
        paths = [folders[a["video"]] / f"{name}.parquet" for a in usable]
        _join(list(zip(paths, own, strict=True)), outputs[name], record)
    write_parquet(_quality_table(accounts), outputs["quality"], record)
    write_parquet(_video_table(accounts), outputs["videos"], record)
    with replacing(outputs["poses"]) as dataset:
        dataset.mkdir()
        for video in (account["video"] for account in usable):
            _place(folders[video] / "poses.parquet", dataset / f"video={video}")


def _own_columns(account: Account, with_users: bool) -> dict[str, str]:
    return {"video": account["video"], **(account["columns"] if with_users else {})}


def _join(
    parts: Sequence[tuple[Path, Mapping[str, str]]], output: str, record: Mapping[str, object]
) -> None:
    """One file of the tables of several videos, each with columns of one value in front."""
    if not parts:
        write_parquet(pa.table({"video": dictionary_array([])}), output, record)
        return
    schemas = (_widened(pq.read_schema(path).empty_table(), own).schema for path, own in parts)
    schema = with_record(pa.unify_schemas(list(schemas), promote_options="permissive"), record)
    with (
        replacing(output) as temporary,
        pq.ParquetWriter(temporary, schema, **packing(schema)) as writer,
    ):
        for tables in _by_rows(_widened(pq.read_table(path), own) for path, own in parts):
            whole = [schema.empty_table().replace_schema_metadata(None), *tables]
            joined = pa.concat_tables(whole, promote_options="permissive")
            writer.write_table(joined.unify_dictionaries().cast(schema))


def _by_rows(tables: Iterator[pa.Table]) -> Iterator[list[pa.Table]]:
    """Tables in lots of about `ROWS_AT_ONCE` rows; one lot at the least."""
    lot: list[pa.Table] = []
    for table in tables:
        lot.append(table)
        if sum(map(len, lot)) >= ROWS_AT_ONCE:
            yield lot
            lot = []
    yield lot


def _widened(table: pa.Table, own: Mapping[str, str]) -> pa.Table:
    """The table with columns of one value in front, metadata left out."""
    for position, (name, value) in enumerate(own.items()):
        if name not in table.column_names:
            table = table.add_column(position, name, dictionary_array([value] * len(table)))
    return table.replace_schema_metadata(None)


def _quality_table(accounts: Sequence[Account]) -> pa.Table:
    """One row per video: status, stage, reason, the user's columns and every figure."""
    figures = list(dict.fromkeys(name for a in accounts for name in a["figures"]))
    said = ("video", "status", "stage", "reason")
    return pa.table(
        {
            **{name: [a[name] for a in accounts] for name in said},
            **_users_columns(accounts),
            **{name: [a["figures"].get(name) for a in accounts] for name in figures},
            "remarks": ["; ".join(a["remarks"]) for a in accounts],
            "smoother": [a["smoother"] for a in accounts],
            **_adaptation_columns(accounts),
            "file": [a["file"] for a in accounts],
        }
    )


def _adaptation_columns(accounts: Sequence[Account]) -> dict[str, list[Any]]:
    """How many networks were tried and kept, the medians of what decided, and a reason."""
    verdicts = [a["adaptation"] for a in accounts]
    tried = [[v for v in of if v.get("is_tried", True)] for of in verdicts]
    medians = {
        f"adaptation_{figure}": [_median_of(v.get(figure) for v in of) for of in tried]
        for figure in ADAPTATION_FIGURES
    }
    return {
        "adapted_members": [sum(v["is_kept"] for v in of) for of in verdicts],
        "tried_members": [len(of) for of in tried],
        **medians,
        "adaptation_reason": [of[0].get("reason", "") if of else "" for of in verdicts],
    }


def _median_of(values: Iterable[float | None]) -> float | None:
    """None where nothing is known."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    return statistics.median(known) if known else None


def _video_table(accounts: Sequence[Account]) -> pa.Table:
    """One row per video: its name, its file's name, and the user's columns of the sheet."""
    named = {name: [a[name] for a in accounts] for name in ("video", "file")}
    return pa.table({**named, **_users_columns(accounts)})


def _users_columns(accounts: Sequence[Account]) -> dict[str, list[str]]:
    names = dict.fromkeys(name for a in accounts for name in a["columns"])
    return {name: [a["columns"].get(name, "") for a in accounts] for name in names}


def _place(poses: Path, partition: Path) -> None:
    """The table itself under a second name, so that the dataset can be copied; else a copy."""
    partition.mkdir()
    try:
        os.link(poses, partition / "part-0.parquet")
    except OSError:  # another disk, or a file system without hard links
        shutil.copyfile(poses, partition / "part-0.parquet")
