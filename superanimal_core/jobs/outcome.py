"""What a run tells at its end: how many videos are done, why the others failed, and its verdict."""

from pathlib import Path

import pyarrow.parquet as pq

from superanimal_core.errors import SuperAnimalError
from superanimal_core.tables.atomic import replacing

SHOWN = 10


def outcome_lines(results: str | Path) -> list[str]:
    """The last lines of a run, from tables/quality.parquet; none before that table exists.

    One line counts the videos, then each failed one has a line with its stage and reason (ten at
    most).
    """
    table, page = Path(results) / "tables/quality.parquet", Path(results) / "report/index.html"
    if not table.is_file():
        return []
    rows = pq.read_table(table, columns=["video", "status", "stage", "reason"]).to_pylist()
    failed = [row for row in rows if row["status"] == "failed"]
    flagged = sum(row["status"] == "flagged" for row in rows)
    counted = f"{len(rows) - len(failed)} of {len(rows)} videos done"
    if flagged:
        counted += f" ({flagged} of them flagged)"
    lines = [f"{counted}, {len(failed)} failed: {table} (see {page})"]
    lines += [f"  {row['video']}: {row['stage']}: {row['reason']}" for row in failed[:SHOWN]]
    if len(failed) > SHOWN:
        lines.append(f"  and {len(failed) - SHOWN} more")
    return lines


def judge_run(
    table: str | Path, page: str | Path, verdict: str | Path, max_failed_fraction: float
) -> None:
    """Write that a run is good. SuperAnimalError where more videos failed than are allowed."""
    status = pq.read_table(table, columns=["status"])["status"].to_pylist()
    failed = status.count("failed")
    counted = f"{failed} of {len(status)} videos failed"
    if failed > max_failed_fraction * len(status):
        raise SuperAnimalError(
            f"{counted}, more than quality.max_failed_fraction = {max_failed_fraction:g} allows. "
            f"Everything else is done. Their reasons: {table}, {page}"
        )
    with replacing(verdict) as temporary:
        temporary.write_text(f"{counted}\n", encoding="utf-8")
