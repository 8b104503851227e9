"""The processes that train one network together, by torch.distributed; usually there is but one.

They draw the same batches and each makes and sees its part of them. Gradients are summed with the
weights of the whole batch, so that the training is the same for any number of processes.
"""

from dataclasses import dataclass

import torch
import torch.distributed as dist
from timm.layers.norm_act import BatchNormAct2d, convert_sync_batchnorm
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DistributedDataParallel

from superanimal_core.errors import TrainingError

# what the conversion knows to replace: of any other kind it would leave out what that adds
SHAREABLE = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, BatchNormAct2d)


@dataclass(frozen=True)
class Processes:
    """This process among those of its group."""

    rank: int
    count: int

    def part(self) -> slice:
        """The places of a batch that are this process's."""
        return slice(self.rank, None, self.count)

    def total(self, value: Tensor) -> Tensor:
        """The sum of a tensor over the processes."""
        if self.count > 1:
            value = value.clone()
            dist.all_reduce(value)
        return value

    def share(self, network: nn.Module, device: torch.device) -> nn.Module:
        """The network to call: its gradients become the mean over the processes.

        On GPUs batch normalization takes the statistics of the whole batch; on CPUs torch has no
        such layer, and each process takes those of its part.
        """
        if self.count == 1:
            return network
        if device.type == "cuda":
            share_batch_norm(network)
        return DistributedDataParallel(
            network, device_ids=[device] if device.type == "cuda" else None, static_graph=True
        )

    def wait(self) -> None:
        """Go on together."""
        if self.count > 1:
            dist.barrier()


def share_batch_norm(network: nn.Module) -> None:
    """Let every batch normalization take the statistics of all processes; in place, once.

    timm's normalization holds an activation. torch's own conversion loses it without a word, and
    the weights of the network without activations load as if nothing were wrong. TrainingError for
    a kind of normalization that is not known to be replaced by its like.
    """
    norms = {n: m for n, m in network.named_modules() if isinstance(m, _BatchNorm)}
    if any(isinstance(norm, nn.SyncBatchNorm) for norm in norms.values()):
        return
    for name, norm in norms.items():
        if type(norm) not in SHAREABLE:
            raise TrainingError(
                f"'{name}' is a {type(norm).__name__}, which several GPUs cannot share; choose "
                "another backbone, or write training_jobs.nodes: 1 and processes: 1"
            )
    convert_sync_batchnorm(network)


def processes_here() -> Processes:
    """The group that torch.distributed was given, or this process alone."""
    if not (dist.is_available() and dist.is_initialized()):
        return Processes(0, 1)
    return Processes(dist.get_rank(), dist.get_world_size())
