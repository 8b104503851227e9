"""Distillation: what an ensemble says of frames that nobody labeled, learned beside the labels.

Part of each batch are labels of people, which is memory replay of what the taught frames do not
show, and part are lessons. As in the distillation of Lightning Pose 3D one network learns both.
Unlike there, a lesson's position counts by its expected error and never more than a person's, and
people's labels alone are held out and say when it is enough.
"""

from collections.abc import Callable
from functools import partial

import torch

from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.pose_network import Outputs, PoseNetwork
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.training.batches import Batch, ReadImage, has_positions, labeled_stream
from superanimal_core.training.history import History
from superanimal_core.training.label_training import fit_labels
from superanimal_core.training.masking import SumAndWeight
from superanimal_core.training.objectives import Objective
from superanimal_core.training.processes import processes_here
from superanimal_core.training.state import Checkpoints

LESSONS = "lessons"
OTHER_NUMBERS = 2**32  # added to the seed: lessons are drawn and changed otherwise than labels


def fit_labels_and_lessons(
    bundle: ModelBundle,
    labels: Labels,
    read_image: ReadImage,
    training: TrainingSettings,
    augment: AugmentSettings,
    *,
    lessons: Labels,
    read_lesson: ReadImage,
    taught_share: float,
    seed: int,
    device: torch.device,
    tell: Callable[[int, str], None],
    checkpoints: Checkpoints | None = None,
) -> History:
    """Train as `fit_labels` does, with `taught_share` (0-1) of each batch from the lessons.

    Lessons are labels with weights, and `read_lesson` reads their pictures. Without any that has a
    position and a box, labels are all that is learned from.
    """
    beside = partial(
        fit_labels, bundle, labels, read_image,
        augment=augment, seed=seed, device=device, tell=tell, checkpoints=checkpoints,
    )  # fmt: skip
    usable = lessons.select(has_positions(lessons) & lessons.has_box)
    if not len(usable):
        return beside(training=training)
    taught, own = shares_of_batch(training.batch, taught_share)
    stream = labeled_stream(
        usable,
        read_lesson,
        bundle.crop,
        augment,
        batch=taught,
        sampling_temperature=training.sampling_temperature,
        seed=seed + OTHER_NUMBERS,
        processes=processes_here(),
    )
    return beside(
        training=training.model_copy(update={"batch": own}),
        streams={LESSONS: stream},
        objectives=[lesson_objective(LESSONS, bundle.network, taught / own)],
    )


def shares_of_batch(batch: int, taught_share: float) -> tuple[int, int]:
    """How many animals of a batch are taught, and how many have labels of people: one at least."""
    taught = min(max(round(batch * taught_share), 1), max(batch - 1, 1))
    return taught, max(batch - taught, 1)


def lesson_objective(stream: str, network: PoseNetwork, importance: float) -> Objective:
    """The network's own loss on lessons, each position by its weight.

    The mean is over positions, not over weights: a position that counts half has half the gradient
    of one that is sure. With as much `importance` as there are lessons per label of people in a
    step, a weight of 1 is a person's label.
    """

    def measure(outputs: Outputs, batch: Batch) -> SumAndWeight:
        is_taught = (batch.state == LabelState.TAUGHT).to(torch.float32)
        weight = is_taught if batch.weight is None else is_taught * batch.weight
        losses = network.keypoint_losses(outputs, batch.xy_px)
        return (losses * weight).sum(), is_taught.sum()

    return Objective(stream, lambda step: importance, measure)
