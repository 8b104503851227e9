"""Print a transfer table: error on held-out labels by start and number of labels."""

import argparse
import os
from pathlib import Path

import numpy as np

from superanimal_core.tables.parquet import read_parquet

COLUMNS = ("mean_error_px", "pretraining_normalized_error", "pretraining_dropped_keypoints")


def main() -> None:
    """Parse the command line and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path, help="the study's folder, after `transfer_table`")
    folder = parser.parse_args().study / "results" / "transfer"
    rows = read_parquet(folder / "table.parquet").to_pylist()
    print(
        f"\n{'data set':<15}{'start':<15}{'labels':>7}   {'mean error, px':<24}"
        "on the pretraining sets: normalized error, keypoints dropped per animal"
    )
    cells = sorted({(r["dataset"], r["labeled_animals"], r["mode"]) for r in rows})
    for dataset, labels, mode in cells:
        own = [r for r in rows if (r["dataset"], r["labeled_animals"], r["mode"])
               == (dataset, labels, mode)]  # fmt: skip
        error, forgotten, dropped = (np.array([r[c] for r in own], float) for c in COLUMNS)
        error_px = f"{error.mean():6.2f} ({error.min():.2f} to {error.max():.2f})"
        print(
            f"{dataset:<15}{mode:<15}{labels:>7}   {error_px:<24}"
            f"{forgotten.mean():.3f}   {dropped.mean():.2f}"
        )
    print(f"\nPlots          {os.path.relpath(folder / 'plots')}")


if __name__ == "__main__":
    main()
