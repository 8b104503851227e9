"""What a run tells at its end: how many videos are done, and why the others failed."""

from pathlib import Path

import pyarrow.parquet as pq

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
