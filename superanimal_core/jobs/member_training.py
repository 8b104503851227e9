"""One member of an ensemble from labels on disk to a model folder, wherever the work runs.

A call holds plain values only, so that it can be sent to another machine. Several processes may
make the same call together (cluster.training_job); the first one writes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from superanimal_core.jobs.context_lessons import labels_and_neighbors
from superanimal_core.jobs.context_video_lessons import neighbors_and_videos
from superanimal_core.jobs.lessons import labels_and_videos
from superanimal_core.jobs.log import Progress
from superanimal_core.jobs.training_checkpoints import checkpoints_of
from superanimal_core.jobs.work_folder import work_folder
from superanimal_core.media.images import cached_reader
from superanimal_core.models.bundles import crop_from_mapping
from superanimal_core.models.initial_weights import read_initial_weights, terms_of_weights
from superanimal_core.models.new_bundles import write_bundle
from superanimal_core.network.bundle import ModelBundle, new_bundle
from superanimal_core.network.devices import use_device
from superanimal_core.pose.labels import Labels, fill_boxes
from superanimal_core.settings import CONTEXT, AugmentSettings, TrainingSettings
from superanimal_core.settings.lessons import lesson
from superanimal_core.tables.label_files import read_training_labels
from superanimal_core.training.batches import ReadImage
from superanimal_core.training.history import History
from superanimal_core.training.label_training import fit_labels
from superanimal_core.training.processes import processes_here
from superanimal_core.training.taught import taught_keypoints

Fit = Callable[..., History]


def labels_alone(bundle: ModelBundle, *_: object, **__: object) -> tuple[ModelBundle, Fit]:
    """The model as it is, and how it learns from labels."""
    return bundle, fit_labels


# what a member learns from; a study knows nothing of those that it does not use
LESSONS: Mapping[str, Callable[..., tuple[ModelBundle, Fit]]] = {
    "labels": labels_alone,
    "labels_and_videos": labels_and_videos,
    "labels_and_neighbors": labels_and_neighbors,
    "neighbors_and_videos": neighbors_and_videos,
}


@dataclass(frozen=True)
class MemberTraining:
    """What every training of a member needs: labels, settings, and where the model goes.

    `unlabeled` are the settings of learning from `videos` beside, None without.
    """

    member: str
    record: Mapping[str, Any]
    unified: list[str]
    box_margin: float
    training: Mapping[str, Any]
    augment: Mapping[str, Any]
    pictures: Mapping[str, str]
    seed: int
    threads: int
    checkpoint_minutes: float
    unlabeled: Mapping[str, Any] | None = None
    videos: Sequence[str] = ()

    @classmethod
    def of_job(
        cls, snakemake: Any, record: Mapping[str, Any], threads: int, checkpoint_minutes: float
    ) -> "MemberTraining":
        """That of a rule with these inputs and params."""
        params, training = snakemake.params, dict(snakemake.params.training)
        unlabeled = training.pop("unlabeled", None)
        videos = [str(video) for video in snakemake.input.get("videos", [])]
        return cls(
            member=str(snakemake.output.member),
            record=record,
            unified=list(map(str, snakemake.input.unified)),
            box_margin=params.box_margin,
            training=training,
            augment=params.augment,
            pictures=dict(params.pictures),
            seed=int(snakemake.wildcards.seed),
            threads=threads,
            checkpoint_minutes=checkpoint_minutes,
            unlabeled=unlabeled if videos else None,  # a comparison may be of labels alone
            videos=videos,
        )

    @property
    def work_folder(self) -> Path:
        """Where its checkpoints are kept."""
        return work_folder(Path(self.member), self.record)

    def labels(self) -> Labels:
        """The labels to train on, with boxes."""
        return fill_boxes(read_training_labels(self.unified), self.box_margin)

    def taught(self, labels: Labels) -> tuple[str, ...]:
        """The keypoints that its labels teach."""
        return taught_by(labels, self.training, self.augment)

    def fit(
        self,
        bundle: ModelBundle,
        labels: Labels,
        read_image: ReadImage,
        device: torch.device,
        how: Fit | None = None,
    ) -> None:
        """Train and write the model; goes on where a killed training of it stopped.

        `how` is given by who knows of more to learn from.
        """
        if how is None:
            has_context = bundle.architecture.endswith(CONTEXT)
            teach = LESSONS[lesson(has_context=has_context, has_videos=self.unlabeled is not None)]
            given = labels, self.training, self.unlabeled, self.videos
            bundle, how = teach(bundle, *given, pictures=self.pictures)
        history = fit_resumably(
            self.member,
            bundle,
            labels,
            read_image,
            record=self.record,
            checkpoint_minutes=self.checkpoint_minutes,
            training=self.training,
            augment=self.augment,
            seed=self.seed,
            device=device,
            fit=how,
        )
        if processes_here().rank == 0:
            write_bundle(bundle, self.member, self.record, history)


def taught_by(
    labels: Labels, training: Mapping[str, Any], augment: Mapping[str, Any]
) -> tuple[str, ...]:
    """`taught_keypoints` of a training whose settings are plain values."""
    return taught_keypoints(
        labels, TrainingSettings(**training), AugmentSettings.of_params(augment)
    )


def fit_resumably(
    output: str | Path,
    bundle: ModelBundle,
    labels: Labels,
    read_image: ReadImage,
    *,
    record: Mapping[str, Any],
    checkpoint_minutes: float,
    training: Mapping[str, Any],
    augment: Mapping[str, Any],
    seed: int,
    device: torch.device,
    fit: Fit = fit_labels,
) -> History:
    """`fit_labels` that shows its progress, with checkpoints in the work folder of an output.

    `fit` takes its place where there is more to learn from.
    """
    settings = TrainingSettings(**training)
    with checkpoints_of(output, record, checkpoint_minutes) as checkpoints:
        return fit(
            bundle,
            labels,
            read_image,
            settings,
            AugmentSettings.of_params(augment),
            seed=seed,
            device=device,
            tell=Progress(settings.steps, "steps"),
            checkpoints=checkpoints,
        )


def pretrain(call: MemberTraining, network: Mapping[str, Any], weights: str | None) -> None:
    """Train a new network on all data sets; `weights` is a file that its backbone starts from."""
    device, labels = use_device(call.threads, call.seed), call.labels()
    bundle = new_member(labels, network, weights, call.taught(labels))
    call.fit(bundle, labels, cached_reader(call.pictures), device)


def new_member(
    labels: Labels,
    network: Mapping[str, Any],
    weights: str | None,
    taught: Sequence[str],
    terms: Sequence[str] = (),
) -> ModelBundle:
    """A network that has learned nothing yet, as settings describe it.

    `weights` is a file that its backbone starts from; `terms` are those of what it learns from,
    beside those of the weights.
    """
    return new_bundle(
        labels.space,
        architecture=network["architecture"],
        parameters=network["parameters"],
        crop=crop_from_mapping(network["crop"]),
        trained_on=labels.sources,
        weights=read_initial_weights(weights),
        terms=tuple(dict.fromkeys((*terms_of_weights(weights), *terms))),
        taught=tuple(taught),
    )
