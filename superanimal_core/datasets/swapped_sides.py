"""Left and right exchanged by the annotator: which pairs lie on the wrong sides of the body.

No anatomy is written down here; the set itself says where left is. For two places i, j on the
middle of the body (unpaired keypoints, and the middles of pairs, which a swap does not move) and a
pair p, the sine of the angle from i->j to left->right has the same sign in every animal seen from
above. Its mean over the animals is the consensus of (i, j, p), near 1 or -1. Where views from both
sides mix, the animals do not agree: then there is no evidence, and no finding.
"""

from itertools import combinations

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.pose.labels import Labels

FEWEST_ANIMALS = 10  # fewer have no consensus
CLEAR = 0.8  # nine of ten animals must agree on the side before an axis may vote


def side_evidence(labels: Labels) -> Float[ndarray, "animal pair"]:
    """From 1 (on the right sides) to -1 (exchanged) for each mirror pair; NaN = cannot be told."""
    pairs = labels.space.mirror_pairs
    evidence = np.full((len(labels), len(pairs)), np.nan)
    if not pairs:
        return evidence
    places = middle_places(labels)
    axes = list(combinations(range(places.shape[1]), 2))
    sides = [(labels.space.index(left), labels.space.index(right)) for left, right in pairs]
    for p, (left, right) in enumerate(sides):
        across = labels.xy_px[:, right] - labels.xy_px[:, left]
        votes = np.zeros(len(labels))
        weight = np.zeros(len(labels))
        for i, j in axes:
            sine = _sine(places[:, j] - places[:, i], across)
            is_known = np.isfinite(sine)
            if is_known.sum() < FEWEST_ANIMALS:
                continue
            if abs(np.sign(sine[is_known]).mean()) < CLEAR:
                continue
            consensus = sine[is_known].mean()
            votes[is_known] += consensus * sine[is_known]
            weight[is_known] += abs(consensus)
        voted = weight > 0
        evidence[voted, p] = votes[voted] / weight[voted]
    return evidence


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
