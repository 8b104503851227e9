"""Print what the demo study found beside what is true: errors, strides, bouts, failures."""

import argparse
import math
import os
from collections.abc import Sequence
from pathlib import Path

from superanimal_core.report.accuracy import (
    PERCENT,
    PX,
    STAGES,
    bout_table,
    keypoint_errors,
    smoother_table,
    stride_table,
    worst_keypoint,
)
from superanimal_core.report.reliability import covered_of, reliability_table
from superanimal_core.report.results import Row, rows_by_video
from superanimal_core.tables.parquet import read_parquet


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path, help="the study's folder, after the workflow has run")
    results = parser.parse_args().study / "results"
    videos = read_parquet(results / "tables" / "quality.parquet").to_pylist()
    truth = rows_by_video(sorted((results / "videos").glob("*/truth.parquet")))
    print("\nMedian keypoint error, px (% of body length)")
    print_table(
        ("video", *STAGES, "worst keypoint, smoothed"),
        [(video, *_errors(rows)) for video, rows in truth.items()],
    )
    print(
        "\nTrue positions within the circles of 50 % and 90 %, and the mean error of the smoothers"
    )
    covered = reliability_table({video: covered_of(rows) for video, rows in truth.items()})
    print_table(("video", "within 50 %, %", "within 90 %, %"), covered.rows)
    print("\nMean error of the smoothers, px")
    smoothers = smoother_table(truth)
    print_table([heading for heading, _ in smoothers.columns], smoothers.rows)
    print("\nStride frequency")
    heads = ("video", "strides", "found, Hz", "true, Hz", "deviation, %")
    print_table(heads, stride_table(truth).rows)
    print("\nBouts of behavior")
    print_table(("video", "behavior", "found", "true", "F1 of frames"), bout_table(truth).rows)
    for video in (v for v in videos if v["status"] == "failed"):
        print(f"\n{video['video']} failed at {video['stage']}:\n  {video['reason']}")
    print(f"\nReport          {os.path.relpath(results / 'report' / 'index.html')}")
    for labeled in sorted((results / "videos").glob("*/labeled.mp4")):
        print(f"Labeled video   {os.path.relpath(labeled)}")


def _errors(rows: Sequence[Row]) -> list[str]:
    """Cells of one video: px and % at each stage, and the keypoint that is farthest off."""
    cells = []
    for stage in STAGES:
        px, percent = (keypoint_errors(rows, stage, unit).get("all") for unit in (PX, PERCENT))
        cells.append("–" if px is None else f"{px:.2f} ({percent:.1f} %)")
    smoothed = keypoint_errors(rows, "smoothed", PERCENT)
    worst = worst_keypoint(smoothed)
    return [*cells, f"{worst} ({smoothed.get(worst, math.nan):.1f} %)"]


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their headings, each column as wide as its widest cell."""
    table = [heads, *rows] if rows else [heads, ["none"]]
    widths = [max(len(row[i]) for row in table if i < len(row)) for i in range(len(heads))]
    for number, row in enumerate(table):
        print("  " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=False)).rstrip())
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))


if __name__ == "__main__":
    main()
