"""Gradient boosted trees as plain arrays: no pickle keeps them, no scikit-learn is needed to ask.

scikit-learn's HistGradientBoostingClassifier grows them. Its nodes are copied into arrays; a test
compares what they predict with what it predicts.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from superanimal_core.errors import SuperAnimalError

BINS = 32  # per input; scikit-learn finds each weighted edge by itself, which takes longest of all
Weights = Mapping[str, ndarray]
NODE_FIELDS = {  # ours: theirs
    "feature": "feature_idx",
    "threshold": "num_threshold",
    "left": "left",
    "right": "right",
    "missing_goes_left": "missing_go_to_left",
    "is_leaf": "is_leaf",
    "value": "value",
}


def fit_trees(
    inputs: Float[ndarray, "frame statistic"],
    label: Int[ndarray, "frame"],
    weight: Float[ndarray, "frame"],
    *,
    classes: int,
    trees: int,
    learning_rate: float,
    leaves: int,
    min_leaf_frames: int,
    seed: int,
) -> Weights:
    """Grow trees. Every class must be among the labels.

    Inputs that are unknown throughout, or always the same, tell nothing and are left out
    (scikit-learn would stop at them). SuperAnimalError when all are.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    assert len(np.unique(label)) == classes
    varied = np.flatnonzero([_varies(column) for column in inputs.T])
    if not len(varied):
        raise SuperAnimalError(
            "no feature differs between the labeled frames: nothing can be learned from them"
        )
    how: dict[str, Any] = {"early_stopping": False}  # for which twenty bouts are too few
    model = HistGradientBoostingClassifier(
        max_iter=trees,
        learning_rate=learning_rate,
        max_leaf_nodes=leaves,
        min_samples_leaf=min_leaf_frames,
        l2_regularization=1.0,
        max_features=0.3,
        max_bins=BINS,
        random_state=seed,
        **how,
    ).fit(inputs[:, varied], label, weight)
    arrays = as_arrays(model)
    return {**arrays, "feature": varied[arrays["feature"]]}


def _varies(column: Float[ndarray, "frame"]) -> bool:
    known = column[np.isfinite(column)]
    return bool(len(known)) and bool(known.min() < known.max())


def as_arrays(model: Any) -> Weights:
    """The nodes of a fitted HistGradientBoostingClassifier, tree after tree.

    `first_node` says where each tree begins, `output` which score it adds to; children count from
    the first node of their tree.
    """
    grown = [(k, tree.nodes) for step in model._predictors for k, tree in enumerate(step)]
    nodes = np.concatenate([nodes for _, nodes in grown])
    sizes = [len(nodes) for _, nodes in grown]
    return {
        **{ours: np.ascontiguousarray(nodes[theirs]) for ours, theirs in NODE_FIELDS.items()},
        "first_node": np.cumsum([0, *sizes[:-1]]).astype(np.int64),
        "output": np.array([k for k, _ in grown], dtype=np.int64),
        "baseline": np.asarray(model._baseline_prediction, dtype=np.float64).ravel(),
    }


def tree_scores(
    weights: Weights, inputs: Float[ndarray, "frame statistic"]
) -> Float[ndarray, "frame class"]:
    """Log of the probability of each class, up to a constant per frame."""
    scores = np.tile(weights["baseline"], (len(inputs), 1))
    rows = np.arange(len(inputs))
    for first, output in zip(weights["first_node"], weights["output"], strict=True):
        node = np.full(len(inputs), first)
        inner = rows[~weights["is_leaf"][node].astype(bool)]
        while len(inner):
            at = node[inner]
            value = inputs[inner, weights["feature"][at]]
            goes_left = np.where(
                np.isnan(value),
                weights["missing_goes_left"][at].astype(bool),
                value <= weights["threshold"][at],
            )
            node[inner] = first + np.where(goes_left, weights["left"][at], weights["right"][at])
            inner = inner[~weights["is_leaf"][node[inner]].astype(bool)]
        scores[:, output] += weights["value"][node]
    if scores.shape[1] == 1:  # of two classes only the second has a score
        return np.concatenate([np.zeros_like(scores), scores], axis=1)
    return scores
