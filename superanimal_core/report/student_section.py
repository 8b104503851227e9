"""Students beside the ensembles that taught them: errors, circles, unrest, and who was trusted."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from superanimal_core.report.cells import Table, number
from superanimal_core.report.results import Row

COLUMNS = (
    ("student", ""),
    ("of", "held-out labels of a data set, or frames of videos"),
    ("positions", "that both know"),
    ("student", "mean error, px"),
    ("ensemble", "mean error, px"),
    ("student", "% of the labels in circles of 90 %"),
    ("ensemble", "% of the labels in circles of 90 %"),
    ("student", "jitter, px"),
    ("ensemble", "jitter, px"),
    ("apart", "px"),
    ("student", "% of the ensemble's positions lost"),
)


def student_section(
    students: Mapping[str, Sequence[Row]], accounts: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any] | None:
    """A table, and a sentence about each student's videos; None without students.

    `students` are the rows of students.parquet by model, `accounts` those of the videos.
    """
    if not students:
        return None
    rows = [row for model, of_model in students.items() for row in _rows(model, of_model)]
    verdicts = [account.get("student") for account in accounts.values()]
    told = [
        _sentence(model, [v for v in verdicts if v and v["model"] == model]) for model in students
    ]
    return {"table": Table(COLUMNS, rows, words=("student", "of")), "told": told}


def _rows(model: str, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """One per data set, and one for the frames of all videos together, by their positions."""
    found = [_row(model, row["name"], row) for row in rows if row["of"] == "labels"]
    frames = [row for row in rows if row["of"] == "frames"]
    if frames:
        weight = np.array([row["positions"] for row in frames], dtype=float)
        means = {key: _mean([row[key] for row in frames], weight) for key in _MEANS}
        sums = {key: sum(row[key] for row in frames) for key in ("positions", "student_lost")}
        found.append(_row(model, f"frames of {len(frames)} videos", frames[0] | means | sums))
    return found


_MEANS = ("student_jitter_px", "ensemble_jitter_px", "apart_px")


def _row(model: str, name: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    asked = row["positions"] + row["student_lost"]
    return (
        model,
        name,
        number(row["positions"], 0),
        number(row["student_error_px"], 2),
        number(row["ensemble_error_px"], 2),
        number(100 * row["student_within_90"], 0),
        number(100 * row["ensemble_within_90"], 0),
        number(row["student_jitter_px"], 2),
        number(row["ensemble_jitter_px"], 2),
        number(row["apart_px"], 2),
        number(100 * row["student_lost"] / asked if asked else None, 1),
    )


def _mean(values: Sequence[float], weight: np.ndarray) -> float:
    known = np.isfinite(values) & (weight > 0)
    if not known.any():
        return float("nan")
    return float(np.average(np.array(values)[known], weights=weight[known]))


def _sentence(model: str, verdicts: Sequence[Mapping[str, Any]]) -> str:
    """How many videos the student saw, and how many the ensemble in its place."""
    trusted = sum(verdict["is_trusted"] for verdict in verdicts)
    return (
        f"Of {len(verdicts)} videos with the model {model}, the student saw {trusted}, and its "
        f"ensemble {len(verdicts) - trusted}, where both were too far apart or nothing was known."
    )
