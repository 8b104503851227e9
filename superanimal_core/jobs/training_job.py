"""A training as a job of submitit: one process or several that train together, and a second start.

Shortly before its time is over, or when it is preempted, Slurm sends the job a signal. The training
keeps a checkpoint and hands the signal on; submitit asks for `checkpoint` and requeues the job.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

import torch.distributed as dist
from submitit.helpers import DelayedSubmission, TorchDistributedEnvironment


@dataclass(frozen=True)
class TrainingJob:
    """Work that every process of a job does; it finds its own checkpoints when it starts again."""

    work: Callable[[], None]
    processes: int
    gpus: bool

    def __call__(self) -> None:
        """Join the others, if there are any, and work."""
        if restarts := os.environ.get("SLURM_RESTART_COUNT"):  # Slurm sets it after a requeue
            print(f"restart {restarts} of job {os.environ['SLURM_JOB_ID']}", flush=True)
        if self.processes == 1:
            self.work()
            return
        TorchDistributedEnvironment().export(set_cuda_visible_devices=self.gpus)
        dist.init_process_group("nccl" if self.gpus else "gloo")
        self.work()
        dist.barrier()
        dist.destroy_process_group()

    def checkpoint(self) -> DelayedSubmission:
        """What submitit starts after it has requeued the job: the same again."""
        return DelayedSubmission(self)
