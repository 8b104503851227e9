"""Megabytes of tables per hour of video.

    python benchmarks/table_sizes.py [STUDY] [--quick] [--record]

For each kind of table beside the videos: what an hour at the video's rate takes, and the same table
as Parquet packs it by default with zstd. STUDY is a finished one (demo-study, after `make demo`);
without it, the two drawn videos of tail.py, two minutes each, of 27 keypoints and three networks.
"""

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from machine_rows import add_record_option, keep_row
from tail import QUICK_SECONDS, RATES, STEPS, make_study, seconds

from superanimal_core.tables.accounts import read_quality

HOUR_S, MB = 3600.0, 1e6


def main() -> None:
    """Print a line for each kind of table, then their sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", nargs="?", type=Path, help="a finished one")
    parser.add_argument("--quick", action="store_true", help="the same")
    add_record_option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        study = options.study or draw(Path(folder))
        for video in sorted((study / "results/videos").iterdir()):
            tell(video, options.record)


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
    packed: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for name, file in tables_in(folder):
        now, default = packed[name]
        packed[name] = now + file.stat().st_size, default + default_bytes(file)
    packed["all tables"] = tuple(map(sum, zip(*packed.values(), strict=True)))
    for name, (now, default) in packed.items():
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
    sink = pa.BufferOutputStream()
    pq.write_table(pq.read_table(file), sink, compression="zstd")
    return sink.getvalue().size


if __name__ == "__main__":
    main()
