"""What is learned from a lab's own labels, by a network that was pretrained, and how well.

Apart from member_training: pretraining predicts nothing, and must not be done again when prediction
is edited.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from numpy import ndarray

from superanimal_core.inference.labeled import predict_labels
from superanimal_core.jobs.member_training import MemberTraining
from superanimal_core.media.images import cached_reader
from superanimal_core.models.bundles import read_bundle
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.devices import use_device
from superanimal_core.pose.labels import Labels, fill_boxes, held_out_labels
from superanimal_core.tables.label_files import read_all_labels
from superanimal_core.training.replay import complete_labels
from superanimal_core.training.starting_weights import MEMORY_REPLAY, start_from


def fine_tune(
    call: MemberTraining,
    parent_folder: str,
    mode: str,
    inference: Mapping[str, Any],
    replay: Mapping[str, Any],
) -> None:
    """Train a member of a pretrained model on a lab's labels; `mode` as in `start_from`."""
    device, parent = use_device(call.threads, call.seed), read_bundle(parent_folder)
    read_image = cached_reader(call.pictures)
    look = {"read_image": read_image, **inference, "device": device}
    labels = with_memory(call.labels(), parent, mode, look, replay)
    call.fit(start_from(parent, mode, labels.sources), labels, read_image, device)


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
