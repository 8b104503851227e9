"""Print a transfer table: error on held-out labels by start and number of labels."""

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np

from superanimal_core.evaluation.paired import labels_that_reach, paired_change
from superanimal_core.tables.parquet import read_parquet

COLUMNS = ("mean_error_px", "pretraining_normalized_error", "pretraining_dropped_keypoints")
OURS = (
    "memory_replay",
    "new_head",
)  # the first that a space allows: nothing is shared, nothing replayed
INITIAL = "scratch"
Rows = list[dict[str, Any]]


def main() -> None:
    """Parse the command line and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path, help="the study's folder, after `transfer_table`")
    folder = parser.parse_args().study / "results" / "transfer"
    rows = read_parquet(folder / "table.parquet").to_pylist()
    wide = max(len(row["dataset"]) for row in rows) + 2
    print(
        f"\n{'data set':<{wide}}{'start':<15}{'labels':>7}   {'mean error, px':<24}"
        "on the pretraining sets: normalized error, keypoints dropped per animal"
    )
    for dataset, labels, mode in sorted(
        {(r["dataset"], r["labeled_animals"], r["mode"]) for r in rows}
    ):
        own = cell_of(rows, dataset, labels, mode)
        error, forgotten, dropped = (np.array([r[c] for r in own], float) for c in COLUMNS)
        error_px = f"{error.mean():6.2f} ({error.min():.2f} to {error.max():.2f})"
        print(
            f"{dataset:<{wide}}{mode:<15}{labels:>7}   {error_px:<24}"
            f"{forgotten.mean():.3f}   {dropped.mean():.2f}"
        )
    for dataset in sorted({r["dataset"] for r in rows}):
        print_comparison([r for r in rows if r["dataset"] == dataset], dataset)
    print(f"\nPlots          {os.path.relpath(folder / 'plots')}")


def print_comparison(rows: Rows, dataset: str) -> None:
    """Our start against every other one with as many labels, in pairs of one seed each."""
    ours = next(mode for mode in OURS if any(r["mode"] == mode for r in rows))
    name = ours.replace("_", " ")
    print(f"\n{dataset}: error of {name} against that of another start, same labels and seed")
    counts = sorted({r["labeled_animals"] for r in rows if r["mode"] == ours})
    for labels in counts:
        own = errors_of(rows, dataset, labels, ours)
        for mode in sorted({r["mode"] for r in rows if r["labeled_animals"] == labels} - {ours}):
            change, low, high = paired_change(own, errors_of(rows, dataset, labels, mode))
            print(
                f"{labels:>7} labels, {mode:<15}{change:+7.1%}   "
                f"(95 %: {low:+.1%} to {high:+.1%}, {len(own)} seeds)"
            )
    means = [errors_of(rows, dataset, labels, INITIAL).mean() for labels in counts]
    for labels in counts:
        own_px = float(errors_of(rows, dataset, labels, ours).mean())
        needed = labels_that_reach(own_px, np.array(counts, float), np.array(means))
        count = f"{needed:.0f}" if np.isfinite(needed) else f"more than {counts[-1]}"
        print(f"{labels:>7} labels with {name} are worth {count} from initial weights")


def cell_of(rows: Rows, dataset: str, labels: int, mode: str) -> Rows:
    """The rows of a cell, by seed."""
    chosen = (dataset, labels, mode)
    own = [r for r in rows if (r["dataset"], r["labeled_animals"], r["mode"]) == chosen]
    return sorted(own, key=lambda row: row["seed"])


def errors_of(rows: Rows, dataset: str, labels: int, mode: str) -> np.ndarray:
    """Mean errors (px) of a cell's trainings, by seed."""
    return np.array([r["mean_error_px"] for r in cell_of(rows, dataset, labels, mode)], float)


if __name__ == "__main__":
    main()
