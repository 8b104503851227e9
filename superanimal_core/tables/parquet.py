"""Parquet files of the study: written whole or not at all, with what made them in their metadata.

The metadata of a file is one JSON object under the key `superanimal`: schema version, rule, source
digest, settings, digests of the inputs, and for a video that could not be processed `failure` with
`stage` and `reason`. Such a table has no rows; reading it raises the same VideoError again, which
is how a failure travels down the chain.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from superanimal_core.errors import SuperAnimalError, VideoError
from superanimal_core.tables.atomic import replacing

SCHEMA_VERSION = 1
KEY = b"superanimal"
FAILURE_FILE = "failure.json"
MEASURED = (pa.float32(), pa.float64(), pa.int32(), pa.int64())


def write_parquet(table: pa.Table, path: str | Path, record: Mapping[str, object]) -> None:
    """Write a table with `record` as metadata (zstd). The file appears complete or not at all."""
    whole = table.cast(with_record(table.schema, record))
    with replacing(path) as temporary:
        pq.write_table(whole, temporary, **packing(whole.schema))


def packing(schema: pa.Schema) -> dict[str, Any]:
    """How a table is packed (keywords of pyarrow's writers); no value changes.

    Measured numbers hardly ever repeat: a dictionary of them makes files larger. Floats split into
    their bytes, of which the first repeat, and packed by zstd take 0.6 of it; of whole numbers, as
    those of frames, the differences are kept. Names and counts up to 127 stay dictionaries, and so
    do times that stand beside every keypoint. What that saves: docs/decisions/077.
    """
    repeated = {"time_s"} if "keypoint" in schema.names else set()
    packed = {
        field.name: "BYTE_STREAM_SPLIT"
        if pa.types.is_floating(field.type)
        else "DELTA_BINARY_PACKED"
        for field in schema
        if field.type in MEASURED and field.name not in repeated
    }
    return {
        "compression": "zstd",
        "use_dictionary": [name for name in schema.names if name not in packed],
        "column_encoding": packed,
    }


def with_record(schema: pa.Schema, record: Mapping[str, object]) -> pa.Schema:
    """A schema with `record` as its metadata."""
    document = {"schema_version": SCHEMA_VERSION, **record}
    return schema.with_metadata({**(schema.metadata or {}), KEY: json.dumps(document).encode()})


def write_failure(path: str | Path, record: Mapping[str, object]) -> None:
    """Stand in for an output of a video that cannot be processed: no rows, `failure` in the record.

    For an output folder (a path without suffix) the record becomes its only file.
    """
    path = Path(path)
    if path.suffix == ".parquet":
        write_parquet(pa.schema([]).empty_table(), path, record)
    else:
        with replacing(path) as temporary:
            temporary.mkdir()
            (temporary / FAILURE_FILE).write_text(json.dumps(record, indent=2), encoding="utf-8")


def raise_failure_in(folder: str | Path) -> None:
    """VideoError when an output folder stands for a failed video."""
    path = Path(folder) / FAILURE_FILE
    if path.is_file():
        failure = json.loads(path.read_text(encoding="utf-8"))["failure"]
        raise VideoError(failure["stage"], failure["reason"])


def read_parquet(path: str | Path, needed: Iterable[str] = ()) -> pa.Table:
    """Read a table of ours. VideoError when it stands for a failed video.

    SuperAnimalError when it lacks one of the `needed` columns, as one of an older version may.
    """
    raise_failure_of(path)
    with pq.ParquetFile(path) as file:  # pq.read_table first imports what reads folders, and pandas
        table = file.read()
    _raise_if_lacking(path, table.column_names, needed)
    return table


def read_rows(
    path: str | Path, columns: Sequence[str], start: int, stop: int | None, rows: int
) -> Iterator[pa.Table]:
    """Columns of the rows `start` to `stop` (excluded) of a table, `rows` at a time.

    SuperAnimalError when it lacks one of the columns.
    """
    with pq.ParquetFile(path) as file:
        _raise_if_lacking(path, file.schema_arrow.names, columns)
        sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        ends = [*accumulate(sizes)]
        last = sum(sizes) if stop is None else min(stop, sum(sizes))
        groups = [i for i, end in enumerate(ends) if end > start and end - sizes[i] < last]
        if not groups or start >= last:
            return
        row = ends[groups[0]] - sizes[groups[0]]
        kept: list[pa.RecordBatch] = []
        held = 0
        for batch in file.iter_batches(rows, row_groups=groups, columns=list(columns)):
            wanted = batch[max(start - row, 0) : max(last - row, 0)]
            row += len(batch)
            kept.append(wanted)
            held += len(wanted)
            while held >= rows:
                table = pa.Table.from_batches(kept)
                yield table[:rows]
                kept, held = table[rows:].to_batches(), held - rows
        if held:
            yield pa.Table.from_batches(kept)


def raise_failure_of(path: str | Path) -> None:
    """VideoError when a table stands for a failed video."""
    record = read_record(path)
    if "failure" in record:
        raise VideoError(record["failure"]["stage"], record["failure"]["reason"])


def _raise_if_lacking(path: str | Path, columns: Sequence[str], needed: Iterable[str]) -> None:
    if lacking := [name for name in needed if name not in columns]:
        raise SuperAnimalError(
            f"{path}: has no column '{lacking[0]}' (its columns: {', '.join(columns)}); "
            "an older version of the pipeline wrote it, or something else did: run the pipeline "
            "again, which makes it anew"
        )


def read_record(path: str | Path) -> dict[str, Any]:
    """What made a file. SuperAnimalError when it is not a table of ours or of a newer version."""
    try:
        metadata = pq.read_schema(path).metadata or {}
        record = json.loads(metadata[KEY])
    except (KeyError, ValueError, OSError) as error:
        raise SuperAnimalError(
            f"{path}: not a table of ours ({type(error).__name__}); delete it and run again"
        ) from error
    if record["schema_version"] > SCHEMA_VERSION:
        raise SuperAnimalError(
            f"{path}: written by a newer version (schema {record['schema_version']}, "
            f"this one knows {SCHEMA_VERSION}); update the pipeline"
        )
    return record
