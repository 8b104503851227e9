"""The report of many videos: seconds, peak memory and size of the page.

    python benchmarks/report.py [--quick] [--videos N] [--keep FOLDER] [--record]

A made study: a few walks under many names, of two groups, filmed by three cameras over a year, one
of which gets worse; one video in fifty failed, one in twenty is flagged. Every video has pictures
(of noise, which JPEG packs badly) and a benchmark of each of its jobs. The page may have 20 MB,
whatever the number of videos. --keep: the study stays there, to be looked at.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
from asked import options_in, parser_of_videos
from datasets import peak_mb
from machine_rows import add_record_option, keep_row

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / each) for each in ("tests", "tests/report")]

from made_study import (  # noqa: E402  # it stands beside the tests of the page
    DATASETS,
    RECORD,
    Made,
    inputs_of,
    places_of,
    settings,
    write_coverage,
    write_models,
    write_study,
)

from superanimal_core.report.page import write_page  # noqa: E402
from superanimal_core.report.stills import STILLS  # noqa: E402
from superanimal_core.study.products import some_of  # noqa: E402
from superanimal_core.tables.accounts import read_quality, write_quality  # noqa: E402
from superanimal_core.tables.cohort import collect_tables  # noqa: E402
from superanimal_core.tables.names import OF_COHORT  # noqa: E402
from superanimal_core.tables.parquet import read_parquet, write_parquet  # noqa: E402

VIDEOS, QUICK_VIDEOS = 500, 60
MOST_BYTES = 20e6
KINDS = 6  # different walks
FAILED_EVERY, FLAGGED_EVERY = 50, 20
CAMERAS, DAYS = ("left", "right", "top"), 360
MADE = Made(good=KINDS, flagged=1, failed=1, has_truth=False, seconds=12.0, group_column="group")
RULES = ("probe_video", "predict_poses", "adapt_to_video", "smooth_poses", "measure_gait")
FRAMES = 18_000  # of a video whose way is drawn: ten minutes
WAY = ["individual", "center_x_px", "center_y_px"]
SHOWN = 100  # as in config.yaml


def main() -> None:
    """Make the study, then its page in a process of its own; exit 1 where the page is too large."""
    parser = parser_of_videos(__doc__, VIDEOS, QUICK_VIDEOS)
    parser.add_argument("--keep", type=Path)
    add_record_option(parser)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    options = options_in(parser)
    if options.write:
        write(options.write)
        return
    videos = options.videos
    with tempfile.TemporaryDirectory() as folder:
        study = options.keep or Path(folder)
        make_cohort(study, videos)
        command = [sys.executable, __file__, "--write", str(study)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seconds, peak, size = map(float, told.split())
    print(f"{videos} videos: {seconds:.1f} s, {peak:.0f} MB of memory, page {size / 1e6:.1f} MB")
    if options.record:
        figures = {"seconds": seconds, "memory_mb": peak, "page_mb": size / 1e6}
        keep_row("report", f"{videos} videos", figures, precision="", engine="")
    sys.exit(size > MOST_BYTES)


def write(study: Path) -> None:
    """Write the page of a study; print seconds, peak memory (MB) and bytes of the page."""
    results = study / "results"
    names = sorted(path.name for path in (results / "videos").iterdir())
    shown = some_of(names, SHOWN)
    inputs = inputs_of(results, MADE)
    inputs["stills"] = [str(results / "videos" / name / "stills.parquet") for name in shown]
    places = {name: places_of(MADE)["good0"] for name in shown}
    page, start_s = results / "report" / "index.html", time.perf_counter()
    chosen = settings(MADE, f"A study of {len(names)} videos")
    write_page(page, inputs, chosen, DATASETS, {}, "snakemake", places, {})
    print(time.perf_counter() - start_s, peak_mb(), page.stat().st_size)


def make_cohort(study: Path, videos: int) -> None:
    """A few walks under many names, each with an account of its own."""
    made, results = study / "made", study / "results"
    write_study(made, MADE)
    kinds = [made / "videos" / f"good{i}" for i in range(KINDS)]
    for number, kind in enumerate(kinds):
        put_pictures(kind / "stills.parquet", number)
        put_ways_and_bouts(kind, number)
    random, quality = np.random.default_rng(0), []
    for i in range(videos):
        kind = kinds[i % KINDS]
        if i % FAILED_EVERY == FAILED_EVERY - 1:
            kind = made / "videos" / "torn0"
        elif i % FLAGGED_EVERY == FLAGGED_EVERY - 1:
            kind = made / "videos" / "doubtful0"
        folder = results / "videos" / f"m{i:04d}"
        folder.mkdir(parents=True)
        for table in kind.glob("*.parquet"):
            os.link(table, folder / table.name)
        account = account_of(kind, folder.name, i / videos, random)
        write_quality(account, folder / "quality.json", RECORD)
        quality.append(str(folder / "quality.json"))
        for rule in RULES:
            write_benchmark(study / "benchmarks" / rule / f"{folder.name}.tsv", random)
    tables = {name: str(results / "tables" / f"{name}.parquet") for name in OF_COHORT}
    collect_tables(quality, tables, RECORD)
    write_coverage(results / "datasets")
    write_models(results / "models" / "walker", MADE)


def account_of(kind: Path, video: str, when: float, random: np.random.Generator) -> dict:
    """The account of a walk under another name; `when` in the study (0-1) it was filmed."""
    (account,) = read_quality([str(kind / "quality.json")])
    camera = CAMERAS[random.integers(len(CAMERAS))]
    day = date(2025, 1, 7) + timedelta(days=round(when * DAYS))
    columns = {"subject": f"mouse{random.integers(24)}", "date": day.isoformat()}
    columns |= {"camera": camera, "group": ("control", "treated")[random.integers(2)]}
    figures = dict(account["figures"])
    if account["status"] != "failed":
        worse = when if camera == "top" else 0.0
        figures["mean_score"] = 0.9 - 0.25 * worse + 0.03 * random.normal()
        figures["dropped_keypoints_per_frame"] = max(0, 0.3 + 2 * worse + 0.3 * random.normal())
        figures["expected_error_of_size"] = 0.02 * (1 + worse) * np.exp(0.2 * random.normal())
    return {**account, "video": video, "file": f"{video}.mp4", "columns": columns} | {
        "figures": figures
    }


def put_pictures(stills: Path, seed: int) -> None:
    """Pictures of noise in place of plain ones."""
    rows, random = read_parquet(stills).to_pylist(), np.random.default_rng(seed)
    for row in rows:
        coarse = random.integers(60, 200, (12, 16, 3), dtype=np.uint8)
        image = cv2.resize(coarse, (240, 180), interpolation=cv2.INTER_CUBIC).astype(float)
        image = np.clip(image + random.normal(0, 6, image.shape), 0, 255).astype(np.uint8)
        row["picture"] = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 82])[1].tobytes()
    write_parquet(pa.Table.from_pylist(rows, STILLS), stills, RECORD)


def put_ways_and_bouts(kind: Path, seed: int) -> None:
    """Walks through an arena, of two animals in every second kind; bouts of three behaviors."""
    random, ways, bouts = np.random.default_rng(seed), [], []
    for animal in range(1 + seed % 2):
        heading = np.cumsum(random.normal(0, 0.08, FRAMES))
        way = np.stack([np.cos(heading), np.sin(heading)], axis=1).cumsum(axis=0) * 4
        start = random.uniform(0, 600), 200.0
        way = np.abs((way + start) % (1200, 880) - (600, 440)) + 20
        names = pa.array([f"animal{animal}"] * FRAMES)
        ways.append(pa.table([names, way[:, 0], way[:, 1]], names=WAY))
        starts = np.sort(random.uniform(0, MADE.seconds, 12))
        bouts += [
            (f"animal{animal}", ("walk", "pause", "rear")[random.integers(3)], a, a + (b - a) * 0.8)
            for a, b in pairwise(starts)
        ]
    write_parquet(pa.concat_tables(ways), kind / "features.parquet", RECORD)
    columns = dict(
        zip(("individual", "behavior", "start_s", "stop_s"), zip(*bouts, strict=True), strict=True)
    )
    more = {"probability": [0.9] * len(bouts)}
    write_parquet(pa.table(columns | more), kind / "bouts.parquet", RECORD)


def write_benchmark(file: Path, random: np.random.Generator) -> None:
    """What Snakemake would have measured."""
    file.parent.mkdir(parents=True, exist_ok=True)
    cpu_s = float(20 * np.exp(random.normal()))
    file.write_text(f"s\tmax_rss\tcpu_time\n{cpu_s * 1.1:.2f}\t900.0\t{cpu_s:.2f}\n")


if __name__ == "__main__":
    main()
