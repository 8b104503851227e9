"""Where a training stands: all that changes from step to step, so that it can go on exactly."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, TypedDict, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from superanimal_core.training.history import History
from superanimal_core.training.processes import Processes
from superanimal_core.training.schedule import AveragedWeights


class CheckpointValues(TypedDict):
    """What of the state is no tensor; JSON can hold it. `history` has the fields of `History`."""

    step: int
    averaged_steps: int
    history: dict[str, Any]
    losses: list[float]
    held_out_px: list[float]


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training after a step."""

    tensors: Mapping[str, Tensor]
    values: CheckpointValues


@runtime_checkable
class Checkpoints(Protocol):
    """Where checkpoints are kept. `training` knows no files (files.training_checkpoints does)."""

    def read(self) -> Checkpoint | None:
        """The last checkpoint; nothing at a first start."""
        ...

    def is_due(self) -> bool:
        """Whether it is time, or somebody asked."""
        ...

    def write(self, checkpoint: Checkpoint) -> None:
        """Keep it in place of the one before."""
        ...

    def written(self) -> None:
        """Called when a checkpoint that was due is kept: the work may stop here."""
        ...


@dataclass
class TrainingState:
    """A network with its optimizer, running mean, history and the number of steps done.

    With early stopping also the errors on held-out animals, and the best running mean so far.

    The learning rate and the batches follow from the step alone. Random numbers that networks
    draw (dropout) come from torch's generators.
    """

    network: nn.Module
    optimizer: torch.optim.Optimizer
    averaged: AveragedWeights
    device: torch.device
    history: History = field(default_factory=History)
    losses: list[float] = field(default_factory=list)
    step: int = 0
    held_out_px: list[float] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)

    @classmethod
    def before_the_first_step(
        cls,
        network: nn.Module,
        device: torch.device,
        *,
        learning_rate: float,
        weight_decay: float,
        ema_decay: float,
    ) -> "TrainingState":
        """The network, which is on the device, with a new optimizer and its own running mean."""
        optimizer = torch.optim.AdamW(
            network.parameters(),
            lr=learning_rate,
            weight_decay=weight_decay,
            fused=device.type in ("cpu", "cuda"),
        )
        return cls(network, optimizer, AveragedWeights(network, ema_decay), device)

    def descend(self, loss: Float[Tensor, ""], learning_rate: float, gradient_clip: float) -> None:
        """One step down the gradient of a loss, whose length is clipped."""
        self.optimizer.zero_grad()
        loss.backward()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        nn.utils.clip_grad_norm_(self.network.parameters(), gradient_clip)
        self.optimizer.step()
        self.averaged.update(self.network)
        self.step += 1

    def note(self, loss: float, learning_rate: float, *, is_entry: bool) -> None:
        """Note the loss of the step that was done; an entry of the history is due or not."""
        self.losses.append(loss)
        if is_entry:
            self.history.add(self.step, self.losses, learning_rate, self.held_out_px)

    def end(self, ended_by: str) -> None:
        """Note what ended the training after the step that was done, which becomes an entry."""
        self.history.ended_by = ended_by
        if self.losses:
            rate = self.optimizer.param_groups[0]["lr"]
            self.history.add(self.step, self.losses, rate, self.held_out_px)

    def keep(self, checkpoints: Checkpoints, processes: Processes) -> None:
        """Write a checkpoint where it is due in any of the processes."""
        is_due = torch.tensor(float(checkpoints.is_due()), device=self.device)
        if not processes.total(is_due):
            return
        if processes.rank == 0:
            checkpoints.write(self.checkpoint())
        processes.wait()
        checkpoints.written()

    def checkpoint(self) -> Checkpoint:
        """All of it, as it is now."""
        tensors = {f"network/{k}": v for k, v in self.network.state_dict().items()}
        tensors |= {f"averaged/{k}": v for k, v in self.averaged.state.items()}
        tensors |= {f"best/{k}": v for k, v in self.best.items()}
        for number, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer/{number}/{k}": v for k, v in moments.items()}
        tensors["random/cpu"] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors["random/cuda"] = torch.cuda.get_rng_state(self.device)
        values: CheckpointValues = {
            "step": self.step,
            "averaged_steps": self.averaged.steps,
            "history": asdict(self.history),
            "losses": list(self.losses),
            "held_out_px": list(self.held_out_px),
        }
        return Checkpoint(tensors, values)

    def restore(self, saved: Checkpoint) -> None:
        """Become what was saved, to the last bit."""
        self.network.load_state_dict(_under("network/", saved.tensors))
        for name, value in _under("averaged/", saved.tensors).items():
            self.averaged.state[name].copy_(value)
        self.averaged.steps = saved.values["averaged_steps"]
        self.optimizer.load_state_dict(
            {**self.optimizer.state_dict(), "state": self._moments(saved)}
        )
        self.history = History(**saved.values["history"])
        self.losses, self.step = list(saved.values["losses"]), saved.values["step"]
        self.held_out_px = list(saved.values["held_out_px"])
        best = _under("best/", saved.tensors)
        self.best = {name: value.to(self.device) for name, value in best.items()}
        torch.set_rng_state(saved.tensors["random/cpu"])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(saved.tensors["random/cuda"], self.device)

    def _moments(self, saved: Checkpoint) -> dict[int, dict[str, Tensor]]:
        """The optimizer's moments, in memory like their weights: fused steps go by memory order."""
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in _under("optimizer/", saved.tensors).items():
            number, key = name.split("/")
            like = parameters[int(number)]
            is_moment = value.shape == like.shape and value.dim() > 0
            found = torch.empty_like(like).copy_(value) if is_moment else value
            moments.setdefault(int(number), {})[key] = found.detach()
        return moments


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
