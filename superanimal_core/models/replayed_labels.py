"""Labels completed by what a network sees (memory replay), and what it sees of labels held out."""

from collections.abc import Mapping, Sequence
from typing import Any

from numpy import ndarray

from superanimal_core.inference.labeled import predict_labels
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.pose.labels import Labels, fill_boxes, held_out_labels
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

    `look` are the named arguments of `predict_labels`, `replay` those of `complete_labels`.
    """
    if mode != MEMORY_REPLAY:
        return labels
    xy_px, score = predict_labels([parent], labels, **look)
    return complete_labels(labels, xy_px[0], score[0], **replay)


def held_out_predictions(
    bundle: ModelBundle, unified: Sequence[str], box_margin: float, look: Mapping[str, Any]
) -> tuple[ndarray, ndarray, Labels]:
    """What a network sees on held-out labels of data sets: positions (px), scores; the labels."""
    held = held_out_labels(fill_boxes(read_all_labels(unified), box_margin))
    xy_px, score = predict_labels([bundle], held, **look)
    return xy_px[0], score[0], held
