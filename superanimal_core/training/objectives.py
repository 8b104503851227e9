"""Objectives: the terms of the loss that a training descends.

An objective gives the sum of a loss over this process's part of a batch and the weight of that sum,
so that several processes have together the mean that one would have.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from superanimal_core.network.pose_network import Outputs, PoseNetwork
from superanimal_core.settings import TrainingSettings
from superanimal_core.training.batches import Batch
from superanimal_core.training.masking import SumAndWeight, keypoint_weights, masked_loss
from superanimal_core.training.processes import Processes


@dataclass(frozen=True)
class Objective:
    """A term of the loss: its importance at a step, times the mean of what it measures.

    `measure` takes the network's outputs for the batch of a stream, and that batch, on the device.
    The mean is over the batches of all processes; a weight below 1 counts as 1.
    """

    stream: str
    importance: Callable[[int], float]
    measure: Callable[[Outputs, Batch], SumAndWeight]

    def term(
        self, step: int, outputs: Outputs, batch: Batch, processes: Processes
    ) -> Float[Tensor, ""]:
        """This process's part of the term; the parts of all processes add up."""
        loss, weight = self.measure(outputs, batch)
        return self.importance(step) * (loss / processes.total(weight).clamp(min=1))


def total_loss(
    objectives: Sequence[Objective],
    step: int,
    outputs: Mapping[str, Outputs],
    batches: Mapping[str, Batch],
    processes: Processes,
) -> Float[Tensor, ""]:
    """The sum of the terms; this process's part of it."""
    return torch.stack(
        [o.term(step, outputs[o.stream], batches[o.stream], processes) for o in objectives]
    ).sum()


def supervised_objective(
    stream: str, network: PoseNetwork, training: TrainingSettings
) -> Objective:
    """The network's own loss on keypoints with a known position, by keypoint gradient masking.

    Labels with weights of their own count by them.
    """

    def measure(outputs: Outputs, batch: Batch) -> SumAndWeight:
        weight = keypoint_weights(
            batch.state,
            not_labeled_weight=training.not_labeled_weight,
            masking=training.masking,
        )
        if batch.weight is not None:
            weight = weight * batch.weight
        return masked_loss(network.keypoint_losses(outputs, batch.xy_px), weight)

    return Objective(stream, lambda step: 1.0, measure)
