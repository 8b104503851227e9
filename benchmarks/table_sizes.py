"""Megabytes of tables per hour of video.

    python benchmarks/table_sizes.py [STUDY] [--quick] [--packings] [--record]

For each kind of table beside the videos: what an hour at the video's rate takes, and the same table
as Parquet packs it by default with zstd. STUDY is a finished one (demo-study, after `make demo`);
without it, the two drawn videos of tail.py, two minutes each, of 27 keypoints and three networks.
--packings: other packings of the same tables beside ours, in size and in seconds of the processor
of writing and reading (the least of three).
"""

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from machine_rows import add_record_option, keep_row
from tail import QUICK_SECONDS, RATES, STEPS, make_study, seconds

from superanimal_core.tables.accounts import read_quality
from superanimal_core.tables.parquet import packing

HOUR_S, MB = 3600.0, 1e6


def main() -> None:
    """Print a line for each kind of table, then their sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", nargs="?", type=Path, help="a finished one")
    parser.add_argument("--quick", action="store_true", help="the same")
    parser.add_argument("--packings", action="store_true")
    add_record_option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        study = options.study or draw(Path(folder))
        for video in sorted((study / "results/videos").iterdir()):
            tell(video, options.record)
            for name, file in tables_in(video) if options.packings else ():
                compare_packings(f"{video.name}, {name}", pq.ParquetFile(file).read())


def draw(study: Path) -> Path:
    """A study of drawn videos, all steps done."""
    make_study(study, QUICK_SECONDS, videos=0)
    for fps in RATES:
        for step in STEPS:
            seconds(study, step, f"v{fps}")
    return study


def tell(folder: Path, is_kept: bool) -> None:
    """The sizes of the tables of one video; none of one that failed."""
    (account,) = read_quality([folder / "quality.json"])
    if account["status"] == "failed":
        return
    hours = account["figures"]["duration_s"] / HOUR_S
    sizes: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for name, file in tables_in(folder):
        now, default = sizes[name]
        sizes[name] = now + file.stat().st_size, default + default_bytes(file)
    totals = [sum(column) for column in zip(*sizes.values(), strict=True)]
    sizes["all tables"] = totals[0], totals[1]
    for name, (now, default) in sizes.items():
        figures = {
            "mb_per_hour": now / MB / hours,
            "of_default": now / default,
            "frames_per_s": account["figures"]["fps"],
        }
        print(f"{folder.name}, {name}: {figures['mb_per_hour']:.1f} MB per hour at "
              f"{figures['frames_per_s']:.0f} frames/s, {figures['of_default']:.2f} of the "
              "default packing", flush=True)  # fmt: skip
        if is_kept:
            keep_row("table_sizes", f"{folder.name}, {name}", figures, precision="", engine="")


def tables_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """The tables of a video with what they are called; those of all networks by one name."""
    for file in sorted(folder.rglob("*.parquet")):
        inner = file.relative_to(folder)
        yield (inner.parts[0] if len(inner.parts) > 1 else inner.stem), file


def default_bytes(file: Path) -> int:
    """What the table takes with dictionaries for all columns, as Parquet's writers have it."""
    return packed(pq.read_table(file), {"compression": "zstd"}).size


def compare_packings(name: str, table: pa.Table) -> None:
    """Print a line for each packing, sizes and times over ours."""
    ours = packing(table.schema)
    floats = [field.name for field in table.schema if pa.types.is_float32(field.type)]
    before = {
        "compression": "zstd",
        "use_dictionary": [column for column in table.column_names if column not in floats],
        "column_encoding": dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
    }
    levels = {f"zstd {level}": {**ours, "compression_level": level} for level in (6, 12)}
    size, write_s, read_s = measured(table, ours)
    for which, how in {"only float32 split": before, **levels}.items():
        others = measured(table, how)
        ratios = [
            f"{one / other:.2f}" for one, other in zip(others, (size, write_s, read_s), strict=True)
        ]
        print(f"{name}, {which}: size {ratios[0]} of ours, writing {ratios[1]}, "
              f"reading {ratios[2]}", flush=True)  # fmt: skip


def measured(table: pa.Table, how: dict[str, Any]) -> tuple[float, float, float]:
    """Bytes, and seconds of the processor of writing and of reading, the least of three."""
    times = []
    for _ in range(3):
        start_s = time.process_time()
        bytes_ = packed(table, how)
        written_s = time.process_time()
        pq.ParquetFile(pa.BufferReader(bytes_)).read()
        times.append((written_s - start_s, time.process_time() - written_s))
    return bytes_.size, min(wrote for wrote, _ in times), min(read for _, read in times)


def packed(table: pa.Table, how: dict[str, Any]) -> pa.Buffer:
    """The file of a table."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **how)
    return sink.getvalue()


if __name__ == "__main__":
    main()
