"""One plain training loop for pose networks: pretraining, fine-tuning and adaptation use it."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from superanimal_core.errors import TrainingError
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.devices import autocast
from superanimal_core.network.pose_network import freeze_batch_norm
from superanimal_core.pose.labels import Labels
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.training.batches import (
    Batch,
    ReadImage,
    batches_ahead,
    has_positions,
    make_batch,
)
from superanimal_core.training.early_stopping import EarlyStopping, choose_held_out
from superanimal_core.training.history import History
from superanimal_core.training.masking import keypoint_weights, masked_loss
from superanimal_core.training.processes import Processes, processes_here
from superanimal_core.training.sampling import draw_batch, sampling_weights
from superanimal_core.training.schedule import learning_rate_factor
from superanimal_core.training.state import Checkpoints, TrainingState


def fit(
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
) -> History:
    """Train the bundle's network on labels in its space; changes the network in place.

    Goes on from the last of the `checkpoints`: the result is that of a training that was never
    stopped, bit by bit on a CPU. Under torch.distributed all processes call this alike.

    Animals without a known keypoint or without a box are left out; when none is left the network
    stays as it is. With `training.early_stopping` some groups are held out, and the weights are
    those that did best on them. TrainingError when the spaces differ or when the loss stops being
    finite (the images of that batch are named).
    """
    labels = _usable(labels, bundle)
    if not len(labels):
        return History()
    stopping = None
    if rule := training.early_stopping:
        is_held = choose_held_out(labels, rule.fraction)
        held_out, labels = labels.select(is_held), labels.select(~is_held)
        stopping = EarlyStopping(rule, held_out, bundle, read_image, training.batch)
    weights = sampling_weights(labels.source, training.sampling_temperature)
    processes = processes_here()
    if training.batch < processes.count:
        raise TrainingError(
            f"training.batch is {training.batch}, but {processes.count} processes share it"
        )

    def rows_of(step: int) -> tuple[np.ndarray, np.random.Generator]:
        generator = np.random.default_rng([seed, step])
        return draw_batch(weights, training.batch, generator), generator

    def make(step: int) -> Batch:
        rows, generator = rows_of(step)
        generators, part = generator.spawn(len(rows)), processes.part()
        return make_batch(labels, rows[part], read_image, augment, bundle.crop, generators[part])

    state = _start(bundle, training, device)
    if checkpoints and (saved := checkpoints.read()):
        state.restore(saved)
    shared = processes.share(state.network, device)
    for batch in batches_ahead(make, state.step, training.steps):
        factor = learning_rate_factor(state.step, training.steps, training.warmup_steps)
        loss = _loss(shared, batch, bundle, training, device, processes)
        value = processes.total(loss.detach()).item()
        if not np.isfinite(value):
            images = sorted({str(labels.image[row]) for row in rows_of(state.step)[0]})
            raise TrainingError(
                f"the loss became {value} at step {state.step}; lower training.learning_rate or "
                f"look at these images: {', '.join(images[:5])}"
            )
        rate = training.learning_rate * factor
        state.descend(loss * processes.count, rate, training.gradient_clip)
        state.losses.append(value)
        if stopping:
            stopping.look(state)
        if state.step % training.log_every_steps == 0 or state.step == training.steps:
            state.history.add(state.step, state.losses, rate, state.held_out_px)
        if checkpoints:
            state.keep(checkpoints, processes)
        tell(state.step, f"loss {value:.4f}")
        if stopping and stopping.is_enough(state):
            print(f"stopped after step {state.step}: {min(state.held_out_px):.2f} px was the best")
            break
    state.network.load_state_dict(state.best or state.averaged.state)
    state.network.eval()
    return state.history


def _start(bundle: ModelBundle, training: TrainingSettings, device: torch.device) -> TrainingState:
    """The training before its first step."""
    network = bundle.network.to(device).to(memory_format=torch.channels_last).train()
    if training.frozen_batch_norm:
        freeze_batch_norm(network)
    return TrainingState.before_the_first_step(
        network,
        device,
        learning_rate=training.learning_rate,
        weight_decay=training.weight_decay,
        ema_decay=training.ema_decay,
    )


def _loss(
    shared: nn.Module,
    batch: Batch,
    bundle: ModelBundle,
    training: TrainingSettings,
    device: torch.device,
    processes: Processes,
) -> Float[Tensor, ""]:
    """This process's part of the masked loss of one batch; the parts of all processes add up."""
    crops = bundle.crop.normalize(batch.crops.to(device))
    with autocast(device, training.precision):
        outputs = shared(crops.contiguous(memory_format=torch.channels_last))
    losses = bundle.network.keypoint_losses(outputs, batch.xy_px.to(device))
    weight = keypoint_weights(
        batch.state.to(device),
        not_labeled_weight=training.not_labeled_weight,
        masking=training.masking,
    )
    return masked_loss(losses, weight, processes.total(weight.sum()))


def _usable(labels: Labels, bundle: ModelBundle) -> Labels:
    if labels.space.keypoints != bundle.space.keypoints:
        raise TrainingError(
            f"labels in '{labels.space.name}' cannot train a network of '{bundle.space.name}'"
        )
    return labels.select(has_positions(labels) & labels.has_box)
