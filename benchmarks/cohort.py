"""The tables of all videos: peak memory and time of joining them, against the number of videos.

    python benchmarks/cohort.py [--quick] [--videos N]

Every video is of ten minutes: 18,000 rows of 60 features (one file under many names), its strides,
gait and bouts. Each figure is a process of its own. Memory may not grow with the videos: the limit
is twice that of a tenth of them, and 2 GB.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from asked import options_in, parser_of_videos
from datasets import peak_mb

from superanimal_core.tables.accounts import write_quality
from superanimal_core.tables.cohort import collect_tables
from superanimal_core.tables.names import OF_COHORT, TABLES
from superanimal_core.tables.parquet import write_parquet

VIDEOS, QUICK_VIDEOS = 1000, 50
FRAMES, FEATURES, LIMIT_MB = 18_000, 60, 2000


def main() -> None:
    """Print one line per number of videos; exit 1 where memory grows."""
    parser = parser_of_videos(__doc__, VIDEOS, QUICK_VIDEOS)
    parser.add_argument("--join", nargs=2, help=argparse.SUPPRESS)
    options = options_in(parser)
    if options.join:
        join(Path(options.join[0]), int(options.join[1]))
        return
    videos = options.videos
    with tempfile.TemporaryDirectory() as folder:
        write_videos(Path(folder), videos)
        few, many = (measured(folder, count) for count in (max(videos // 10, 1), videos))
    sys.exit(many > min(2 * few, LIMIT_MB))


def measured(folder: str, videos: int) -> float:
    """Peak memory (MB) of joining so many videos."""
    command = [sys.executable, __file__, "--join", folder, str(videos)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seconds, peak, size_mb = map(float, told.split())
    print(
        f"{videos:5} videos: {peak:5.0f} MB, {seconds:6.1f} s, features {size_mb:6.0f} MB on disk"
    )
    return peak


def join(folder: Path, videos: int) -> None:
    """Join the first videos; print seconds, peak memory (MB) and the size of the features (MB)."""
    quality = [str(folder / f"videos/v{i:04d}/quality.json") for i in range(videos)]
    outputs = {name: str(folder / f"tables/{name}.parquet") for name in OF_COHORT}
    start_s = time.perf_counter()
    collect_tables(quality, outputs, {})
    seconds = time.perf_counter() - start_s
    print(seconds, peak_mb(), os.stat(outputs["features"]).st_size / 1e6)


def write_videos(folder: Path, videos: int) -> None:
    """One video's tables, under the names of many."""
    draw = np.random.default_rng(0)
    time_s = np.arange(FRAMES) / 30
    features = {
        "frame": np.arange(FRAMES, dtype=np.int32),
        "time_s": time_s,
        "individual": pa.array(["animal0"] * FRAMES).dictionary_encode(),
        **{f"f{i}": draw.normal(size=FRAMES).cumsum().round(1) for i in range(FEATURES)},
    }
    rows = {"individual": ["animal0"] * 1000, "start_s": np.arange(1000.0)}
    made = folder / "one"
    for name in (*TABLES, "poses"):
        table = pa.table(features if name == "features" else rows)
        write_parquet(table, made / f"{name}.parquet", {})
    for i in range(videos):
        name = f"v{i:04d}"
        account = {"video": name, "file": f"{name}.mp4", "columns": {"group": str(i % 2)}}
        account |= {"status": "ok", "stage": "", "reason": "", "figures": {}, "adaptation": []}
        account |= {"smoother": "", "remarks": []}
        write_quality(account, folder / f"videos/{name}/quality.json", {})
        for table in made.iterdir():
            os.link(table, folder / f"videos/{name}/{table.name}")


if __name__ == "__main__":
    main()
