"""Data sets that hold the same labels: one that is listed twice, or a copy of it."""

import hashlib
from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np

from superanimal_core.commands.study_checks import DOUBT, Finding
from superanimal_core.pose.labels import Labels
from superanimal_core.study.labeled_predictions import UNSEEN
from superanimal_core.study.study_rows import DatasetRow

FEWEST_POINTS = 3  # two animals that share fewer positions may do so by chance
LEAST_SHARED = 0.5  # of the smaller set: fewer are pictures that stand twice, which the audit tells


def animals_of(labels: Labels) -> frozenset[bytes]:
    """The labeled animals, each by its positions to 0.01 px.

    The names of pictures and keypoints, and their order, count for nothing: another program may
    have written the same labels.
    """
    found = set()
    for xy_px, is_located in zip(labels.xy_px, labels.is_located, strict=True):
        points = np.round(xy_px[is_located] * 100).astype(np.int64)
        if len(points) >= FEWEST_POINTS:
            in_order = points[np.lexsort(points.T)]
            found.add(hashlib.blake2b(in_order.tobytes(), digest_size=8).digest())
    return frozenset(found)


def repeated_labels(
    datasets: Mapping[str, DatasetRow], animals: Mapping[str, frozenset[bytes]]
) -> Iterator[Finding]:
    """Of data sets of one keypoint space: those that share half of their labeled animals."""
    for first, second in combinations(animals, 2):
        rows = datasets[first], datasets[second]
        teaching = sum(row.role != UNSEEN for row in rows)
        if rows[0].space != rows[1].space or not teaching:
            continue  # no network learns from one and sees the other
        shared = len(animals[first] & animals[second])
        if shared and shared >= LEAST_SHARED * min(len(animals[first]), len(animals[second])):
            told = (
                f"{shared} of its {len(animals[second])} labeled animals stand in data set "
                f"'{first}', too, point for point: {'they teach twice, and ' * (teaching == 2)}"
                "what is held out of one set may be taught by the other; leave one of them out"
            )
            yield Finding(DOUBT, f"data set {second}", told)
