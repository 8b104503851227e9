"""Training on labels: one stream and one objective, and whatever is learned from beside."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from superanimal_core.errors import TrainingError
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.pose.labels import Labels
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.training.batches import (
    Neighbors,
    ReadImage,
    Stream,
    has_positions,
    labeled_stream,
)
from superanimal_core.training.early_stopping import EarlyStopping, choose_held_out
from superanimal_core.training.history import History
from superanimal_core.training.loop import fit
from superanimal_core.training.objectives import Objective, supervised_objective
from superanimal_core.training.patch_mask import masked_stream
from superanimal_core.training.processes import processes_here
from superanimal_core.training.sampling import bagged_rows
from superanimal_core.training.state import Checkpoints

LABELED = "labeled"


def fit_labels(
    bundle: ModelBundle,
    labels: Labels,
    read_image: ReadImage,
    training: TrainingSettings,
    augment: AugmentSettings,
    *,
    seed: int,
    device: torch.device,
    tell: Callable[[int, str], None],
    checkpoints: Checkpoints | None = None,
    streams: Mapping[str, Stream] | None = None,
    objectives: Sequence[Objective] = (),
    neighbors: Neighbors | None = None,
    is_time_over: Callable[[], bool] | None = None,
) -> History:
    """Train the bundle's network on labels in its space, as `fit` does; in place.

    `streams` and `objectives` are what it learns from beside the labels, `neighbors` the windows of
    their pictures, for networks that look at them. Animals without a known
    keypoint or without a box are left out; when none is left the network stays as it is. With
    `training.early_stopping` some groups are held out, and the weights are those that did best on
    them. TrainingError also when the spaces differ.
    """
    if labels.space.keypoints != bundle.space.keypoints:
        raise TrainingError(
            f"labels in '{labels.space.name}' cannot train a network of '{bundle.space.name}'"
        )
    learned, held_out = training_part(labels, training)
    if not len(learned):
        return History()
    stopping = None
    if rule := training.early_stopping:
        stopping = EarlyStopping(rule, held_out, bundle, read_image, training.batch, neighbors)
    stream = learning_stream(learned, read_image, bundle, training, augment, seed, neighbors)
    return fit(
        bundle.network,
        {LABELED: stream, **(streams or {})},
        [supervised_objective(LABELED, bundle.network, training), *objectives],
        training,
        normalize=bundle.crop.normalize,
        device=device,
        tell=tell,
        checkpoints=checkpoints,
        stopping=stopping,
        is_time_over=is_time_over,
    )


def learning_stream(
    learned: Labels,
    read_image: ReadImage,
    bundle: ModelBundle,
    training: TrainingSettings,
    augment: AugmentSettings,
    seed: int,
    neighbors: Neighbors | None = None,
) -> Stream:
    """The crops of labels that each step learns from: drawn, changed, and blanked where asked."""
    if training.bagging:
        learned = learned.select(bagged_rows(learned.source, learned.image, seed))
    stream = labeled_stream(
        learned,
        read_image,
        bundle.crop,
        augment,
        batch=training.batch,
        sampling_temperature=training.sampling_temperature,
        seed=seed,
        processes=processes_here(),
        neighbors=neighbors,
    )
    if augment.patch_mask is None:
        return stream
    return masked_stream(
        stream,
        augment.patch_mask,
        color=bundle.crop.mean,
        steps=training.steps,
        seed=seed,
        processes=processes_here(),
    )


def training_part(labels: Labels, training: TrainingSettings) -> tuple[Labels, Labels]:
    """The labels that steps learn from, and those that say when it is enough (none without a rule).

    Animals without a known keypoint or without a box are in neither. TrainingError when there are
    too few groups to hold any out.
    """
    usable = labels.select(has_positions(labels) & labels.has_box)
    is_held = np.zeros(len(usable), bool)
    if training.early_stopping and len(usable):
        is_held = choose_held_out(usable, training.early_stopping.fraction)
    return usable.select(~is_held), usable.select(is_held)
