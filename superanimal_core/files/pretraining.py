"""One member of an ensemble from labels on disk to a model folder, wherever the work runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from superanimal_core.files.bundles import crop_from_mapping, read_initial_weights, write_bundle
from superanimal_core.files.images import cached_reader
from superanimal_core.files.label_files import read_training_labels
from superanimal_core.files.log import Progress
from superanimal_core.files.training_checkpoints import folder_checkpoints
from superanimal_core.files.work_folder import remove_work_folders, work_folder
from superanimal_core.network.bundle import new_bundle
from superanimal_core.network.devices import use_device
from superanimal_core.pose.labels import fill_boxes
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.training.loop import fit
from superanimal_core.training.processes import processes_here


def pretrain_member(
    member: str | Path,
    record: Mapping[str, Any],
    *,
    unified: Sequence[str],
    weights: str | None,
    network: Mapping[str, Any],
    training: Mapping[str, Any],
    augment: Mapping[str, Any],
    box_margin: float,
    seed: int,
    threads: int,
    checkpoint_minutes: float,
) -> None:
    """Train on all data sets and write the model; goes on where a killed run of it stopped.

    All arguments are plain values, so that the call can be sent to another machine. Several
    processes may call it together (cluster.training_job); the first one writes.
    """
    member = Path(member)
    device = use_device(threads, seed)
    labels = read_training_labels(unified)
    settings = TrainingSettings(**training)
    bundle = new_bundle(
        labels.space,
        architecture=network["architecture"],
        parameters=network["parameters"],
        crop=crop_from_mapping(network["crop"]),
        trained_on=labels.sources,
        weights=read_initial_weights(weights),
    )
    with folder_checkpoints(work_folder(member, record), checkpoint_minutes) as checkpoints:
        history = fit(
            bundle,
            fill_boxes(labels, box_margin),
            cached_reader(),
            settings,
            AugmentSettings(**augment),
            seed=seed,
            device=device,
            tell=Progress(settings.steps, "steps"),
            checkpoints=checkpoints,
        )
    if processes_here().rank == 0:
        write_bundle(bundle, member, record, history)


def remove_checkpoints(member: str | Path) -> None:
    """Remove what let the training of a member go on: the model is there."""
    remove_work_folders(Path(member))
