"""What jobs took, as Snakemake writes it down: benchmarks/<rule>/<what>.tsv of a study.

A job that failed, or that another machine ran without a common disk, has no such file.
"""

import csv
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path("benchmarks")
COLUMNS = ("s", "max_rss", "cpu_time")


def read_benchmark(file: str | Path) -> list[Mapping[str, float]]:
    """The rows whose figures are all known: seconds by the clock (s), peak memory (max_rss, MB),
    seconds of processors (cpu_time). Mostly one row; none where a job was too short to be watched.
    """
    rows = []
    with Path(file).open(encoding="utf-8") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            try:
                rows.append({key: float(row[key]) for key in COLUMNS})
            except (KeyError, TypeError, ValueError):
                continue
    return rows
