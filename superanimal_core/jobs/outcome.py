"""What a run tells at its end: how many videos are done, why the others failed, and its verdict."""

import json
from pathlib import Path

import pyarrow.parquet as pq

from superanimal_core.errors import SuperAnimalError, first_lines
from superanimal_core.tables.atomic import replacing
from superanimal_core.tables.parquet import FAILURE_FILE, read_record

SHOWN = 10
STAND_IN_BYTES = 20_000  # a table that stands for a failed video has no rows


def ended_lines(done: list[str], is_stopped: bool) -> list[str]:
    """What a run tells that did not come to its end, before the lines of what it has done."""
    told = "Some jobs failed, or too many videos."
    if is_stopped:
        told = "Stopped before its end; the same command goes on."
    return [f"{told} So far:", *done] if done else [told]


def outcome_lines(results: str | Path, since_s: float) -> list[str]:
    """The last lines of a run that began at `since_s`, by the clock of the results' disk.

    Where the run came to tables/quality.parquet, one line counts the videos, then each failed one
    has a line with its stage and reason (ten at most). Where it did not (--until, Ctrl-C, a part of
    the study), only what it did itself is told: that table's figures are of an earlier run.
    """
    table, page = Path(results) / "tables/quality.parquet", Path(results) / "report/index.html"
    if not table.is_file() or table.stat().st_mtime < since_s:
        return _part_of_a_run(Path(results), since_s, table)
    rows = pq.read_table(table, columns=["video", "status", "stage", "reason"]).to_pylist()
    failed = [(r["video"], r["stage"], r["reason"]) for r in rows if r["status"] == "failed"]
    flagged = sum(row["status"] == "flagged" for row in rows)
    counted = f"{len(rows) - len(failed)} of {len(rows)} videos done"
    if flagged:
        counted += f" ({flagged} of them flagged)"
    return [f"{counted}, {len(failed)} failed: {table} (see {page})", *_reasons(failed)]


def _part_of_a_run(results: Path, since_s: float, table: Path) -> list[str]:
    """What a run did that ended before the tables of all videos; nothing where it did no video."""
    worked, failed = 0, []
    for folder in sorted(results.glob("videos/*")):
        results_of_video = (*folder.glob("*.parquet"), *folder.glob(f"*/{FAILURE_FILE}"))
        new = [p for p in results_of_video if p.stat().st_mtime >= since_s]
        failures = [failure for path in new if (failure := failure_told(path))]
        worked += bool(new)
        if failures:
            failed.append((folder.name, failures[0]["stage"], failures[0]["reason"]))
    if not worked:
        return []
    earlier = f"; {table} is that of a run before" if table.is_file() else ""
    counted = f"this run worked on {worked} videos, {len(failed)} of them failed"
    return [f"{counted}; it did not come to the table of all videos{earlier}", *_reasons(failed)]


def failure_told(path: Path) -> dict[str, str] | None:
    """The stage and reason that a mark of a failed folder tells, or a table that stands for one.

    None for a result. OSError, ValueError and KeyError of a mark, SuperAnimalError of a table that
    cannot be read.
    """
    if path.name == FAILURE_FILE:
        return json.loads(path.read_text(encoding="utf-8"))["failure"]
    if path.stat().st_size > STAND_IN_BYTES:
        return None
    return read_record(path).get("failure")


def _reasons(failed: list[tuple[str, str, str]]) -> list[str]:
    lines = [f"  {video}: {stage}: {reason}" for video, stage, reason in failed]
    return first_lines(lines, SHOWN, "  ")


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
