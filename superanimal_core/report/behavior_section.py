"""Learned behaviors: how good each classifier is on animals that it has not seen, what it found."""

from collections.abc import Mapping, Sequence
from typing import Any

from superanimal_core.report.cells import Table, number
from superanimal_core.report.results import Row

SCORES = (
    ("classifier", ""),
    ("behavior", ""),
    ("F1", "frames"),
    ("raters", "F1 among themselves"),
    ("precision", "frames"),
    ("recall", "frames"),
    ("average precision", ""),
    ("bouts", "marked"),
    ("bouts", "found"),
    ("F1", "bouts, IoU 0.25"),
    ("F1", "bouts, IoU 0.5"),
    ("onset", "s, median distance"),
)
FOUND = (
    ("classifier", ""),
    ("behavior", ""),
    ("animals of videos", "with it"),
    ("animals of videos", "in all"),
    ("bouts", "in all"),
    ("time", "s in all"),
    ("bout", "s, mean"),
)


def behavior_section(
    classifiers: Mapping[str, Sequence[Row]], classified: Mapping[str, Sequence[Row]]
) -> dict[str, Any] | None:
    """Tables of scores and of what was found, and a sentence on the folds; None without any.

    `classifiers` are the rows of evaluation.parquet by classifier, `classified` those of its sums.
    """
    if not classifiers:
        return None
    scores = [_scores(name, row) for name, rows in classifiers.items() for row in rows]
    found = [row for name, rows in classified.items() for row in _found(name, rows)]
    return {
        "scores": Table(SCORES, scores, words=("classifier", "behavior")),
        "found": Table(FOUND, found, words=("classifier", "behavior")),
        "told": [_sentence(name, rows) for name, rows in classifiers.items() if rows],
    }


def _scores(name: str, row: Row) -> tuple[str, ...]:
    fractions = ("f1", "raters_f1", "precision", "recall", "average_precision")
    return (
        name,
        "all (macro)" if row["behavior"] == "all" else row["behavior"],
        *(number(row[key], 2) for key in fractions),
        number(row["bouts"], 0),
        number(row["predicted_bouts"], 0),
        number(row["bout_f1_25"], 2),
        number(row["bout_f1_50"], 2),
        number(row["onset_distance_s"], 2),
    )


def _found(name: str, rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """One row per behavior, over all videos."""
    found = []
    for behavior in dict.fromkeys(row["behavior"] for row in rows):
        own = [row for row in rows if row["behavior"] == behavior]
        bouts, time_s = sum(row["bouts"] for row in own), sum(row["time_s"] for row in own)
        found.append(
            (
                name,
                behavior,
                number(sum(row["bouts"] > 0 for row in own), 0),
                number(len(own), 0),
                number(bouts, 0),
                number(time_s, 1),
                number(time_s / bouts if bouts else None, 2),
            )
        )
    return found


def _sentence(name: str, rows: Sequence[Row]) -> str:
    """How a classifier was judged."""
    first = rows[0]
    people = "one person" if first["raters"] == 1 else f"up to {first['raters']} persons"
    return (
        f"The classifier {name} was judged on {first['held_out_by']} that it had not learned from, "
        f"against the labels of {people}."
    )
