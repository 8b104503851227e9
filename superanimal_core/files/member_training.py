"""One member of an ensemble from labels on disk to a model folder, wherever the work runs.

A call holds plain values only, so that it can be sent to another machine. Several processes may
make the same call together (cluster.training_job); the first one writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from numpy import ndarray

from superanimal_core.files.bundles import (
    crop_from_mapping,
    read_bundle,
    read_initial_weights,
    write_bundle,
)
from superanimal_core.files.images import cached_reader
from superanimal_core.files.label_files import read_all_labels, read_training_labels
from superanimal_core.files.log import Progress
from superanimal_core.files.training_checkpoints import checkpoints_of
from superanimal_core.files.work_folder import work_folder
from superanimal_core.inference.predict import predict_labels
from superanimal_core.network.bundle import ModelBundle, new_bundle
from superanimal_core.network.devices import use_device
from superanimal_core.pose.labels import Labels, fill_boxes, held_out_labels
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.training.loop import fit
from superanimal_core.training.processes import processes_here
from superanimal_core.training.replay import complete_labels
from superanimal_core.training.transfer import MEMORY_REPLAY, start_from


@dataclass(frozen=True)
class MemberTraining:
    """What every training of a member needs: labels, settings, and where the model goes."""

    member: str
    record: Mapping[str, Any]
    unified: list[str]
    box_margin: float
    training: Mapping[str, Any]
    augment: Mapping[str, Any]
    seed: int
    threads: int
    checkpoint_minutes: float

    @classmethod
    def of_job(
        cls, snakemake: Any, record: Mapping[str, Any], threads: int, checkpoint_minutes: float
    ) -> "MemberTraining":
        """That of a rule with these inputs and params."""
        params = snakemake.params
        return cls(
            member=str(snakemake.output.member),
            record=record,
            unified=list(map(str, snakemake.input.unified)),
            box_margin=params.box_margin,
            training=params.training,
            augment=params.augment,
            seed=int(snakemake.wildcards.seed),
            threads=threads,
            checkpoint_minutes=checkpoint_minutes,
        )

    @property
    def work_folder(self) -> Path:
        """Where its checkpoints are kept."""
        return work_folder(Path(self.member), self.record)

    def labels(self) -> Labels:
        """The labels to train on, with boxes."""
        return fill_boxes(read_training_labels(self.unified), self.box_margin)

    def fit(self, bundle: ModelBundle, labels: Labels, device: torch.device) -> None:
        """Train and write the model; goes on where a killed training of it stopped."""
        training = TrainingSettings(**self.training)
        with checkpoints_of(self.member, self.record, self.checkpoint_minutes) as checkpoints:
            history = fit(
                bundle,
                labels,
                cached_reader(),
                training,
                AugmentSettings(**self.augment),
                seed=self.seed,
                device=device,
                tell=Progress(training.steps, "steps"),
                checkpoints=checkpoints,
            )
        if processes_here().rank == 0:
            write_bundle(bundle, self.member, self.record, history)


def pretrain(call: MemberTraining, network: Mapping[str, Any], weights: str | None) -> None:
    """Train a new network on all data sets; `weights` is a file that its backbone starts from."""
    device, labels = use_device(call.threads, call.seed), call.labels()
    bundle = new_bundle(
        labels.space,
        architecture=network["architecture"],
        parameters=network["parameters"],
        crop=crop_from_mapping(network["crop"]),
        trained_on=labels.sources,
        weights=read_initial_weights(weights),
    )
    call.fit(bundle, labels, device)


def fine_tune(
    call: MemberTraining,
    parent_folder: str,
    mode: str,
    inference: Mapping[str, Any],
    replay: Mapping[str, Any],
) -> None:
    """Train a member of a pretrained model on a lab's labels; `mode` as in training.transfer."""
    device, parent = use_device(call.threads, call.seed), read_bundle(parent_folder)
    labels = with_memory(call.labels(), parent, mode, {**inference, "device": device}, replay)
    call.fit(start_from(parent, mode, labels.sources), labels, device)


def with_memory(
    labels: Labels,
    parent: ModelBundle,
    mode: str,
    look: Mapping[str, Any],
    replay: Mapping[str, Any],
) -> Labels:
    """Labels that what the parent sees completes, for memory replay; as they are for other modes.

    `look` are the last arguments of `predict_labels`, `replay` those of `complete_labels`.
    """
    if mode != MEMORY_REPLAY:
        return labels
    xy_px, score = predict_labels([parent], labels, cached_reader(), **look)
    return complete_labels(labels, xy_px[0], score[0], **replay)


def held_out_predictions(
    bundle: ModelBundle, unified: Sequence[str], box_margin: float, look: Mapping[str, Any]
) -> tuple[ndarray, ndarray, Labels]:
    """What a network sees on held-out labels of data sets: positions (px), scores; the labels."""
    held = held_out_labels(fill_boxes(read_all_labels(unified), box_margin))
    xy_px, score = predict_labels([bundle], held, cached_reader(), **look)
    return xy_px[0], score[0], held
