"""What is learned from a lab's own labels, by a network that was pretrained, and how well.

Apart from member_training: pretraining predicts nothing, and must not be done again when prediction
is edited.
"""

from collections.abc import Mapping
from typing import Any

from superanimal_core.jobs.member_training import MemberTraining
from superanimal_core.media.images import cached_reader
from superanimal_core.media.neighbors import neighbors_in
from superanimal_core.models.bundles import read_bundle
from superanimal_core.models.replayed_labels import with_memory
from superanimal_core.network.devices import use_device
from superanimal_core.training.starting_weights import start_from


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
    look["neighbors"] = neighbors_in(call.pictures)
    labels = with_memory(call.labels(), parent, mode, look, replay)
    bundle = start_from(parent, mode, labels.sources, call.taught(labels), space=labels.space)
    call.fit(bundle, labels, read_image, device)
