"""Keypoint matching: propose which keypoint of an unknown vocabulary means which unified one.

By name first, which needs no model; then by votes, as in Ye et al. 2024 (Nature Communications,
"keypoint matching"): a trained model predicts on the labeled images, in each animal the labeled
points are assigned to the predicted ones at the least total distance, and over the animals the
assignments are counted. The user reviews the proposal and commits it as the conversion table.
"""

import re
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.optimize import linear_sum_assignment

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels
from superanimal_core.pose.members import middle_of_members

SYNONYMS = {  # word -> the words that the unified spaces use
    "snout": "nose",
    "beak": "bill",
    "l": "left",
    "r": "right",
    "fore": "front",
    "f": "front",
    "rear": "back",
    "hind": "back",
    "b": "back",
    "foot": "paw",
    "hand": "paw",
    "centre": "center",
    "centroid": "center",
    "trunk": "center",
    "middle": "mid",
    "tip": "end",
    "haunch": "hip",
    "side": "midside",
    "lateral": "midside",
    "withers": "back base",
    "wither": "back base",
    "tailset": "tail base",
    "tailbase": "tail base",
    "tti": "tail base",
    "tailtip": "tail end",
    "tailend": "tail end",
    "tailcentre": "tail mid",
    "tailcenter": "tail mid",
    "bodycentre": "body center",
    "bodycenter": "body center",
    "headcentre": "head midpoint",
    "headcenter": "head midpoint",
    "head": "head midpoint",
    "start": "base",
    "earbase": "ear base",
    "earend": "ear end",
    "elbow": "thai",
    "stifle": "thai",
    "thigh": "thai",
}
WORDS = ("left", "right", "ear", "eye", "shoulder", "hip", "side", "paw", "knee", "tip", "base")
SIDES = {"left", "right"}
NAME_CONFIDENCE = 0.5  # share of common words from which on a name is proposed
EPSILON = 1e-9


@dataclass(frozen=True)
class Proposal:
    """One row of a proposed table: `unified` None where nothing fits; confidence 0-1.

    `by` says what proposed it ('name', 'votes' or ''), `votes_say` the keypoint that won the votes
    where that is another one.
    """

    source: str
    unified: str | None
    confidence: float
    by: str = ""
    votes_say: str = ""


@dataclass(frozen=True)
class Matching:
    """Proposed rows, and how often each source keypoint was assigned to each unified one."""

    proposals: tuple[Proposal, ...]
    votes: Float[ndarray, "source unified"]


def match_by_name(source: KeypointSpace, unified: KeypointSpace) -> tuple[Proposal, ...]:
    """Rows proposed from the names alone: normalized, synonyms, sides must agree."""
    ours = [words_of(keypoint) for keypoint in unified.keypoints]
    likeness = np.array(
        [[_likeness(words_of(k), other) for other in ours] for k in source.keypoints]
    ).reshape(len(source), len(unified))
    return _assigned(source, unified, likeness, NAME_CONFIDENCE)


def words_of(name: str) -> frozenset[str]:
    """`LeftEar_base`, `left ear base`, `earbaseL` … as one set of words of the unified spaces."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    spaced = re.sub(r"([A-Za-z])([0-9])", r"\1 \2", spaced).lower()
    words: list[str] = []
    for word in re.split(r"[^a-z0-9]+", spaced):
        words += _split_word(word)
    known = " ".join(SYNONYMS.get(word, word) for word in words if word)
    return frozenset(known.split())


def _split_word(word: str) -> list[str]:
    """`leftear` -> left, ear; `earl` -> ear, l. A known word is left alone."""
    if word in SYNONYMS or word in WORDS:
        return [word]
    for side in ("left", "right"):
        if word.startswith(side):
            return [side, *_split_word(word[len(side) :])]
    for known in WORDS:
        if word in (f"{known}l", f"{known}r"):
            return [known, word[-1]]
        if len(word) > len(known) and word.startswith(known) and known not in SIDES:
            return [known, *_split_word(word[len(known) :])]
    return [word]


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of common words; 0 when the sides differ."""
    if one & SIDES != other & SIDES or not one | other:
        return 0.0
    return len((one & other) - SIDES) / len((one | other) - SIDES)


