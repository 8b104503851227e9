"""What a benchmark measured, kept in the repository: benchmarks/results/<benchmark>.csv.

A row for each machine, version, precision, engine and case. Only when asked (--record), since a
machine that does other work beside gives no figures worth keeping. `python docs/generate.py` shows
the rows in docs/measured.md.
"""

import argparse
import csv
import io
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import superanimal_core

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
MACHINE = ("processor", "cores")
SAME = (*MACHINE, "version", "precision", "engine", "case")  # one row for each
COLUMNS = (*MACHINE, "date", "version", "precision", "engine", "case")


def add_record_option(parser: argparse.ArgumentParser) -> None:
    """--record, which every benchmark that keeps rows has."""
    told = "keep the figures in benchmarks/results; let nothing else run beside"
    parser.add_argument("--record", action="store_true", help=told)


def keep_row(
    benchmark: str,
    case: str,
    figures: Mapping[str, float],
    *,
    precision: str = "float32",
    engine: str = "torch",
    device: str = "",
    folder: Path = RESULTS,
) -> None:
    """Put a row into the table of a benchmark, in place of one of the same machine and version.

    `case` is what was measured, `figures` name their units; `device` is the GPU, if it was used.
    """
    about = {
        "processor": device or processor(),
        "cores": str(os.cpu_count()),
        "date": date.today().isoformat(),
        "version": version(),
        "precision": precision,
        "engine": engine,
        "case": case,
    }
    row = about | {name: f"{value:.4g}" for name, value in figures.items()}
    path = folder / f"{benchmark}.csv"
    rows = [old for old in rows_of(path) if any(old[key] != row[key] for key in SAME)]
    rows = sorted([*rows, row], key=lambda each: [each[key] for key in COLUMNS])
    names = [*COLUMNS, *dict.fromkeys(key for each in rows for key in each if key not in COLUMNS)]
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(_written(names, rows), encoding="utf-8")


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a table; none where there is no file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def _written(names: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def processor() -> str:
    """The processor's model, as the system names it; never the machine's own name."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text(encoding="utf-8").splitlines() if about.is_file() else []
    models = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    name = models[0] if models else platform.processor() or platform.machine()
    return " ".join(name.split())


def version() -> str:
    """The program's version and commit; a plus sign where files differ from it."""
    asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+", "--exclude=*"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False)
    return f"{superanimal_core.__version__} {told.stdout.strip()}".strip()
