"""Labels completed by what a network sees (memory replay), and what it sees of labels held out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.evaluation.transfer_cell import Seen
from superanimal_core.inference.labeled import predict_labels
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, fill_boxes, held_out_labels
from superanimal_core.pose.members import middle_of_members
from superanimal_core.tables.label_files import read_all_labels
from superanimal_core.training.replay import complete_labels
from superanimal_core.training.starting_weights import MEMORY_REPLAY


def with_memory(
    labels: Labels,
    parent: ModelBundle,
    mode: str,
    look: Mapping[str, Any],
    replay: Mapping[str, Any],
) -> Labels:
    """Labels that what the parent sees completes, for memory replay; as they are for other modes.

    Labels in another space than the parent's are completed where both know a keypoint. `look` are
    the named arguments of `predict_labels`, `replay` those of `complete_labels`.
    """
    if mode != MEMORY_REPLAY:
        return labels
    xy_px, score = predict_labels([parent], labels, **look)
    return complete_labels(labels, *in_space(labels.space, parent, xy_px[0], score[0]), **replay)


def with_memory_of_ensemble(
    labels: Labels,
    ensemble: Sequence[ModelBundle],
    look: Mapping[str, Any],
    replay: Mapping[str, Any],
) -> Labels:
    """Labels that what an ensemble sees, in its middle, completes. In the ensemble's space."""
    xy_px, score = middle_of_members(*predict_labels(ensemble, labels, **look))
    return complete_labels(labels, xy_px, score, **replay)


def in_space(
    space: KeypointSpace,
    bundle: ModelBundle,
    xy_px: Float[ndarray, "animal _keypoint 2"],
    score: Float[ndarray, "animal _keypoint"],
) -> tuple[Float[ndarray, "animal keypoint 2"], Float[ndarray, "animal keypoint"]]:
    """What a network sees, by the keypoints of another space: NaN and 0 of those that it lacks."""
    found_px = np.full((len(xy_px), len(space), 2), np.nan)
    found = np.zeros(found_px.shape[:2])
    for column, name in enumerate(space.keypoints):
        if name in bundle.space.keypoints:
            own = bundle.space.keypoints.index(name)
            found_px[:, column], found[:, column] = xy_px[:, own], score[:, own]
    return found_px, found


def held_out_predictions(
    bundle: ModelBundle,
    space: KeypointSpace,
    unified: Sequence[str],
    box_margin: float,
    look: Mapping[str, Any],
) -> Seen:
    """What a network sees on held-out labels of data sets, which are in `space`."""
    held = held_out_labels(fill_boxes(read_all_labels(unified), box_margin))
    xy_px, score = predict_labels([bundle], held, **look)
    return Seen(*in_space(space, bundle, xy_px[0], score[0]), held)