def match_by_votes(
    labels: Labels,
    unified: KeypointSpace,
    predicted_xy_px: Float[ndarray, "animal unified 2"],
    predicted_score: Float[ndarray, "animal unified"],
    least_score: float,
    least_confidence: float,
) -> Matching:
    """Rows proposed from a model's predictions on the labeled animals.

    Predictions under `least_score` do not vote; in each animal every labeled point votes for the
    predicted one that the least-cost assignment gives it, weighted by that prediction's score. The
    confidence of a row is its share of the source keypoint's votes; rows under `least_confidence`
    are proposed as drops.
    """
    votes = np.zeros((len(labels.space), len(unified)))
    located = labels.is_located
    usable = np.isfinite(predicted_xy_px).all(axis=2) & (predicted_score >= least_score)
    for animal in range(len(labels)):
        source, target = np.flatnonzero(located[animal]), np.flatnonzero(usable[animal])
        if not len(source) or not len(target):
            continue
        between = labels.xy_px[animal, source][:, None] - predicted_xy_px[animal, target]
        row, column = linear_sum_assignment(np.linalg.norm(between, axis=2))
        votes[source[row], target[column]] += predicted_score[animal, target[column]]
    share = votes / np.maximum(votes.sum(axis=1, keepdims=True), EPSILON)
    return Matching(_assigned(labels.space, unified, share, least_confidence), votes)


def propose_conversion(
    labels: Labels,
    unified: KeypointSpace,
    predicted_xy_px: Float[ndarray, "member animal unified 2"],
    predicted_score: Float[ndarray, "member animal unified"],
    *,
    min_score: float,
    min_confidence: float,
) -> Matching:
    """A table from the names first, and from votes for the keypoints whose names say nothing.

    The ensemble votes by its median position and mean score. The confidence of a row is its share
    of the votes; without any vote, the likeness of the names. A name that the votes contradict
    stays, and `votes_say` tells it.
    """
    ensemble = middle_of_members(predicted_xy_px, predicted_score)
    votes = match_by_votes(labels, unified, *ensemble, min_score, min_confidence).votes
    share = votes / np.maximum(votes.sum(axis=1, keepdims=True), EPSILON)
    by_name = match_by_name(labels.space, unified)
    named = [unified.index(p.unified) for p in by_name if p.unified]
    open_share = share.copy()
    open_share[:, named] = 0.0
    open_share[[bool(p.unified) for p in by_name]] = 0.0
    by_votes = _assigned(labels.space, unified, open_share, min_confidence)
    rows = [
        _joined(name, vote, own, unified)
        for name, vote, own in zip(by_name, by_votes, share, strict=True)
    ]
    return Matching(tuple(rows), votes)


def _joined(
    name: Proposal, vote: Proposal, share: Float[ndarray, "unified"], unified: KeypointSpace
) -> Proposal:
    """One row: by name where there is one, else by votes, else a drop."""
    target = name.unified or vote.unified
    by = "name" if name.unified else "votes" if vote.unified else ""
    if not share.any():
        return Proposal(name.source, target, name.confidence if target else 0.0, by)
    confidence = float(share[unified.index(target)]) if target else float(1 - share.max())
    winner = unified.keypoints[int(share.argmax())]
    return Proposal(name.source, target, confidence, by, winner if winner != target else "")


def _assigned(
    source: KeypointSpace,
    unified: KeypointSpace,
    likeness: Float[ndarray, "source unified"],
    least: float,
) -> tuple[Proposal, ...]:
    """The injective assignment of greatest total likeness; below `least` nothing is proposed."""
    chosen = dict(zip(*linear_sum_assignment(likeness, maximize=True), strict=True))
    proposals = []
    for row, keypoint in enumerate(source.keypoints):
        column = chosen.get(row)
        confidence = float(likeness[row, column]) if column is not None else 0.0
        fits = column is not None and confidence >= least
        target = unified.keypoints[column] if fits and column is not None else None
        proposals.append(Proposal(keypoint, target, confidence))
    return tuple(proposals)


def proposal_table(proposals: tuple[Proposal, ...]) -> str:
    """The text of a conversion table to review; what speaks for a row stands in further columns."""
    rows = [
        f"{p.source}\t{p.unified or ''}\t{p.confidence:.2f}\t{p.by}\t{p.votes_say}\n"
        for p in proposals
    ]
    return "# Proposed; review every row, then keep the first two columns.\n" + "".join(
        ["source\tunified\tconfidence\tby\tvotes_say\n", *rows]
    )
