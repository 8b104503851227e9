"""One plain training loop for pose networks: streams of batches, and objectives on them."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from superanimal_core.errors import TrainingError
from superanimal_core.network.devices import autocast
from superanimal_core.network.pose_network import Outputs, PoseNetwork, freeze_batch_norm
from superanimal_core.settings import TrainingSettings
from superanimal_core.training.batches import Batch, Stream, batches_ahead
from superanimal_core.training.early_stopping import EarlyStopping
from superanimal_core.training.history import EARLY_STOPPING, TIME, History
from superanimal_core.training.objectives import Objective, total_loss
from superanimal_core.training.processes import processes_here
from superanimal_core.training.schedule import learning_rate_factor
from superanimal_core.training.state import Checkpoints, TrainingState

Normalize = Callable[
    [UInt8[Tensor, "batch *window height width 3"]],
    Float[Tensor, "batch *window 3 height width"],
]


def fit(
    network: PoseNetwork,
    streams: Mapping[str, Stream],
    objectives: Sequence[Objective],
    training: TrainingSettings,
    *,
    normalize: Normalize,
    device: torch.device,
    tell: Callable[[int, str], None],
    checkpoints: Checkpoints | None = None,
    stopping: EarlyStopping | None = None,
    is_time_over: Callable[[], bool] | None = None,
) -> History:
    """Train a network, in place, to minimize the sum of the objectives on batches of the streams.

    `normalize` makes the network's inputs from crops. Goes on from the last of the `checkpoints`:
    the result is that of a training that was never stopped, bit by bit on a CPU. Under
    torch.distributed all processes call this alike. In the end the network has the running mean of
    its weights; with `stopping`, the one that did best. `is_time_over` is asked after each step
    and ends it; the history says what did. TrainingError when the loss stops being finite (the
    images of that step are named).
    """
    processes = processes_here()
    state = _start(network, training, device)
    if checkpoints and (saved := checkpoints.read()):
        state.restore(saved)
    shared = processes.share(PerStream(network), device)
    for made in batches_ahead(streams, state.step, training.steps):
        batches = {name: batch.to(device) for name, batch in made.items()}
        outputs = _outputs(shared, batches, normalize, training.precision)
        loss = total_loss(objectives, state.step, outputs, batches, processes)
        value = processes.total(loss.detach()).item()
        _check_finite(value, state.step, batches)
        factor = learning_rate_factor(state.step, training.steps, training.warmup_steps)
        rate = training.learning_rate * factor
        state.descend(loss * processes.count, rate, training.gradient_clip)
        if stopping:
            stopping.measure(state)
        is_entry = state.step % training.log_every_steps == 0 or state.step == training.steps
        state.note(value, rate, is_entry=is_entry)
        if checkpoints:
            state.keep(checkpoints, processes)
        tell(state.step, f"loss {value:.4f}")
        if stopping and stopping.is_enough(state):
            print(f"stopped after step {state.step}: {min(state.held_out_px):.2f} px was the best")
            state.end(EARLY_STOPPING)
            break
        if is_time_over and is_time_over() and state.step < training.steps:
            print(f"stopped after step {state.step} of {training.steps}: no time is left")
            state.end(TIME)
            break
    network.load_state_dict(state.best or state.averaged.state)
    network.eval()
    return state.history


class PerStream(nn.Module):
    """A network that is called once per stream, in one call: torch shares gradients per call.

    Each call is of one stream's crops alone, and so are the statistics of batch normalization.
    """

    def __init__(self, network: PoseNetwork):
        super().__init__()
        self.network = network

    def forward(self, *inputs: tuple[Tensor, ...]) -> tuple[Outputs, ...]:
        """The outputs of each stream, from its crops, and where it has them its windows."""
        return tuple(self.network(*of_stream) for of_stream in inputs)


def _start(network: PoseNetwork, training: TrainingSettings, device: torch.device) -> TrainingState:
    """The training before its first step."""
    network.to(device).to(memory_format=torch.channels_last).train()
    if training.frozen_batch_norm:
        freeze_batch_norm(network)
    return TrainingState.before_the_first_step(
        network,
        device,
        learning_rate=training.learning_rate,
        weight_decay=training.weight_decay,
        ema_decay=training.ema_decay,
    )


def _outputs(
    shared: nn.Module, batches: Mapping[str, Batch], normalize: Normalize, precision: str
) -> Mapping[str, Outputs]:
    """The network's outputs for the batch of every stream."""
    inputs = [
        (normalize(batch.crops), *(() if batch.windows is None else (batch.windows,)))
        for batch in batches.values()
    ]
    with autocast(inputs[0][0].device, precision):
        outputs = shared(*inputs)
    return dict(zip(batches, outputs, strict=True))


def _check_finite(loss: float, step: int, batches: Mapping[str, Batch]) -> None:
    """TrainingError, with images of the step, for a loss that is not finite."""
    if np.isfinite(loss):
        return
    images = sorted({image for batch in batches.values() for image in batch.images})
    raise TrainingError(
        f"the loss became {loss} at step {step}; lower training.learning_rate or look at these "
        f"images: {', '.join(images[:5])}"
    )
