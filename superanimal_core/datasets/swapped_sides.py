"""Left and right exchanged by the annotator: which pairs lie on the wrong sides of the body.

No anatomy is written down here; the set itself says where left is. For two places i, j on the
middle of the body (unpaired keypoints, and the middles of pairs, which a swap does not move) and a
pair p, the sine of the angle from i->j to left->right has the same sign in every animal seen from
above. Its mean over the animals is the consensus of (i, j, p), near 1 or -1. Where views from both
sides mix, the animals do not agree: then there is no evidence, and no finding.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels

CLEAR = 0.9  # of 20 animals 19 must agree on the side before an axis may vote


def side_consensus(labels: Labels, fewest_animals: int) -> Float[ndarray, "pair place place"]:
    """Mean sine between each axis i->j of the body (i < j) and each pair.

    0 where the animals disagree: there the set itself says that sides tell nothing. NaN where fewer
    than `fewest_animals` show the axis: another set may know.
    """
    places = middle_places(labels)
    sides = _sides(labels.space)
    consensus = np.full((len(sides), places.shape[1], places.shape[1]), np.nan)
    for p, i, j in _axes(sides, places):
        sine = _sine(places[:, j] - places[:, i], _across(labels, sides[p]))
        sine = sine[np.isfinite(sine)]
        if len(sine) >= fewest_animals:
            is_clear = abs(np.sign(sine).mean()) >= CLEAR
            consensus[p, i, j] = sine.mean() if is_clear else 0.0
    return consensus


def side_evidence(
    labels: Labels, consensus: Float[ndarray, "pair place place"]
) -> Float[ndarray, "animal pair"]:
    """From 1 (on the sides that the consensus says) to -1 (exchanged); NaN = cannot be told.

    The consensus may be that of the same set, or of others in the same space.
    """
    places = middle_places(labels)
    sides = _sides(labels.space)
    votes, weight = np.zeros((2, len(labels), len(sides)))
    for p, i, j in _axes(sides, places):
        if abs(consensus[p, i, j]) > 0:
            sine = _sine(places[:, j] - places[:, i], _across(labels, sides[p]))
            is_known = np.isfinite(sine)
            votes[is_known, p] += consensus[p, i, j] * sine[is_known]
            weight[is_known, p] += abs(consensus[p, i, j])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(weight > 0, votes / weight, np.nan)


def _sides(space: KeypointSpace) -> list[tuple[int, int]]:
    return [(space.index(left), space.index(right)) for left, right in space.mirror_pairs]


def _axes(sides: list[tuple[int, int]], places: ndarray) -> Iterator[tuple[int, int, int]]:
    """(pair, place, place) of every pair and axis."""
    for p in range(len(sides)):
        for i, j in combinations(range(places.shape[1]), 2):
            yield p, i, j


def _across(labels: Labels, side: tuple[int, int]) -> Float[ndarray, "animal 2"]:
    return labels.xy_px[:, side[1]] - labels.xy_px[:, side[0]]


def middle_places(labels: Labels) -> Float[ndarray, "animal place 2"]:
    """Points on the middle of the body: unpaired keypoints, then the middles of the pairs."""
    pairs = labels.space.mirror_pairs
    paired = {k for pair in pairs for k in pair}
    single = [k for k, name in enumerate(labels.space.keypoints) if name not in paired]
    middles = [
        (labels.xy_px[:, labels.space.index(left)] + labels.xy_px[:, labels.space.index(right)]) / 2
        for left, right in pairs
    ]
    return np.stack([*(labels.xy_px[:, k] for k in single), *middles], axis=1)


def _sine(
    along: Float[ndarray, "animal 2"], across: Float[ndarray, "animal 2"]
) -> Float[ndarray, "animal"]:
    """Sine of the angle from `along` to `across`; NaN where one is unknown or has no length."""
    cross = along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0]
    lengths = np.linalg.norm(along, axis=1) * np.linalg.norm(across, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(lengths > 0, cross / lengths, np.nan)
