"""Print what the real study found: errors on held-out labels, and the account of the video."""

import argparse
import os
from pathlib import Path

from superanimal_core.tables.parquet import read_parquet


def main() -> None:
    """Parse the command line and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path, help="the study's folder, after the workflow has run")
    results = parser.parse_args().study / "results"
    print("\nHeld-out labels (the last fifth of each set, by time)")
    for model in sorted((results / "models").glob("*/evaluation.parquet")):
        for row in read_parquet(model).to_pylist():
            if (row["member"], row["boxes"]) == ("ensemble", "detector"):
                print(
                    f"{row['dataset']:<15}{row['keypoint']:<17}{row['animals']:>5} labels   "
                    f"mean {row['mean_error_px']:6.2f} px   median {row['median_error_px']:6.2f} px"
                    f"   PCK@0.1 {row['pck_10']:.3f}"
                )
    print("\nVideos")
    for video in read_parquet(results / "tables" / "quality.parquet").to_pylist():
        print(
            f"{video['video']}: {video['status']} {video['reason']}\n"
            f"  {video['frames_predicted']} of {video['frames_decoded']} frames with a pose, "
            f"median uncertainty {video['median_uncertainty_px']:.2f} px, "
            f"{video['dropped_keypoints_per_frame']:.2f} keypoints per frame below the score limit"
        )
    print(f"\nReport          {os.path.relpath(results / 'report' / 'index.html')}")
    for labeled in sorted((results / "videos").glob("*/labeled.mp4")):
        print(f"Labeled video   {os.path.relpath(labeled)}")


if __name__ == "__main__":
    main()
