"""Which data set teaches which keypoint. "Not in the data set" is not "no label": see LabelState.

A keypoint that a data set does not define says nothing about it (no gradient); one that it defines
but never labels may be a mistake in its conversion table.
"""

from collections.abc import Sequence

from superanimal_core.pose.labels import LabelState
from superanimal_core.report.results import Row

LOCATED = [state.name.lower() for state in LabelState if state >= LabelState.OCCLUDED]
SHADES = 4  # CSS classes level-1 to level-4


def coverage(rows: Sequence[Row]) -> list[dict[str, object]]:
    """For each keypoint space a matrix keypoint x data set of cells, and keypoints without any."""
    spaces = dict.fromkeys(row["space"] for row in rows)
    return [_matrix(space, [r for r in rows if r["space"] == space]) for space in spaces]


def _matrix(space: str, rows: Sequence[Row]) -> dict[str, object]:
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        counts.setdefault((row["keypoint"], row["dataset"]), {})[row["state"]] = row["labels"]
    datasets = list(dict.fromkeys(row["dataset"] for row in rows))
    keypoints = list(dict.fromkeys(row["keypoint"] for row in rows))
    most = max((_located(states) for states in counts.values()), default=0)
    defined = [k for k in keypoints if any(_is_defined(counts[k, d]) for d in datasets)]
    return {
        "space": space,
        "datasets": datasets,
        "rows": [(k, [_cell(counts[k, d], most) for d in datasets]) for k in defined],
        "untaught": [k for k in keypoints if k not in defined],
        "keypoints": len(keypoints),
    }


def _located(states: dict[str, int]) -> int:
    return sum(states.get(state, 0) for state in LOCATED)


def _is_defined(states: dict[str, int]) -> bool:
    return any(n for state, n in states.items() if state != LabelState.NOT_IN_DATASET.name.lower())


def _cell(states: dict[str, int], most: int) -> dict[str, str]:
    """Text, CSS class and a longer description of one cell."""
    if not _is_defined(states):
        return {"text": "", "kind": "undefined", "title": "not in this data set"}
    said = [f"{n:,} {state.replace('_', ' ')}" for state, n in states.items() if n]
    located = _located(states)
    shade = 1 + min(int(SHADES * located / most), SHADES - 1) if located else 0
    kind = f"level-{shade}" if located else "unlabeled"
    return {"text": f"{located:,}", "kind": kind, "title": ", ".join(said)}
